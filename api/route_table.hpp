// Every route in one place: method, pattern, handler. 404, 405 and HEAD follow from the table.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.hpp"

namespace reeve::api {

struct Service;

struct Route {
  Method method;
  std::string_view pattern;                                   // "/v1/tasks/{id}/cancel"
  boost::asio::awaitable<Reply> (*handler)(Service&, Request);
};

[[nodiscard]] std::span<const Route> route_table();

struct Match {
  const Route* route = nullptr;            // null: see `allowed`
  std::vector<std::string> arguments{};    // what the placeholders stand for, in order
  std::string allowed{};                   // the methods of the path, "GET, HEAD, POST"; empty: no such path
};

// HEAD matches where GET does. A literal segment wins over a placeholder.
[[nodiscard]] Match match(std::span<const Route> table, Method method, std::span<const std::string> segments);

}  // namespace reeve::api
