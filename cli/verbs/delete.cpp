#include "cli/many_tasks.hpp"
#include "cli/selector_options.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Delete final : public Verb {
 public:
  About about() const override {
    return {"delete", "remove finished tasks and all that belongs to them",
            "  reeve delete 17\n"
            "  reeve delete --state failed --until 30d --yes\n"};
  }
  void declare(Grammar& grammar) override { selector_.declare(grammar); }
  int run(Session& session) override {
    return act_on_many(session, selector_.selection(), ManyAction{"delete", {"succeeded", "failed", "cancelled"}, {"removed"}, {}, {}});
  }

 private:
  SelectorOptions selector_{};
};

}  // namespace

std::unique_ptr<Verb> make_delete() { return std::make_unique<Delete>(); }

}  // namespace reeve::cli
