// What every route works with: the daemon's parts, the limits of the API, and what the API itself keeps.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "api/http.hpp"
#include "api/options.hpp"
#include "api/server.hpp"
#include "api/task_watch.hpp"
#include "store/reader.hpp"
#include "store/task.hpp"

namespace reeve::api {

struct Service {
  Service(Backend parts, Options limits) : backend(std::move(parts)), options(std::move(limits)), watch(backend) {}
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Backend backend;
  Options options;
  TaskWatch watch;
  int streams = 0;               // live now
};

// The answer to any request, problems included. Never throws.
boost::asio::awaitable<Reply> answer(Service& service, Request request);

// A task as it is seen now, and whether a pause holds it.
struct Seen {
  store::Task task{};
  bool paused = false;
};
[[nodiscard]] std::optional<Seen> see(store::Reader& reader, store::TaskId id);

// The task that the `{id}` of a path means: a number, or "ext:" and an external id. Throws Problem 404.
boost::asio::awaitable<store::TaskId> resolve(Service& service, std::string text);
// The same, read. Throws Problem 404.
boost::asio::awaitable<Seen> look_up(Service& service, store::TaskId id);

// Throws Problem 404.
[[noreturn]] void refuse_missing(store::TaskId id);

}  // namespace reeve::api
