#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/pause_target.hpp"
#include "cli/selector.hpp"
#include "cli/session.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Pause final : public Verb {
 public:
  About about() const override {
    return {"pause", "start nothing more of a queue, a kind or a label, or (without one) nothing at all; running tasks go on",
            "  reeve pause mail --reason 'SMTP is down'\n"
            "  reeve pause --kind report                   whatever their queue\n"
            "  reeve pause --label customer=acme           whatever their kind and queue\n"
            "  reeve pause                                 every queue, as reeve drain\n"};
  }

  void declare(Grammar& grammar) override {
    target_.declare(grammar, "every queue when left out");
    grammar.option("--reason", reason_, "TEXT", "shown by status and why");
  }

  int run(Session& session) override {
    target_.check();
    if (!target_.is_daemon()) return pause(session);
    if (reason_) throw UsageError("--reason goes with a queue, a kind or a label: reeve pause mail --reason '...'");
    const Answer answer = session.daemon().post("/v1/drain");
    if (session.json()) session.print(answer.body);
    else session.say("nothing new is started; take it back with reeve resume");
    return ExitCode::ok;
  }

 private:
  int pause(Session& session) const {
    JsonObject body{};
    target_.describe(body);
    if (reason_) body.add("reason", *reason_);
    const Answer answer = session.daemon().post(target_.path("pause"), body.text());
    const bool changed = is_set_in(answer.object(), "changed");
    if (session.json()) session.print(answer.body);
    else session.say(target_.text() + (changed ? " is paused" : " was paused already") + "; take it back with reeve resume " + target_.arguments());
    return ExitCode::ok;
  }

  PauseTarget target_{};
  std::optional<std::string> reason_{};
};

}  // namespace

std::unique_ptr<Verb> make_pause() { return std::make_unique<Pause>(); }

}  // namespace reeve::cli
