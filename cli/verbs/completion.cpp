#include <map>
#include <ostream>

#include "cli/completion_script.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/selector.hpp"
#include "cli/session.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Completion final : public Verb {
 public:
  About about() const override {
    return {"completion", "a script that teaches bash the verbs and options",
            "  source <(reeve completion bash)\n"
            "  reeve completion bash > /etc/bash_completion.d/reeve\n"};
  }
  void declare(Grammar& grammar) override { grammar.optional("SHELL", shell_, "bash"); }

  int run(Session& session) override {
    if (shell_ && *shell_ != "bash") throw UsageError("there is no completion for \"" + *shell_ + "\" yet; write bash");
    const std::string script = bash_completion(all_verbs());
    if (session.json()) session.print(JsonObject{}.add("shell", "bash").add("script", script).text());
    else session.out() << script;
    return ExitCode::ok;
  }

 private:
  std::optional<std::string> shell_{};
};

}  // namespace

std::unique_ptr<Verb> make_completion() { return std::make_unique<Completion>(); }

}  // namespace reeve::cli
