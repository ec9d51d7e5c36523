#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/relative_time.hpp"
#include "cli/selector.hpp"
#include "cli/session.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Stats final : public Verb {
 public:
  About about() const override {
    return {"stats", "how long tasks of each kind wait and run, and what they use; of a kind that is named also its steps",
            "  reeve stats\n"
            "  reeve stats report.generate --last 100\n"};
  }

  void declare(Grammar& grammar) override {
    grammar.optional("KIND", kind_, "every kind when left out");
    grammar.option("--last", last_, "N", "over the newest N attempts (1000)");
  }

  int run(Session& session) override {
    std::string query{};
    if (kind_) query += "?kind=" + percent_encoded(*kind_);
    if (last_) query += (query.empty() ? "?last=" : "&last=") + std::to_string(*last_);
    const Answer answer = session.daemon().get("/v1/stats" + query);
    if (session.json()) session.print(answer.body);
    else show(session, answer.object());
    return ExitCode::ok;
  }

 private:
  // Programs get milliseconds, and KiB.
  static Cell span(const Object& kind, const char* name) {
    const auto ms = number_in(kind, name);
    if (!ms) return {};
    const auto whole = static_cast<std::int64_t>(*ms);
    return {short_span(store::Millis{whole}), Tone::plain, std::to_string(whole)};
  }
  static Cell memory(const Object& kind, const char* name) {
    const auto kib = number_in(kind, name);
    if (!kib) return {};
    const auto whole = static_cast<std::int64_t>(*kib);
    return {whole < 10'240 ? std::to_string(whole) + "K" : std::to_string(whole / 1'024) + "M", Tone::plain, std::to_string(whole)};
  }

  static void show(const Session& session, const Object& stats) {
    Table table({{"KIND", false, true}, {"SAMPLES", true, false}, {"START p50", true, false}, {"p95", true, false}, {"RUN p50", true, false},
                 {"p95", true, false}, {"p99", true, false}, {"CPU p95", true, false}, {"MEM p95", true, false}});
    for (const auto& kind : array_in(stats, "kinds")) {
      const Object& one = as_object(kind);
      table.add({{text_in(one, "kind"), Tone::plain, {}}, {std::to_string(integer_in(one, "samples").value_or(0)), Tone::plain, {}},   // braces-ok: a list
                 span(one, "start_p50_ms"), span(one, "start_p95_ms"), span(one, "run_p50_ms"), span(one, "run_p95_ms"), span(one, "run_p99_ms"),
                 span(one, "cpu_p95_ms"), memory(one, "rss_p95_kib")});
    }
    if (table.empty()) return session.say("nothing has run yet");
    table.print(session.out(), session.paper());
    for (const auto& kind : array_in(stats, "kinds")) show_steps(session, as_object(kind));
  }

  // Told only of kinds that were named.
  static void show_steps(const Session& session, const Object& kind) {
    Table table({{"STEP", false, true}, {"SAMPLES", true, false}, {"MEAN", true, false}, {"p50", true, false}, {"p95", true, false}});
    for (const auto& step : array_in(kind, "steps")) {
      const Object& one = as_object(step);
      table.add({{text_in(one, "name"), Tone::plain, {}}, {std::to_string(integer_in(one, "samples").value_or(0)), Tone::plain, {}},   // braces-ok: a list
                 span(one, "mean_ms"), span(one, "p50_ms"), span(one, "p95_ms")});
    }
    if (table.empty()) return;
    session.out() << '\n';
    table.print(session.out(), session.paper());
  }

  std::optional<std::string> kind_{};
  std::optional<int> last_{};
};

}  // namespace

std::unique_ptr<Verb> make_stats() { return std::make_unique<Stats>(); }

}  // namespace reeve::cli
