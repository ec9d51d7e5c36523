#include "cli/many_tasks.hpp"
#include "cli/selector_options.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Cancel final : public Verb {
 public:
  About about() const override {
    return {"cancel", "end tasks: queued ones at once, running ones with their process tree",
            "  reeve cancel 17\n"
            "  reeve cancel 40-52 --reason 'wrong input'\n"
            "  reeve cancel --kind report.generate --state queued --yes\n"};
  }

  void declare(Grammar& grammar) override {
    selector_.declare(grammar);
    grammar.option("--reason", reason_, "TEXT", "kept with the task");
  }

  int run(Session& session) override {
    ManyAction action{"cancel",
                      {"scheduled", "queued", "blocked", "retrying", "claimed", "running", "stale", "waiting"},
                      {"cancelled", "requested", "already_requested"},
                      {},
                      {}};
    if (reason_) action.more.add("reason", *reason_);
    return act_on_many(session, selector_.selection(), action);
  }

 private:
  SelectorOptions selector_{};
  std::optional<std::string> reason_{};
};

}  // namespace

std::unique_ptr<Verb> make_cancel() { return std::make_unique<Cancel>(); }

}  // namespace reeve::cli
