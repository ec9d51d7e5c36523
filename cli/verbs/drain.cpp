#include <algorithm>
#include <ostream>
#include <thread>
#include <utility>

#include "cli/exit_code.hpp"
#include "cli/relative_time.hpp"
#include "cli/selector.hpp"
#include "cli/session.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"
#include "cli/waiting.hpp"

namespace reeve::cli {
namespace {

constexpr std::chrono::milliseconds between_counts{500};

// One line on a terminal that is written anew while the time goes by.
class LiveLine {
 public:
  explicit LiveLine(Session& session) : session_(session), shown_(session.terminal().err && !session.json()) {}
  ~LiveLine() { clear(); }
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  void draw(const std::string& text) {
    if (!shown_) return;
    session_.err() << "\r" << text << "\x1b[K" << std::flush;
    drawn_ = true;
  }
  void clear() {
    if (std::exchange(drawn_, false)) session_.err() << "\r\x1b[K" << std::flush;
  }

 private:
  Session& session_;
  bool shown_;
  bool drawn_ = false;
};

class Drain final : public Verb {
 public:
  About about() const override {
    return {"drain", "start nothing more and let what runs come to its end",
            "  reeve drain --wait && systemctl restart reeve\n"
            "  reeve drain --wait --timeout 10m      124 if something still runs then\n"
            "  reeve resume                          take it back\n"};
  }

  void declare(Grammar& grammar) override {
    grammar.flag("-w,--wait", wait_, "return when nothing runs any more; shows who still does, and for how long probably");
    grammar.option("-t,--timeout", timeout_, "DURATION", "with --wait: give up after this long (124); nothing new is started all the same");
  }

  int run(Session& session) override {
    const auto timeout = timeout_in(timeout_);
    const Answer answer = session.daemon().post("/v1/drain");
    if (wait_) return wait(session, timeout);
    if (session.json()) session.print(answer.body);
    else describe(session, answer.object(), "nothing new is started; ");
    return ExitCode::ok;
  }

 private:
  int wait(Session& session, std::optional<std::chrono::milliseconds> timeout) const {
    const auto start = std::chrono::steady_clock::now();
    LiveLine live(session);
    std::string said{};
    while (true) {
      const Answer answer = session.daemon().get("/v1/drain");
      const Object drain = answer.object();
      const Array& running = array_in(drain, "attempts");
      if (running.empty()) {
        live.clear();
        return done(session);
      }
      if (std::string who = who_runs(running); who != said) {
        live.clear();
        describe(session, drain, "");
        said = std::move(who);
      }
      live.draw(std::to_string(running.size()) + " still run" + when_done(session, drain));
      if (timeout && std::chrono::steady_clock::now() - start >= *timeout) {
        live.clear();
        session.say("still running after " + *timeout_ + ": " + said + "; end them with reeve cancel");
        return ExitCode::timed_out;
      }
      std::this_thread::sleep_for(between_counts);
    }
  }

  static int done(Session& session) {
    if (session.json()) session.print(session.daemon().get("/v1/status").body);
    else session.say("drained: nothing runs");
    return ExitCode::ok;
  }

  static std::string who_runs(const Array& running) {
    std::string ids{};
    for (const auto& attempt : running) ids += (ids.empty() ? "" : " ") + std::to_string(integer_in(as_object(attempt), "task").value_or(0));
    return ids;
  }

  static std::string when_done(const Session& session, const Object& drain) {
    const auto at = moment_in(drain, "done_at");
    return at ? ", probably done in " + short_span(std::max(*at - session.now(), store::Millis{0})) : "";
  }

  static void describe(const Session& session, const Object& drain, const std::string& before) {
    const Array& running = array_in(drain, "attempts");
    session.say(before + std::to_string(running.size()) + " still run" + when_done(session, drain) + (running.empty() ? "" : ":"));
    bool interrupted = false;
    for (const auto& attempt : running) {
      const Object& one = as_object(attempt);
      session.say(line_of(session, one));
      interrupted |= is_set_in(one, "past_drain_timeout");
    }
    const store::Millis drain_timeout{integer_in(drain, "drain_timeout_ms").value_or(0)};
    if (interrupted) session.say("a stop now would interrupt what does not end within " + short_span(drain_timeout) + " (supervisor.drain_timeout)");
  }

  static std::string line_of(const Session& session, const Object& one) {
    const store::Millis ran{integer_in(one, "elapsed_ms").value_or(0)};
    std::string line = "  " + std::to_string(integer_in(one, "task").value_or(0)) + "  " + one_line(text_in(one, "kind")) + "  for " + short_span(ran);
    if (is_set_in(one, "overdue")) line += ", longer than usual";
    const auto done_at = moment_in(one, "done_at");
    if (!done_at) return is_set_in(one, "overdue") ? line : line + ", nobody knows how long (no task of the kind has run to its end)";
    const std::string left = short_span(std::max(*done_at - session.now(), store::Millis{0}));
    return line + (text_in(one, "done_by") == "timeout" ? ", done in " + left + " at the latest (its timeout)" : ", probably done in " + left);
  }

  bool wait_ = false;
  std::optional<std::string> timeout_{};
};

}  // namespace

std::unique_ptr<Verb> make_drain() { return std::make_unique<Drain>(); }

}  // namespace reeve::cli
