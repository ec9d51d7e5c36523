#include "cli/exit_code.hpp"
#include "cli/pause_target.hpp"
#include "cli/session.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Resume final : public Verb {
 public:
  About about() const override {
    return {"resume", "take back a pause of a queue, a kind or a label, or (without one) a drain",
            "  reeve resume mail\n"
            "  reeve resume --kind report\n"
            "  reeve resume --label customer=acme\n"
            "  reeve resume\n"};
  }
  void declare(Grammar& grammar) override { target_.declare(grammar, "the daemon itself when left out"); }

  int run(Session& session) override {
    target_.check();
    JsonObject body{};
    target_.describe(body);
    const Answer answer = target_.is_daemon() ? session.daemon().post("/v1/resume") : session.daemon().post(target_.path("resume"), body.text());
    if (session.json()) session.print(answer.body);
    else if (target_.is_daemon()) session.say("tasks are started again");
    else session.say(target_.text() + (is_set_in(answer.object(), "changed") ? " goes on" : " was not paused"));
    return ExitCode::ok;
  }

 private:
  PauseTarget target_{};
};

}  // namespace

std::unique_ptr<Verb> make_resume() { return std::make_unique<Resume>(); }

}  // namespace reeve::cli
