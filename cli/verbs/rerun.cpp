#include "cli/many_tasks.hpp"
#include "cli/input.hpp"
#include "cli/selector_options.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Rerun final : public Verb {
 public:
  About about() const override {
    return {"rerun", "make new tasks of ones that have ended; the old ones stay as they are",
            "  reeve rerun 17                                     prints the old id, the result, the new id\n"
            "  reeve rerun 17 --payload @payload.json             with another payload\n"
            "  reeve rerun --kind report.generate --since 2h      the failed ones\n"
            "  reeve rerun --state succeeded --label team=billing --yes\n"};
  }
  void declare(Grammar& grammar) override {
    selector_.declare(grammar);
    grammar.option("--payload", payload_, "JSON", "of one task: the new one gets this payload; - for stdin, or @file");
    grammar.option("--idempotency-key", idempotency_key_, "KEY", "of this request: the same key again gives the same new tasks");
  }
  int run(Session& session) override {
    ManyAction action{"rerun", {"failed"}, {"rerun", "coalesced"}, {}, {}};
    if (idempotency_key_) action.headers["Idempotency-Key"] = *idempotency_key_;
    const Selection selection = selector_.selection();
    if (payload_ && !selection.names_one_task()) throw UsageError("--payload is for one task at a time: reeve rerun 17 --payload '{\"n\":1}'");
    if (payload_) action.more.add_raw("payload", payload_of(session, *payload_));
    return selection.names_one_task() ? act_on_one(session, selection, action) : act_on_many(session, selection, action);
  }

 private:
  SelectorOptions selector_{};
  std::optional<std::string> payload_{};
  std::optional<std::string> idempotency_key_{};
};

}  // namespace

std::unique_ptr<Verb> make_rerun() { return std::make_unique<Rerun>(); }

}  // namespace reeve::cli
