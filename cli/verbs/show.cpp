#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/json_slice.hpp"
#include "cli/log_reader.hpp"
#include "cli/relative_time.hpp"
#include "cli/selector.hpp"
#include "cli/task_view.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

constexpr std::size_t name_width = 14;
constexpr int log_lines = 10;
constexpr std::size_t steps_shown = 200;

class Show final : public Verb {
 public:
  About about() const override {
    return {"show", "one task on one screen: state, cause, steps and waits, attempts with what they used, last output",
            "  reeve show 17\n"
            "  reeve show ext:order-7 --json | jq .result\n"};
  }
  void declare(Grammar& grammar) override { grammar.required("TASK", task_, "id or ext:external-id"); }

  int run(Session& session) override {
    const std::string path = path_of_task(task_);
    const Answer answer = session.daemon().get("/v1/tasks/" + path);
    if (session.json()) {
      session.print(answer.body);
      return ExitCode::ok;
    }
    const Object task = answer.object();
    show_head(session, path, task);
    show_dependencies(session, path);
    show_documents(session, answer.body);
    show_parts(session, path);
    show_signals(session, path);
    show_attempts(session, path);
    show_log(session, path);
    return ExitCode::ok;
  }

 private:
  static void line(const Session& session, const std::string& name, const std::string& text, Tone tone = Tone::plain) {
    if (text.empty()) return;
    const std::string padding(name.size() < name_width ? name_width - name.size() : 1, ' ');
    session.out() << toned(name, Tone::faint, session.terminal().colour) << padding << toned(one_line(text), tone, session.terminal().colour) << '\n';
  }

  static void heading(const Session& session, const std::string& name) {
    session.out() << '\n' << toned(name + ":", Tone::faint, session.terminal().colour) << '\n';
  }

  // Ends with one line break, however many it has.
  static void text(const Session& session, const std::string& name, std::string_view text) {
    heading(session, name);
    const std::size_t end = text.find_last_not_of('\n');
    session.print(session.shown_text(text.substr(0, end == std::string_view::npos ? 0 : end + 1)));
  }

  static void moment(const Session& session, const std::string& name, const Object& task, const char* member) {
    const auto at = moment_in(task, member);
    if (!at) return;
    const std::string exact = store::to_rfc3339(*at);
    line(session, name, session.terminal().out ? session.moment_text(*at) + "  " + exact : exact);
  }

  static std::string pairs(const Object& labels) {
    std::string text{};
    for (const auto& label : labels) text += (text.empty() ? "" : "  ") + std::string(label.key()) + "=" + shown(label.value());
    return text;
  }

  static std::string concurrency_of(const Object& concurrency) {
    if (concurrency.empty()) return {};
    const std::string limit = std::to_string(integer_in(concurrency, "limit").value_or(1));
    return text_in(concurrency, "key") + "  limit " + limit + ", " + text_in(concurrency, "scope") + ", on conflict " + text_in(concurrency, "on_conflict");
  }

  // The error and the reason of a cancel have lines of their own.
  static std::string state_text(const Session& session, const Object& task) {
    const std::string state = text_in(task, "state");
    const std::string gist = state == "failed" || state == "cancelled" ? std::string{} : gist_of(task, session);
    return gist.empty() ? state : state + ", " + gist;
  }

  // How its bodies are run; what cannot be killed says so.
  static void show_executor(Session& session, const std::string& kind) {
    const Object answer = session.daemon().get("/v1/kinds").object();
    for (const auto& each : array_in(answer, "kinds")) {
      const Object& one = as_object(each);
      if (text_in(one, "kind") != kind) continue;
      const bool cooperative = text_in(one, "stops") == "cooperative";
      line(session, "executor", text_in(one, "executor") + (cooperative ? ", cooperative: it can only be asked to stop" : ""), cooperative ? Tone::warn : Tone::plain);
    }
  }

