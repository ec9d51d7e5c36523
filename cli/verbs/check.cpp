#include <ostream>

#include "cli/compose/check.hpp"
#include "cli/exit_code.hpp"
#include "cli/session.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Check final : public Verb {
 public:
  About about() const override {
    return {"check", "read the configuration and say what is wrong, without a daemon or a store; 1 on errors",
            "  reeve check\n"
            "  reeve check --config reeve.yaml && reeve reload\n"};
  }
  void declare(Grammar& grammar) override { grammar.optional("FILE", file_, "in place of --config"); }

  int run(Session& session) override {
    const compose::CheckReport report = compose::check({file_.value_or(session.options().config), {}}, compose::surroundings(session.environment()));
    if (session.json()) session.print(report.json);
    else session.out() << safe_text(report.text);
    return report.ok ? ExitCode::ok : ExitCode::failed;
  }

 private:
  std::optional<std::string> file_{};
};

}  // namespace

std::unique_ptr<Verb> make_check() { return std::make_unique<Check>(); }

}  // namespace reeve::cli
