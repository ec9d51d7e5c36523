#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/selector.hpp"
#include "cli/session.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

constexpr std::chrono::hours as_long_as_it_takes{24};

// "3 succeeded tasks, 1200 events"; empty: nothing.
std::string described(const Object& report) {
  const std::pair<const char*, const char*> sorts[] = {{"succeeded", "succeeded tasks"}, {"failed", "failed tasks"}, {"cancelled", "cancelled tasks"},
                                                       {"log_lines", "log lines"},       {"steps", "steps"},         {"events", "events"},
                                                       {"requests", "request keys"}};
  std::string text{};
  for (const auto& [name, words] : sorts)
    if (const std::int64_t count = integer_in(report, name).value_or(0); count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + words;
  return text;
}

class Compact final : public Verb {
 public:
  About about() const override {
    return {"compact", "let go now of what the retention of the configuration no longer keeps",
            "  reeve compact --dry-run               what would go\n"
            "  reeve compact --yes\n"};
  }
  void declare(Grammar& grammar) override { grammar.flag("--dry-run", dry_run_, "only say what would go"); }

  int run(Session& session) override {
    const Answer forecast = session.daemon().post("/v1/store/compact", R"({"dry_run":true})", {}, as_long_as_it_takes);
    const Object expected = forecast.object();
    const std::string what = described(expected);
    const std::int64_t over = integer_in(expected, "over_bytes").value_or(0);
    if (dry_run_) return tell_forecast(session, forecast.body, what, over);
    if ((!what.empty() || over > 0) && !is_agreed(session, what, over)) return ExitCode::failed;
    const Answer answer = session.daemon().post("/v1/store/compact", "{}", {}, as_long_as_it_takes);
    const Object done = answer.object();
    if (session.json()) {
      session.print(answer.body);
      return ExitCode::ok;
    }
    const std::string gone = described(done);
    session.say((gone.empty() ? "nothing had to go" : "let go: " + gone) + "; " + std::to_string(integer_in(done, "given_back_bytes").value_or(0)) +
                " bytes given back");
    return ExitCode::ok;
  }

 private:
  static std::string oldest_tasks(std::int64_t over) {
    return over > 0 ? "the oldest tasks that have ended until " + std::to_string(over) + " bytes are free" : "";
  }

  static int tell_forecast(const Session& session, const std::string& body, const std::string& what, std::int64_t over) {
    if (session.json()) session.print(body);
    else if (what.empty() && over == 0) session.say("nothing would go; retention: in the configuration says how long what is kept");
    else session.say("would go: " + what + (what.empty() || over == 0 ? "" : ", and ") + oldest_tasks(over));
    return ExitCode::ok;
  }

  static bool is_agreed(const Session& session, const std::string& what, std::int64_t over) {
    if (session.options().yes) return true;
    const std::string question = "let go of " + what + (what.empty() || over == 0 ? "" : ", and ") + oldest_tasks(over);
    if (!session.terminal().in || !session.terminal().err) throw UsageError("this would " + question + "; say --yes to do it (nothing was changed)");
    if (session.confirms(question + "?")) return true;
    session.say("nothing was changed");
    return false;
  }

  bool dry_run_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_compact() { return std::make_unique<Compact>(); }

}  // namespace reeve::cli
