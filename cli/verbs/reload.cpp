#include "cli/exit_code.hpp"
#include "cli/problem.hpp"
#include "cli/session.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Reload final : public Verb {
 public:
  About about() const override {
    return {"reload", "have the daemon read its configuration again: all of it or, when it has errors, nothing", "  reeve check && reeve reload\n"};
  }
  void declare(Grammar&) override {}

  int run(Session& session) override {
    try {
      const Answer answer = session.daemon().post("/v1/reload");
      if (session.json()) session.print(answer.body);
      say_all(session, answer.object(), "warnings");
      session.say("the configuration is in force");
      return ExitCode::ok;
    } catch (const Problem& problem) {
      if (problem.status() != 422) throw;
      if (session.json()) session.print(problem.body());
      say_all(session, parse_object(problem.body()), "errors");
      session.say("the old configuration stays in force");
      return ExitCode::failed;
    }
  }

 private:
  static void say_all(const Session& session, const Object& object, const char* name) {
    for (const auto& text : array_in(object, name)) session.say(one_line(shown(text)));
  }
};

}  // namespace

std::unique_ptr<Verb> make_reload() { return std::make_unique<Reload>(); }

}  // namespace reeve::cli
