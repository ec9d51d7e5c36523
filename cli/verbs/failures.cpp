#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/json_slice.hpp"
#include "cli/selector.hpp"
#include "cli/session.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Failures final : public Verb {
 public:
  About about() const override {
    return {"failures", "failed tasks, those of one fault together, the newest fault first",
            "  reeve failures\n"
            "  reeve failures --kind report.generate --since 2h\n"
            "  reeve list --fingerprint 3597de1f3028826f            the tasks of one fault\n"
            "  reeve retry --fingerprint 3597de1f3028826f           once its cause is gone\n"};
  }

  void declare(Grammar& grammar) override {
    grammar.option("--kind", kinds_, "KIND", "of these kinds");
    grammar.option("--queue", queues_, "QUEUE", "in these queues");
    grammar.option("--since", since_, "TIME", "failed at or after; 2h ago is 2h");
    grammar.option("-n,--limit", limit_, "N", "at most so many faults (50)");
  }

  int run(Session& session) override {
    const Answer answer = session.daemon().get("/v1/failures" + query());
    if (session.json()) {
      for (const std::string_view fault : elements_of(member_of(answer.body, "failures").value_or("[]"))) session.print(fault);
    } else {
      show(session, answer.object());
    }
    if (session.terminal().err && member_of(answer.body, "more") == "true") session.say("there are more; see -n");
    return ExitCode::ok;
  }

 private:
  [[nodiscard]] std::string query() const {
    SelectorWords words{};
    words.kinds = kinds_;
    words.queues = queues_;
    words.since = since_;
    std::string text = list_queries(understand(words)).at(0);
    if (limit_) text += (text.empty() ? "limit=" : "&limit=") + std::to_string(*limit_);
    return text.empty() ? text : "?" + text;
  }

  // Of a command that ended with a code its last words tell more than the code, so they come first.
  static std::string what_it_said(const Object& group) {
    const std::string words = text_in(group, "last_words");
    return words.empty() ? text_in(group, "message") : words + " (" + text_in(group, "message") + ")";
  }

  static void show(const Session& session, const Object& answer) {
    Table table({{"FINGERPRINT", false, false}, {"KIND", false, true}, {"TASKS", true, false}, {"FIRST", false, false}, {"LAST", false, false},
                 {"NEWEST", true, false}, {"CODE", false, true}, {"MESSAGE", false, true}});
    for (const auto& group : array_in(answer, "failures")) {
      const Object& one = as_object(group);
      std::vector<Cell> row{};
      const auto add = [&row](std::string text) { row.push_back(Cell{std::move(text), Tone::plain, {}}); };
      add(text_in(one, "fingerprint"));
      add(text_in(one, "kind"));
      add(std::to_string(integer_in(one, "count").value_or(0)));
      row.push_back(session.when(moment_in(one, "first_failed_at")));
      row.push_back(session.when(moment_in(one, "last_failed_at")));
      add(std::to_string(integer_in(one, "newest_task").value_or(0)));
      add(text_in(one, "code"));
      add(what_it_said(one));
      table.add(std::move(row));
    }
    if (!table.empty()) return table.print(session.out(), session.paper());
    if (session.terminal().err) session.say("no task has failed");
  }

  std::vector<std::string> kinds_{};
  std::vector<std::string> queues_{};
  std::optional<std::string> since_{};
  std::optional<int> limit_{};
};

}  // namespace

std::unique_ptr<Verb> make_failures() { return std::make_unique<Failures>(); }

}  // namespace reeve::cli
