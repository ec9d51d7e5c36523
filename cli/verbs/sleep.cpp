#include "cli/attempt_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/selector.hpp"
#include "cli/verbs/verbs.hpp"
#include "store/time.hpp"

namespace reeve::cli {
namespace {

class Sleep final : public Verb {
 public:
  About about() const override {
    return {"sleep", "in a handler: wait for a moment without a process; 75 when this attempt is to end now",
            "  reeve sleep 1h || exit            the script ends here, and is run again in an hour\n"
            "  reeve sleep --until 2026-11-01T06:00:00Z --name morning || exit\n"};
  }

  void declare(Grammar& grammar) override {
    grammar.optional("DURATION", duration_, "30s, 1h, 2d, from the first time it was asked");
    grammar.option("--until", until_, "TIME", "a moment, RFC 3339");
    grammar.option("--name", name_, "NAME", "what this wait is known by; without one it is the n-th sleep of the attempt");
  }

  int run(Session& session) override {
    AttemptLine line(session);
    if (duration_.has_value() == until_.has_value()) throw UsageError("sleep how long? Write reeve sleep 1h, or reeve sleep --until TIME");
    JsonObject message = message_of("sleep");
    if (until_) message.add("until", *until_);
    else message.add("for_ms", milliseconds());
    if (name_) message.add("name", *name_);
    const Object answer = parse_object(line.ask(message));
    return is_suspended(answer) ? exit_code_suspended : ExitCode::ok;
  }

 private:
  [[nodiscard]] std::int64_t milliseconds() const {
    const auto time = store::parse_duration(*duration_);
    if (!time) throw UsageError("\"" + *duration_ + "\" is not a duration; write 30s, 5m or 2h");
    return time->count();
  }

  std::optional<std::string> duration_{};
  std::optional<std::string> until_{};
  std::optional<std::string> name_{};
};

}  // namespace

std::unique_ptr<Verb> make_sleep() { return std::make_unique<Sleep>(); }

}  // namespace reeve::cli
