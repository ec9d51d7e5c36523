#include "cli/exit_code.hpp"
#include "cli/selector.hpp"
#include "cli/session.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Resume final : public Verb {
 public:
  About about() const override {
    return {"resume", "take back a pause of a queue, or (without one) a drain",
            "  reeve resume mail\n"
            "  reeve resume\n"};
  }
  void declare(Grammar& grammar) override { grammar.optional("QUEUE", queue_, "the daemon itself when left out"); }

  int run(Session& session) override {
    if (queue_ && queue_->empty()) throw UsageError("QUEUE is empty; name a queue, or leave it out to go on with all of them");
    const Answer answer = session.daemon().post(queue_ ? "/v1/queues/" + percent_encoded(*queue_) + "/resume" : "/v1/resume");
    if (session.json()) session.print(answer.body);
    else if (!queue_) session.say("tasks are started again");
    else session.say("queue " + *queue_ + (is_set_in(answer.object(), "changed") ? " goes on" : " was not paused"));
    return ExitCode::ok;
  }

 private:
  std::optional<std::string> queue_{};
};

}  // namespace

std::unique_ptr<Verb> make_resume() { return std::make_unique<Resume>(); }

}  // namespace reeve::cli
