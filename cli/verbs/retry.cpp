#include "cli/many_tasks.hpp"
#include "cli/input.hpp"
#include "cli/selector_options.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Retry final : public Verb {
 public:
  About about() const override {
    return {"retry", "queue failed or cancelled tasks again, with fresh budgets",
            "  reeve retry 17\n"
            "  reeve retry 17 --payload '{\"month\":\"2026-10\"}'      with another payload\n"
            "  reeve retry --kind report.generate --since 2h      the failed ones\n"
            "  reeve retry --fingerprint 3597de1f3028826f         those of one fault; see reeve failures\n"
            "  reeve retry --state cancelled --label team=billing --yes\n"};
  }
  void declare(Grammar& grammar) override {
    selector_.declare(grammar);
    grammar.option("--payload", payload_, "JSON", "of one task: goes on with this payload; - for stdin, or @file");
  }
  int run(Session& session) override {
    ManyAction action{"retry", {"failed"}, {"requeued"}, {}, {}};
    const Selection selection = selector_.selection();
    if (!payload_) return act_on_many(session, selection, action);
    if (!selection.names_one_task()) throw UsageError("--payload is for one task at a time: reeve retry 17 --payload '{\"n\":1}'");
    action.more.add_raw("payload", payload_of(session, *payload_));
    return act_on_one(session, selection, action);
  }

 private:
  SelectorOptions selector_{};
  std::optional<std::string> payload_{};
};

}  // namespace

std::unique_ptr<Verb> make_retry() { return std::make_unique<Retry>(); }

}  // namespace reeve::cli
