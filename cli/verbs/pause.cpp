#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/selector.hpp"
#include "cli/session.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Pause final : public Verb {
 public:
  About about() const override {
    return {"pause", "start nothing more from a queue, or (without one) from any; running tasks go on",
            "  reeve pause mail --reason 'SMTP is down'\n"
            "  reeve pause                                 every queue, as reeve drain\n"};
  }

  void declare(Grammar& grammar) override {
    grammar.optional("QUEUE", queue_, "every queue when left out");
    grammar.option("--reason", reason_, "TEXT", "shown by status and why");
  }

  int run(Session& session) override {
    if (queue_ && queue_->empty()) throw UsageError("QUEUE is empty; name a queue, or leave it out to stop all of them");
    if (queue_) return pause_queue(session);
    if (reason_) throw UsageError("--reason goes with a queue: reeve pause mail --reason '...'");
    const Answer answer = session.daemon().post("/v1/drain");
    if (session.json()) session.print(answer.body);
    else session.say("nothing new is started; take it back with reeve resume");
    return ExitCode::ok;
  }

 private:
  int pause_queue(Session& session) const {
    JsonObject body{};
    if (reason_) body.add("reason", *reason_);
    const Answer answer = session.daemon().post("/v1/queues/" + percent_encoded(*queue_) + "/pause", body.text());
    if (session.json()) session.print(answer.body);
    else session.say("queue " + *queue_ + (is_set_in(answer.object(), "changed") ? " is paused" : " was paused already") + "; take it back with reeve resume " + *queue_);
    return ExitCode::ok;
  }

  std::optional<std::string> queue_{};
  std::optional<std::string> reason_{};
};

}  // namespace

std::unique_ptr<Verb> make_pause() { return std::make_unique<Pause>(); }

}  // namespace reeve::cli
