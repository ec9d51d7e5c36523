#include "cli/many_tasks.hpp"
#include "cli/selector_options.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Retry final : public Verb {
 public:
  About about() const override {
    return {"retry", "queue failed or cancelled tasks again, with fresh budgets",
            "  reeve retry 17\n"
            "  reeve retry --kind report.generate --since 2h      the failed ones\n"
            "  reeve retry --state cancelled --label team=billing --yes\n"};
  }
  void declare(Grammar& grammar) override { selector_.declare(grammar); }
  int run(Session& session) override {
    return act_on_many(session, selector_.selection(), ManyAction{"retry", {"failed"}, {"requeued"}, {}});
  }

 private:
  SelectorOptions selector_{};
};

}  // namespace

std::unique_ptr<Verb> make_retry() { return std::make_unique<Retry>(); }

}  // namespace reeve::cli