  // Of a suspended task, as `reeve why` says it.
  static void show_waits(Session& session, const std::string& path, const Object& task) {
    if (text_in(task, "status") != "waiting") return;
    const Object answer = session.daemon().get("/v1/tasks/" + path + "/why").object();
    for (const auto& reason : array_in(answer, "reasons")) line(session, "waits", text_in(as_object(reason), "message"), Tone::warn);
  }

  static void show_head(Session& session, const std::string& path, const Object& task) {
    const std::string state = text_in(task, "state");
    line(session, "task", std::to_string(integer_in(task, "id").value_or(0)) + "  " + text_in(task, "kind"), Tone::strong);
    line(session, "state", state_text(session, task), tone_of_state(state));
    show_waits(session, path, task);
    line(session, "queue", text_in(task, "queue") + "  priority " + std::to_string(integer_in(task, "priority").value_or(0)));
    show_executor(session, text_in(task, "kind"));
    line(session, "attempts", std::to_string(integer_in(task, "attempt").value_or(0)) + " of " +
                                  std::to_string(integer_in(task, "max_attempts").value_or(0)) + ", crashes " +
                                  std::to_string(integer_in(task, "crashes").value_or(0)) + " of " +
                                  std::to_string(integer_in(task, "max_crashes").value_or(0)));
    line(session, "external id", text_in(task, "external_id"));
    line(session, "dedupe key", text_in(task, "dedupe_key"));
    line(session, "concurrency", concurrency_of(object_in(task, "concurrency")));
    line(session, "supersede key", text_in(task, "supersede_key"));
    line(session, "order key", text_in(task, "order_key"));
    if (const auto successor = integer_in(task, "superseded_by")) line(session, "superseded by", "task " + std::to_string(*successor));
    if (const auto batch = integer_in(task, "batch")) line(session, "batch", std::to_string(*batch));
    if (const auto original = integer_in(task, "rerun_of")) line(session, "rerun of", "task " + std::to_string(*original));
    line(session, "labels", pairs(object_in(task, "labels")));
    line(session, "created by", text_in(task, "created_by"));
    const bool is_over = moment_in(task, "finished_at").has_value();
    moment(session, "created", task, "created_at");
    if (!is_over) moment(session, "due", task, "run_at");
    moment(session, "started", task, "started_at");
    if (!is_over) moment(session, "last seen", task, "last_seen_at");
    moment(session, "finished", task, "finished_at");
    moment(session, "cancel asked", task, "cancel_requested_at");
    if (!is_over) moment(session, "expires", task, "expires_at");
    line(session, "cancel reason", text_in(task, "cancel_reason"));
    line(session, "stale", text_in(task, "stale_reason"), Tone::bad);
    const Object& error = object_in(task, "error");
    line(session, "error", error_text(error), Tone::bad);
    line(session, "fingerprint", text_in(error, "fingerprint"));
    if (const std::string tail = text_in(error, "stderr_tail"); !tail.empty()) text(session, "end of stderr", tail);
  }

  // "4, 5 succeeded, 6"; those that have not ended stand alone.
  static void show_dependencies(Session& session, const std::string& path) {
    const Object all = session.daemon().get("/v1/tasks/" + path + "/dependencies").object();
    std::string after, dependents;
    for (const auto& each : array_in(all, "after")) {
      const Object& one = as_object(each);
      const std::string ended = text_in(one, "ended");
      after += (after.empty() ? "" : ", ") + std::to_string(integer_in(one, "task").value_or(0)) + (ended.empty() ? "" : " " + ended);
    }
    for (const auto& id : array_in(all, "dependents")) dependents += (dependents.empty() ? "" : ", ") + shown(id);
    if (is_set_in(all, "more_dependents")) dependents += ", ...";
    line(session, "comes after", after + (after.empty() || text_in(all, "after_policy") == "success" ? "" : "  (however they end)"));
    line(session, "before", dependents);
  }

