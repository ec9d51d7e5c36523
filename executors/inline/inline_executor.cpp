#include "executors/inline/inline_executor.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

#include "executors/scoreboard/presence.hpp"

namespace reeve::executors::in_daemon {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr double longest_sleep_ms = 366.0 * 24 * 3600 * 1000;

// The payload as an object; an empty payload is an empty one.
std::optional<json::object> options_of(const Execution& execution) {
  if (execution.payload.empty()) return json::object{};
  boost::system::error_code error;
  auto value = json::parse(execution.payload, error);
  if (error) return std::nullopt;
  if (value.is_null()) return json::object{};
  if (!value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::optional<double> number(const json::object& options, const char* key) {
  const auto* value = options.if_contains(key);
  return value != nullptr && value->is_number() ? std::optional(value->to_number<double>()) : std::nullopt;
}

std::string text(const json::object& options, const char* key, const char* otherwise) {
  const auto* value = options.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string(otherwise);
}

bool truth(const json::object& options, const char* key) {
  const auto* value = options.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

Rejected bad_payload(const char* what) { return {"payload", what, {}}; }

std::optional<std::chrono::milliseconds> sleep_time(const Execution& execution) {
  const auto options = options_of(execution);
  const auto wanted = options ? number(*options, "ms") : std::nullopt;
  if (!wanted || !std::isfinite(*wanted) || *wanted < 0 || *wanted > longest_sleep_ms) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*wanted));
}

asio::awaitable<End> sleep_for(asio::any_io_executor loop, std::chrono::milliseconds time, Brake& brake) {
  asio::steady_timer timer(loop, time);
  bool stopped = false;
  brake.listen([&timer, &stopped] {   // perhaps at once, before anybody waits: so the time is changed, not only the wait ended
    stopped = true;
    timer.expires_after(std::chrono::milliseconds(0));
  });
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  brake.listen({});
  if (stopped) co_return Stopped{*brake.reason()};
  co_return Succeeded{};
}

End fail(const Execution& execution) {
  const auto options = options_of(execution);
  if (!options) return bad_payload("fail: the payload is no JSON object; write {\"code\": \"…\", \"message\": \"…\"}");
  auto until = number(*options, "until_attempt");
  if (const auto times = number(*options, "times")) until = *times + 1;
  if (until && execution.attempt >= *until) return Succeeded{};
  auto code = text(*options, "code", "fail");
  auto message = text(*options, "message", "asked to fail");
  if (truth(*options, "reject")) return Rejected{std::move(code), std::move(message), {}};
  return Failed{std::move(code), std::move(message), {}, std::nullopt};
}

SpawnFailed unknown(const std::string& builtin) {
  return {"builtin", ENOENT, "builtin: \"" + builtin + "\" does not exist; write noop, echo, sleep or fail"};
}

}  // namespace

asio::awaitable<Outcome> InlineExecutor::run(Execution execution, Observer& observer, Brake& brake) {
  Outcome outcome;
  const std::string builtin = execution.builtin ? execution.builtin->name : std::string();
  if (brake.reason()) {
    outcome.end = Stopped{*brake.reason()};
    co_return outcome;
  }
  scoreboard::Presence presence(scoreboard_, "inline", execution.kind);
  presence.takes(execution);
  scoreboard::ShownObserver shown(observer, presence);
  shown.started(0);
  if (builtin == "noop") {
    outcome.end = Succeeded{};
  } else if (builtin == "echo") {
    outcome.end = Succeeded{std::move(execution.payload)};
  } else if (builtin == "fail") {
    outcome.end = fail(execution);
  } else if (builtin == "sleep") {
    const auto time = sleep_time(execution);
    if (time) outcome.end = co_await sleep_for(loop_, *time, brake);
    else outcome.end = bad_payload("sleep: the payload must be {\"ms\": n}, n from 0 to a year");
  } else {
    outcome.end = unknown(builtin);
  }
  co_return outcome;
}

}  // namespace reeve::executors::in_daemon
