#include "cli/compose/daemon.hpp"
#include "cli/compose/settings.hpp"
#include "cli/exit_code.hpp"
#include "cli/session.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Serve final : public Verb {
 public:
  About about() const override {
    return {"serve", "be the daemon; works without any configuration",
            "  reeve serve\n"
            "  reeve serve --config reeve.yaml\n"
            "  reeve serve --until-idle         work off what is due, then exit 0 (cron, CI)\n"};
  }
  void declare(Grammar& grammar) override { grammar.flag("--until-idle", until_idle_, "exit 0 when nothing runs and nothing is due"); }

  int run(Session& session) override {
    const compose::Choices choices{session.options().config, session.options().socket};
    try {
      compose::Daemon daemon(choices, compose::surroundings(session.environment()), {.until_idle = until_idle_, .is_service = true, .on_ready = {}});
      const int code = daemon.run();
      if (code != ExitCode::ok) session.say("reeve: " + safe_text(daemon.trouble()));
      return code;
    } catch (const compose::BadConfiguration& bad) {
      for (const std::string& error : bad.errors()) session.say(safe_line(error));
      session.say("reeve: the configuration has errors, so nothing was started; see reeve check");
      return ExitCode::bad_config;
    }
  }

 private:
  bool until_idle_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_serve() { return std::make_unique<Serve>(); }

}  // namespace reeve::cli
