#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/log_reader.hpp"
#include "cli/selector.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Logs final : public Verb {
 public:
  About about() const override {
    return {"logs", "what a task printed and logged",
            "  reeve logs 17\n"
            "  reeve logs 17 -f -n 20          the last 20 lines, then what comes, until the task ends\n"
            "  reeve logs 17 --attempt 2 --raw > out.txt\n"};
  }

  void declare(Grammar& grammar) override {
    grammar.required("TASK", task_, "id or ext:external-id");
    grammar.flag("-f,--follow", follow_, "go on until the task ends");
    grammar.option("-n,--lines", lines_, "N", "only the last N lines of what is there (at most 1000)");
    grammar.option("--attempt", attempt_, "N", "only the lines of this attempt");
    grammar.flag("-t,--time", time_, "with the time, the stream and the level of each line");
  }

  int run(Session& session) override {
    if (lines_ && (*lines_ < 0 || *lines_ > 1'000)) throw UsageError("-n: " + std::to_string(*lines_) + " is not from 0 to 1000; leave it out for all lines");
    LogReader::Options options{path_of_task(task_), lines_, {}};
    if (attempt_) options.epoch = epoch_of_attempt(session, options.path);
    LogReader reader(session, options, [&](std::string_view json) { print(session, json); });
    reader.read();
    session.out().flush();  // what is there is read while nothing new comes
    if (follow_) reader.follow();
    return ExitCode::ok;
  }

 private:
  // A task that was retried by hand has had the same number more than once; the newest is meant.
  [[nodiscard]] std::int64_t epoch_of_attempt(Session& session, const std::string& path) const {
    std::optional<std::int64_t> epoch{};
    const Object answer = session.daemon().get("/v1/tasks/" + path + "/attempts").object();
    for (const auto& attempt : array_in(answer, "attempts"))
      if (integer_in(as_object(attempt), "number") == std::int64_t{*attempt_}) epoch = integer_in(as_object(attempt), "epoch");
    if (!epoch) throw UsageError("task " + task_ + " has no attempt " + std::to_string(*attempt_) + "; see reeve show " + task_);
    return *epoch;
  }

  void print(const Session& session, std::string_view json) const {
    if (session.json()) {
      session.print(json);
      session.out().flush();
      return;
    }
    const Object line = parse_object(json);
    const std::string stream = text_in(line, "stream");
    std::string text{};
    if (time_) {
      const auto at = moment_in(line, "at");
      text = (at ? store::to_rfc3339(*at) : "") + " " + stream + " " + text_in(line, "level") + " ";
    }
    text += message_of_line(session, line);
    const Tone tone = stream == "stderr" ? Tone::warn : stream == "entry" ? Tone::strong : Tone::plain;
    session.print(session.options().raw ? text : toned(text, tone, session.terminal().colour));
    if (follow_) session.out().flush();
  }

  std::string task_{};
  bool follow_ = false;
  bool time_ = false;
  std::optional<int> lines_{};
  std::optional<int> attempt_{};
};

}  // namespace

std::unique_ptr<Verb> make_logs() { return std::make_unique<Logs>(); }

}  // namespace reeve::cli
