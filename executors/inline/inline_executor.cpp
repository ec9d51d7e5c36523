#include "executors/inline/inline_executor.hpp"

#include <algorithm>
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

#include "executors/inline/coroutine.hpp"
#include "executors/inline/http.hpp"
#include "executors/scoreboard/presence.hpp"

namespace reeve::executors::in_daemon {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::string_view builtins[] = {"noop", "echo", "sleep", "fail", "http"};
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

asio::awaitable<End> sleep(asio::any_io_executor loop, const Execution& execution, Brake& brake) {
  const auto time = sleep_time(execution);
  if (!time) co_return bad_payload("sleep: the payload must be {\"ms\": n}, n from 0 to a year");
  co_return co_await sleep_for(loop, *time, brake);
}

bool is_builtin(std::string_view name) { return std::find(std::begin(builtins), std::end(builtins), name) != std::end(builtins); }

}  // namespace

asio::awaitable<Outcome> InlineExecutor::run(Execution execution, Observer& observer, Brake& brake) {
  Outcome outcome;
  const std::string name = execution.builtin ? execution.builtin->name : std::string();
  const CoroutineHandler* coroutine = find(name);
  if (brake.reason()) {
    outcome.end = Stopped{*brake.reason()};
    co_return outcome;
  }
  scoreboard::Presence presence(scoreboard_, "inline", execution.kind);
  presence.takes(execution);
  scoreboard::ShownObserver shown(observer, presence);
  if (is_builtin(name)) {
    shown.started(0);
    outcome.end = co_await run_builtin(name, execution, brake);
  } else if (coroutine != nullptr) {
    shown.started(0);
    outcome.end = co_await run_coroutine(loop_, *coroutine, execution, shown, brake);
  } else {
    outcome.end = unknown(name);
  }
  co_return outcome;
}

asio::awaitable<End> InlineExecutor::run_builtin(std::string_view name, Execution& execution, Brake& brake) {
  if (name == "http") co_return co_await http(http_, execution, brake);
  if (name == "sleep") co_return co_await sleep(loop_, execution, brake);
  if (name == "fail") co_return fail(execution);
  if (name == "echo") co_return Succeeded{std::move(execution.payload)};
  co_return Succeeded{};
}

const CoroutineHandler* InlineExecutor::find(std::string_view name) const {
  const auto at = std::find_if(coroutines_.begin(), coroutines_.end(), [name](const CoroutineHandler& one) { return one.name == name; });
  return at == coroutines_.end() ? nullptr : &*at;
}

SpawnFailed InlineExecutor::unknown(const std::string& name) const {
  std::string known;
  for (const auto builtin : builtins) known += (known.empty() ? "" : ", ") + std::string(builtin);
  for (const auto& coroutine : coroutines_) known += ", " + coroutine.name;
  return {"builtin", ENOENT, "builtin: \"" + name + "\" does not exist; write one of " + known};
}

}  // namespace reeve::executors::in_daemon
