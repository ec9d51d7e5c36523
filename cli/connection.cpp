#include "cli/connection.hpp"

#include <utility>

#include "cli/problem.hpp"

namespace reeve::cli {
namespace {

Answer answer_or_throw(api::Response response) {
  if (response.status >= 400) throw Problem(response.status, std::move(response.body));
  return {response.status, std::move(response.body)};
}

}  // namespace

Connection::Connection(std::string socket) : socket_(socket), client_(std::move(socket)) {}

Answer Connection::get(std::string_view target, std::chrono::milliseconds timeout) {
  return answer_or_throw(client_.request("GET", target, {}, {}, timeout));
}

Answer Connection::post(std::string_view target, std::string_view body, const Headers& headers, std::chrono::milliseconds timeout) {
  Headers all = headers;
  all.try_emplace("Content-Type", "application/json");
  return answer_or_throw(client_.request("POST", target, body, all, timeout));
}

Answer Connection::put(std::string_view target, std::string_view body) {
  return answer_or_throw(client_.request("PUT", target, body, {{"Content-Type", "application/json"}}));
}

Answer Connection::remove(std::string_view target) { return answer_or_throw(client_.request("DELETE", target)); }

void Connection::follow(std::string_view target, const std::function<bool(const api::StreamMessage&)>& take, const std::string& last_event_id) {
  Headers headers{};
  if (!last_event_id.empty()) headers.emplace("Last-Event-ID", last_event_id);
  answer_or_throw(client_.stream(target, take, headers));
}

}  // namespace reeve::cli