  static Cell duration(const Session& session, const Object& step) {
    const auto begun = moment_in(step, "begun_at");
    if (!begun) return {};
    const store::Millis took = moment_in(step, "ended_at").value_or(session.now()) - *begun;
    return {short_span(took), Tone::plain, std::to_string(took.count())};
  }

  static void show_parts(Session& session, const std::string& path) {
    const Object parts = session.daemon().get("/v1/tasks/" + path + "/steps?recent=" + std::to_string(steps_shown)).object();
    Table steps({{"STEP", false, true}, {"SORT", false, false}, {"STATUS", false, false}, {"TRIES", true, false}, {"TOOK", true, false}, {"ERROR", false, true}});
    for (const auto& each : array_in(parts, "steps")) {
      const Object& step = as_object(each);
      const std::string status = text_in(step, "status");
      const Tone tone = status == "completed" ? Tone::good : status == "failed" ? Tone::bad : Tone::strong;
      steps.add({{text_in(step, "name"), Tone::plain, {}}, {text_in(step, "sort"), Tone::plain, {}}, {status, tone, {}},   // braces-ok: a list
                 {std::to_string(integer_in(step, "tries").value_or(0)), Tone::plain, {}}, duration(session, step),
                 {error_text(object_in(step, "error")), Tone::plain, {}}});
    }
    show_table(session, array_in(parts, "steps").size() < steps_shown ? "steps" : "the newest " + std::to_string(steps_shown) + " steps", steps);
    Table timers({{"TIMER", false, true}, {"FIRES", false, false}});
    for (const auto& each : array_in(parts, "timers")) {
      const Object& timer = as_object(each);
      if (moment_in(timer, "fired_at")) continue;
      timers.add({{text_in(timer, "name"), Tone::plain, {}}, session.when(moment_in(timer, "at"))});   // braces-ok: a list
    }
    show_table(session, "pending timers", timers);
  }

  static void show_signals(Session& session, const std::string& path) {
    const Object answer = session.daemon().get("/v1/tasks/" + path + "/signals?unconsumed=true").object();
    Table signals({{"SIGNAL", true, false}, {"TYPE", false, true}, {"SENT", false, false}, {"BY", false, true}});
    for (const auto& each : array_in(answer, "signals")) {
      const Object& signal = as_object(each);
      signals.add({{std::to_string(integer_in(signal, "signal").value_or(0)), Tone::plain, {}}, {text_in(signal, "type"), Tone::plain, {}},   // braces-ok: a list
                   session.when(moment_in(signal, "sent_at")), {text_in(signal, "actor"), Tone::plain, {}}});
    }
    show_table(session, "signals that nobody has read", signals);
  }

  static void show_table(const Session& session, const std::string& name, const Table& table) {
    if (table.empty()) return;
    heading(session, name);
    table.print(session.out(), session.paper());
  }

  static void show_documents(const Session& session, const std::string& body) {
    for (const char* name : {"payload", "result", "metadata"}) {
      const auto json = member_of(body, name);
      if (json && *json != "null") text(session, name, *json);
    }
  }

  static void show_attempts(Session& session, const std::string& path) {
    const Object answer = session.daemon().get("/v1/tasks/" + path + "/attempts").object();
    Table table = make_attempt_table();
    for (const auto& attempt : array_in(answer, "attempts")) add_attempt(table, as_object(attempt), session);
    show_table(session, "attempts", table);
  }

  static void show_log(Session& session, const std::string& path) {
    bool first = true;
    LogReader reader(session, {path, log_lines, {}}, [&](std::string_view json) {
      if (first) heading(session, "last output (all of it: reeve logs " + path + ")");
      first = false;
      session.print(message_of_line(session, parse_object(json)));
    });
    reader.read();
  }

  std::string task_{};
};

}  // namespace

std::unique_ptr<Verb> make_show() { return std::make_unique<Show>(); }

}  // namespace reeve::cli
