#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/session.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Version final : public Verb {
 public:
  About about() const override { return {"version", "the version of this program", "  reeve version\n"}; }
  void declare(Grammar&) override {}
  int run(Session& session) override {
    session.print(session.json() ? JsonObject{}.add("version", REEVE_VERSION).text() : "reeve " REEVE_VERSION);
    return ExitCode::ok;
  }
};

}  // namespace

std::unique_ptr<Verb> make_version() { return std::make_unique<Version>(); }

}  // namespace reeve::cli
