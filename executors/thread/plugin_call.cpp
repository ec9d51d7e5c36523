#include "executors/thread/plugin_call.hpp"

#include <cmath>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "executors/function_end.hpp"

using reeve::executors::End;

// What a plugin holds in its hands without seeing into it.
struct reeve_call {
  reeve::executors::thread::Call& attempt;
  std::mutex mutex{};
  std::optional<End> said{};        // the first result, fail or reject

  void say(End end) {
    const std::lock_guard lock(mutex);
    if (!said) said = std::move(end);
  }
};

namespace reeve::executors::thread {
namespace {

std::string text(const char* words) { return words == nullptr ? std::string() : std::string(words); }

std::string level_name(int level) {
  switch (level) {
    case REEVE_DEBUG: return "debug";
    case REEVE_WARN: return "warn";
    case REEVE_ERROR: return "error";
    default: return "info";
  }
}

// The functions that a context points to. C cannot be thrown through: what fails in here (memory) ends the daemon.
std::int64_t task(reeve_call* call) noexcept { return call->attempt.execution().task; }
std::int32_t attempt(reeve_call* call) noexcept { return call->attempt.execution().attempt; }
const char* kind(reeve_call* call) noexcept { return call->attempt.execution().kind.c_str(); }
const char* payload(reeve_call* call, std::size_t* bytes) noexcept {
  const std::string& all = call->attempt.execution().payload;
  if (bytes != nullptr) *bytes = all.size();
  return all.c_str();
}

void progress(reeve_call* call, double percent, const char* label) noexcept {
  ProgressReport report;
  if (std::isfinite(percent) && percent >= 0) report.percent = percent;
  report.label = text(label);
  call->attempt.progress(std::move(report));
}
void log(reeve_call* call, int level, const char* message) noexcept { call->attempt.log(level_name(level), text(message)); }
void beat(reeve_call* call) noexcept { call->attempt.beat(); }
int stop_requested(reeve_call* call) noexcept { return call->attempt.stop_requested() ? 1 : 0; }

void result(reeve_call* call, const char* json, std::size_t bytes) noexcept {
  if (json == nullptr || bytes == 0) return call->say(Succeeded{});
  if (bytes > function_result_bytes_max)   // not worth a copy
    return call->say(Failed{"result_too_large", "a result of " + std::to_string(bytes) + " bytes; at most " + std::to_string(function_result_bytes_max) + " are kept",
                            {}, {}});
  call->say(Succeeded{std::string(json, bytes)});
}
void fail(reeve_call* call, const char* code, const char* message, int retry) noexcept {
  if (retry != 0) call->say(Failed{text(code), text(message), {}, {}});
  else call->say(Rejected{text(code), text(message), {}});
}
void reject(reeve_call* call, const char* code, const char* message) noexcept { call->say(Rejected{text(code), text(message), {}}); }

reeve_context_v1 context_of(reeve_call& call) {
  return {.abi = REEVE_PLUGIN_ABI,
          .size = sizeof(reeve_context_v1),
          .call = &call,
          .task = task,
          .attempt = attempt,
          .kind = kind,
          .payload = payload,
          .progress = progress,
          .log = log,
          .beat = beat,
          .stop_requested = stop_requested,
          .result = result,
          .fail = fail,
          .reject = reject};
}

End end_of_run(int answer, std::optional<End> said) {
  if (said && (answer == 0 || !std::holds_alternative<Succeeded>(*said))) return checked(std::move(*said));
  if (answer == 0) return Succeeded{};
  return Failed{"plugin", "its run() answered " + std::to_string(answer), {}, {}};
}

}  // namespace

End run_plugin(const Plugin& plugin, Call& call) {
  reeve_call attempt_of{call};
  const reeve_context_v1 context = context_of(attempt_of);
  const int answer = plugin.description().run(&context);
  return end_of_run(answer, std::move(attempt_of.said));
}

}  // namespace reeve::executors::thread
