#include "cli/exit_code.hpp"
#include "cli/many_tasks.hpp"
#include "cli/selector_options.hpp"
#include "cli/task_view.hpp"
#include "cli/verbs/verbs.hpp"
#include "cli/waiting.hpp"

namespace reeve::cli {
namespace {

class Wait final : public Verb {
 public:
  About about() const override {
    return {"wait", "wait until tasks are finished; 1 if one did not succeed, 124 after the timeout",
            "  reeve wait 17\n"
            "  reeve wait 40-52 --timeout 5m && echo all done\n"};
  }

  void declare(Grammar& grammar) override {
    selector_.declare(grammar);
    grammar.option("-t,--timeout", timeout_, "DURATION", "give up after this long (exit code 124); the tasks go on");
  }

  int run(Session& session) override {
    const Selection selection = selector_.selection();
    if (selection.empty()) throw UsageError("wait for what? Name tasks: reeve wait 17 40-52");
    const auto timeout = timeout_in(timeout_);
    const auto start = std::chrono::steady_clock::now();
    int code = ExitCode::ok;
    auto daemon = Daemon::not_seen;
    const std::vector<std::int64_t> ids = expand(session, selection);
    if (ids.empty()) session.say("no task matches; there is nothing to wait for");
    for (const std::int64_t id : ids) {
      auto left = timeout;
      if (left) *left -= std::min(*left, std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start));
      const Waited waited = wait_for(session, std::to_string(id), left, daemon);
      daemon = Daemon::has_answered;
      if (!waited.done) return say_late(session, id);
      report(session, id, waited);
      session.out().flush();  // the next one may take long
      code = std::max(code, exit_code_of_task(parse_object(waited.task)));
    }
    return code;
  }

 private:
  int say_late(const Session& session, std::int64_t id) const {
    session.say("task " + std::to_string(id) + " is not finished after " + *timeout_ + "; see reeve why " + std::to_string(id));
    return ExitCode::timed_out;
  }

  static void report(const Session& session, std::int64_t id, const Waited& waited) {
    if (session.json()) return session.print(waited.task);
    const Object task = parse_object(waited.task);
    std::string line = std::to_string(id) + "\t" + text_in(task, "status");
    const std::string error = error_text(object_in(task, "error"));
    if (text_in(task, "status") != "succeeded" && !error.empty()) line += "\t" + session.shown_line(error);
    session.print(line);
  }

  SelectorOptions selector_{};
  std::optional<std::string> timeout_{};
};

}  // namespace

std::unique_ptr<Verb> make_wait() { return std::make_unique<Wait>(); }

}  // namespace reeve::cli
