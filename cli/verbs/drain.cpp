#include <map>
#include <ostream>
#include <thread>

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
    else session.say("nothing new is started; " + std::to_string(integer_in(answer.object(), "running").value_or(0)) + " still run");
    return ExitCode::ok;
  }

 private:
  using Forecasts = std::map<std::string, double>;  // of a kind: how long 95 of 100 of its attempts ran, in ms

  static Forecasts forecasts(Session& session) {
    Forecasts all{};
    const Object answer = session.daemon().get("/v1/stats").object();
    for (const auto& kind : array_in(answer, "kinds"))
      if (const auto p95 = number_in(as_object(kind), "run_p95_ms")) all[text_in(as_object(kind), "kind")] = *p95;
    return all;
  }

  int wait(Session& session, std::optional<std::chrono::milliseconds> timeout) const {
    const auto start = std::chrono::steady_clock::now();
    const Forecasts usual = forecasts(session);
    std::string said{};
    while (true) {
      const Answer answer = session.daemon().get("/v1/status");
      const Object status = answer.object();
      const Array& running = array_in(status, "running");
      if (running.empty()) return done(session, answer.body);
      if (std::string who = who_runs(running); who != said) {
        describe(session, running, usual);
        said = std::move(who);
      }
      if (timeout && std::chrono::steady_clock::now() - start >= *timeout) {
        session.say("still running after " + *timeout_ + ": " + said + "; end them with reeve cancel");
        return ExitCode::timed_out;
      }
      std::this_thread::sleep_for(between_counts);
    }
  }

  static int done(const Session& session, const std::string& body) {
    if (session.json()) session.print(body);
    else session.say("drained: nothing runs");
    return ExitCode::ok;
  }

  static std::string who_runs(const Array& running) {
    std::string ids{};
    for (const auto& attempt : running) ids += (ids.empty() ? "" : " ") + std::to_string(integer_in(as_object(attempt), "task").value_or(0));
    return ids;
  }

  static void describe(const Session& session, const Array& running, const Forecasts& usual) {
    session.say(std::to_string(running.size()) + " still run:");
    for (const auto& attempt : running) {
      const Object& one = as_object(attempt);
      const auto since = moment_in(one, "since");
      const store::Millis ran = since ? session.now() - *since : store::Millis{0};
      std::string line = "  " + std::to_string(integer_in(one, "task").value_or(0)) + "  " + one_line(text_in(one, "kind")) + "  for " + short_span(ran);
      const auto forecast = usual.find(text_in(one, "kind"));
      if (forecast != usual.end() && forecast->second > 0) {
        const store::Millis whole{static_cast<std::int64_t>(forecast->second)};
        line += ran < whole ? ", probably done in " + short_span(whole - ran) : ", longer than usual (" + short_span(whole) + ")";
      }
      session.say(line);
    }
  }

  bool wait_ = false;
  std::optional<std::string> timeout_{};
};

}  // namespace

std::unique_ptr<Verb> make_drain() { return std::make_unique<Drain>(); }

}  // namespace reeve::cli
