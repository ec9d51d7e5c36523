#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/selector.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"
#include "cli/session.hpp"

namespace reeve::cli {
namespace {

class Why final : public Verb {
 public:
  About about() const override { return {"why", "why a task does not run, and what would help", "  reeve why 17\n"}; }
  void declare(Grammar& grammar) override { grammar.required("TASK", task_, "id or ext:external-id"); }

  int run(Session& session) override {
    const Answer answer = session.daemon().get("/v1/tasks/" + path_of_task(task_) + "/why");
    if (session.json()) session.print(answer.body);
    else explain(session, answer.object());
    return ExitCode::ok;
  }

 private:
  void explain(const Session& session, const Object& why) const {
    const Array& reasons = array_in(why, "reasons");
    session.print("task " + task_ + " is " + text_in(why, "state") + (reasons.empty() ? "" : ":"));
    int number = 0;
    for (const auto& reason : reasons) {
      const Object& one = as_object(reason);
      session.print("  " + std::to_string(++number) + ". " + one_line(text_in(one, "message")));
      if (const std::string fix = text_in(one, "fix"); !fix.empty()) session.print("     " + one_line(fix));
    }
    const Object& position = object_in(why, "position");
    if (const auto ahead = integer_in(position, "ahead"))
      session.print("tasks before it in its queue: " + std::string(is_set_in(position, "at_least") ? "at least " : "") + std::to_string(*ahead));
    const std::string how = one_line(text_in(why, "estimate"));
    if (const auto start = moment_in(why, "estimated_start")) session.print("will probably start " + session.moment_text(*start) + ": " + how);
    else if (!how.empty()) session.print("when it will start is not known: " + how);
  }

  std::string task_{};
};

}  // namespace

std::unique_ptr<Verb> make_why() { return std::make_unique<Why>(); }

}  // namespace reeve::cli
