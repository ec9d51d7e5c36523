#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/many_tasks.hpp"
#include "cli/selector_options.hpp"
#include "cli/task_view.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

constexpr int usual_limit = 50;

class List final : public Verb {
 public:
  About about() const override {
    return {"list", "the tasks, newest first",
            "  reeve list\n"
            "  reeve list --state failed --since 1h\n"
            "  reeve list --label team=billing -n 500 | cut -f1     ids, for scripts\n"
            "  reeve list --all --json                              everything, a task a line\n"};
  }

  void declare(Grammar& grammar) override {
    selector_.declare(grammar);
    grammar.option("-n,--limit", limit_, "N", "at most so many (50)");
    grammar.flag("--oldest", oldest_, "oldest first");
    grammar.flag("--payload", payload_, "with payload, result and metadata (--json)");
  }

  int run(Session& session) override {
    const Selection selection = selector_.selection();
    if (limit_ && *limit_ < 1) throw UsageError("-n: " + std::to_string(*limit_) + " is not a number of tasks; write 1 or more");
    const int limit = limit_.value_or(selection.all || selection.names_tasks() ? 0 : usual_limit);  // 0: no limit
    Table table = make_task_table();
    int count = 0;
    bool cut = false;
    list_tasks(session, selection, query_for(limit), [&](std::string_view task) {
      cut = limit > 0 && count == limit;
      if (cut) return false;
      ++count;
      if (session.json()) session.print(task);
      else add_task(table, parse_object(task), session);
      return true;
    });
    if (!table.empty()) table.print(session.out(), session.paper());
    if (count == 0 && session.terminal().err) session.say("no task matches");
    if (cut && session.terminal().err) session.say("there are more; see -n or --all");
    return ExitCode::ok;
  }

 private:
  // One more than wanted is asked for: so it is known whether there are more.
  [[nodiscard]] std::string query_for(int limit) const {
    const int page = limit == 0 ? 1'000 : std::min(limit + 1, 1'000);
    return std::string("order=") + (oldest_ ? "oldest" : "newest") + "&limit=" + std::to_string(page) + (payload_ ? "&payload=true" : "");
  }

  SelectorOptions selector_{};
  std::optional<int> limit_{};
  bool oldest_ = false;
  bool payload_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_list() { return std::make_unique<List>(); }

}  // namespace reeve::cli
