#include "cli/attempt_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Beat final : public Verb {
 public:
  About about() const override { return {"beat", "in a handler: a sign of life for the watchdog", "  reeve beat\n"}; }
  void declare(Grammar&) override {}
  int run(Session& session) override {
    AttemptLine(session).tell(message_of("beat"));
    return ExitCode::ok;
  }
};

}  // namespace

std::unique_ptr<Verb> make_beat() { return std::make_unique<Beat>(); }

}  // namespace reeve::cli
