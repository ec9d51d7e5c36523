#include "cli/task_view.hpp"

#include "cli/progress_bar.hpp"
#include "cli/relative_time.hpp"

namespace reeve::cli {
namespace {

std::string number_text(const Object& object, std::string_view name) {
  const auto number = integer_in(object, name);
  return number ? std::to_string(*number) : std::string{};
}

std::string span_between(std::optional<store::Timestamp> from, std::optional<store::Timestamp> to) {
  return from && to ? short_span(*to - *from) : std::string{};
}

std::string progress_text(const Object& progress) {
  const auto percent = number_in(progress, "percent");
  if (!percent) return {};
  std::string text = plain_number(static_cast<double>(static_cast<int>(*percent))) + "%";
  const std::string label = text_in(progress, "label");
  return label.empty() ? text : text + " " + label;
}

std::string cpu_text(const Object& attempt) {
  const auto user = integer_in(attempt, "cpu_user_ms");
  const auto system = integer_in(attempt, "cpu_system_ms");
  if (!user && !system) return {};
  return short_span(store::Millis{user.value_or(0) + system.value_or(0)});
}

std::string memory_text(const Object& attempt) {
  const auto kib = integer_in(attempt, "max_rss_kib");
  if (!kib || *kib == 0) return {};
  return *kib < 10'240 ? std::to_string(*kib) + "K" : std::to_string(*kib / 1'024) + "M";
}

}  // namespace

std::string error_text(const Object& error) {
  const std::string code = text_in(error, "code");
  std::string text = text_in(error, "message");
  if (text.empty()) text = code;
  // These codes are in their message already.
  else if (code != "exit" && code != "signal" && code != "timeout" && code != "cancelled" && !code.empty()) text = code + ": " + text;
  return is_set_in(error, "oom") ? text + " (out of memory)" : text;
}

std::string gist_of(const Object& task, const Session& session) {
  const std::string state = text_in(task, "state");
  const Object& error = object_in(task, "error");
  if (state == "running" || state == "stale" || state == "cancelling") {
    if (const std::string reason = text_in(task, "stale_reason"); state == "stale" && !reason.empty()) return reason;
    return progress_text(object_in(task, "progress"));
  }
  const auto run_at = moment_in(task, "run_at");
  if (state == "retrying" && run_at) return session.moment_text(*run_at) + ": " + error_text(error);
  if (state == "scheduled" && run_at) return session.moment_text(*run_at);
  if (state == "failed") return error_text(error);
  if (state == "cancelled") {
    const std::string reason = text_in(task, "cancel_reason");
    return reason.empty() ? error_text(error) : reason;
  }
  if (state == "succeeded") {
    const std::string took = span_between(moment_in(task, "started_at"), moment_in(task, "finished_at"));
    return took.empty() ? took : "took " + took;
  }
  return {};
}

Table make_task_table() {
  return Table({{"ID", true, false}, {"KIND", false, true}, {"QUEUE", false, true}, {"STATE", false, false}, {"CREATED", false, false},
                {"TRY", true, false}, {"WHAT", false, true}});
}

void add_task(Table& table, const Object& task, const Session& session) {
  const std::string state = text_in(task, "state");
  const std::string tries = number_text(task, "attempt") + "/" + number_text(task, "max_attempts");
  table.add({{number_text(task, "id"), Tone::plain, {}}, {text_in(task, "kind"), Tone::plain, {}}, {text_in(task, "queue"), Tone::plain, {}},   // braces-ok: a list
             {state, tone_of_state(state), {}}, session.when(moment_in(task, "created_at")), {tries, Tone::plain, {}},
             {gist_of(task, session), Tone::plain, {}}});
}

Table make_attempt_table() {
  return Table({{"ATTEMPT", true, false}, {"OUTCOME", false, false}, {"STARTED", false, false}, {"TOOK", true, false}, {"CPU", true, false},
                {"MEM", true, false}, {"PID", true, false}, {"ERROR", false, true}});
}

void add_attempt(Table& table, const Object& attempt, const Session& session) {
  std::string outcome = text_in(attempt, "outcome");
  Tone tone = outcome == "succeeded" ? Tone::good : Tone::bad;
  if (outcome.empty()) {
    outcome = "running";
    tone = Tone::strong;
  }
  const auto started = moment_in(attempt, "started_at");
  const auto finished = moment_in(attempt, "finished_at");
  table.add({{number_text(attempt, "number"), Tone::plain, {}}, {outcome, tone, {}}, session.when(started ? started : moment_in(attempt, "claimed_at")),   // braces-ok: a list
             {span_between(started, finished ? finished : std::optional(session.now())), Tone::plain, {}}, {cpu_text(attempt), Tone::plain, {}},
             {memory_text(attempt), Tone::plain, {}}, {number_text(attempt, "pid"), Tone::plain, {}},
             {error_text(object_in(attempt, "error")), Tone::plain, {}}});
}

}  // namespace reeve::cli
