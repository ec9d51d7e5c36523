#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/json_slice.hpp"
#include "cli/log_reader.hpp"
#include "cli/selector.hpp"
#include "cli/task_view.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

constexpr std::size_t name_width = 14;
constexpr int log_lines = 10;

class Show final : public Verb {
 public:
  About about() const override {
    return {"show", "one task on one screen: state, cause, attempts with what they used, last output",
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
    show_head(session, task);
    show_documents(session, answer.body);
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

  static void show_head(const Session& session, const Object& task) {
    const std::string state = text_in(task, "state");
    line(session, "task", std::to_string(integer_in(task, "id").value_or(0)) + "  " + text_in(task, "kind"), Tone::strong);
    line(session, "state", state, tone_of_state(state));
    line(session, "what", gist_of(task, session));
    line(session, "queue", text_in(task, "queue") + "  priority " + std::to_string(integer_in(task, "priority").value_or(0)));
    line(session, "attempts", std::to_string(integer_in(task, "attempt").value_or(0)) + " of " +
                                  std::to_string(integer_in(task, "max_attempts").value_or(0)) + ", crashes " +
                                  std::to_string(integer_in(task, "crashes").value_or(0)) + " of " +
                                  std::to_string(integer_in(task, "max_crashes").value_or(0)));
    line(session, "external id", text_in(task, "external_id"));
    line(session, "dedupe key", text_in(task, "dedupe_key"));
    line(session, "labels", pairs(object_in(task, "labels")));
    line(session, "created by", text_in(task, "created_by"));
    for (const auto& [name, member] : {std::pair{"created", "created_at"}, {"due", "run_at"}, {"started", "started_at"}, {"finished", "finished_at"},
                                       {"last seen", "last_seen_at"}, {"cancel asked", "cancel_requested_at"}, {"expires", "expires_at"}})
      moment(session, name, task, member);
    line(session, "cancel reason", text_in(task, "cancel_reason"));
    line(session, "stale", text_in(task, "stale_reason"), Tone::bad);
    const Object& error = object_in(task, "error");
    line(session, "error", error_text(error), Tone::bad);
    if (const std::string tail = text_in(error, "stderr_tail"); !tail.empty()) session.out() << "\nstderr, at the end:\n" << session.shown_text(tail) << '\n';
  }

  static void show_documents(const Session& session, const std::string& body) {
    for (const char* name : {"payload", "result", "metadata"}) {
      const auto json = member_of(body, name);
      if (json && *json != "null") session.out() << '\n' << name << ":\n" << session.shown_text(*json) << '\n';
    }
  }

  static void show_attempts(Session& session, const std::string& path) {
    const Object answer = session.daemon().get("/v1/tasks/" + path + "/attempts").object();
    Table table = make_attempt_table();
    for (const auto& attempt : array_in(answer, "attempts")) add_attempt(table, as_object(attempt), session);
    if (table.empty()) return;
    session.out() << '\n';
    table.print(session.out(), session.paper());
  }

  static void show_log(Session& session, const std::string& path) {
    bool first = true;
    LogReader reader(session, {path, log_lines, {}}, [&](std::string_view json) {
      if (first) session.out() << "\nlast output (all: reeve logs):\n";
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
