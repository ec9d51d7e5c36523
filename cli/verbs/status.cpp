#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <string>

#include "cli/exit_code.hpp"
#include "cli/relative_time.hpp"
#include "cli/session.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

// How many tasks of a queue have each status.
using QueueCounts = std::map<std::string, std::map<std::string, std::int64_t>>;

class Status final : public Verb {
 public:
  About about() const override {
    return {"status", "what goes on: the daemon, its queues, what runs (also: reeve without a verb)",
            "  reeve\n"
            "  reeve status --json | jq .counts\n"};
  }
  void declare(Grammar&) override {}

  int run(Session& session) override {
    const Answer answer = session.daemon().get("/v1/status");
    if (session.json()) {
      session.print(answer.body);
      return ExitCode::ok;
    }
    const Object status = answer.object();
    show_daemon(session, status);
    show_warnings(session, status);
    show_queues(session, status);
    show_pauses(session, status);
    show_pools(session, status);
    show_resources(session, status);
    show_running(session, status);
    return ExitCode::ok;
  }

 private:
  static std::string usage_text(const Object& usage) {
    std::string text = std::to_string(integer_in(usage, "running").value_or(0));
    if (const auto limit = integer_in(usage, "limit")) text += "/" + std::to_string(*limit);
    return text;
  }

  static void show_daemon(const Session& session, const Object& status) {
    const std::string phase = text_in(status, "phase");
    const std::string trouble = text_in(status, "trouble");
    const bool well = phase == "running" && trouble.empty() && !is_set_in(status, "draining");
    std::string line = toned(phase, well ? Tone::good : Tone::warn, session.terminal().colour) + "  reeve " + text_in(status, "version") +
                       "  running " + usage_text(object_in(status, "global"));
    if (const auto uptime = integer_in(status, "uptime_ms")) line += "  up " + short_span(store::Millis{*uptime});
    if (const auto pid = integer_in(status, "pid")) line += "  pid " + std::to_string(*pid);
    session.print(line);
  }

  static void warn(const Session& session, const std::string& text) {
    session.print(toned("! " + one_line(text), Tone::warn, session.terminal().colour));
  }

  static void show_warnings(const Session& session, const Object& status) {
    if (const std::string trouble = text_in(status, "trouble"); !trouble.empty()) warn(session, trouble);
    if (is_set_in(status, "draining")) warn(session, "drained: nothing new is started; take it back with reeve resume");
    for (const auto& warning : array_in(object_in(status, "store"), "warnings")) warn(session, shown(warning));
    for (const auto& outbox : array_in(status, "outboxes"))
      if (const std::string trouble = text_in(as_object(outbox), "trouble"); !trouble.empty()) warn(session, trouble);
  }

  static QueueCounts counts_of(const Object& status) {
    QueueCounts counts{};
    for (const auto& row : array_in(object_in(status, "counts"), "queues")) {
      const Object& one = as_object(row);
      counts[text_in(one, "queue")][text_in(one, "status")] += integer_in(one, "count").value_or(0);
    }
    return counts;
  }

  static std::string pause_text(const Object& paused, const Session& session) {
    const auto since = moment_in(paused, "since");
    std::string text = "paused";
    if (since) text += " " + session.moment_text(*since);
    const std::string actor = text_in(paused, "actor");
    const std::string reason = text_in(paused, "reason");
    if (!actor.empty()) text += " by " + actor;
    return reason.empty() ? text : text + ": " + reason;
  }

  static void show_queues(const Session& session, const Object& status) {
    QueueCounts counts = counts_of(status);
    Table table({{"QUEUE", false, true}, {"RUNNING", true, false}, {"QUEUED", true, false}, {"WAITING", true, false}, {"SUCCEEDED", true, false},
                 {"FAILED", true, false}, {"CANCELLED", true, false}, {"NOTE", false, true}});
    std::map<std::string, Object> usages{};
    for (const auto& usage : array_in(status, "queues")) usages[text_in(as_object(usage), "name")] = as_object(usage);
    for (const auto& [name, ignored] : counts) usages.try_emplace(name);
    for (const auto& [name, usage] : usages) {
      auto& of = counts[name];
      const auto count = [&of](const char* state) { return std::to_string(of[state]); };
      const Object& paused = object_in(usage, "paused");
      const std::string running = usage.empty() ? std::to_string(of["running"] + of["claimed"]) : usage_text(usage);
      table.add({{name, Tone::plain, {}}, {running, Tone::plain, {}}, {count("queued"), Tone::plain, {}}, {count("waiting"), Tone::plain, {}},
                 {count("succeeded"), Tone::plain, {}}, {count("failed"), of["failed"] > 0 ? Tone::bad : Tone::plain, {}},
                 {count("cancelled"), Tone::plain, {}}, {paused.empty() ? "" : pause_text(paused, session), Tone::warn, {}}});
    }
    if (table.empty()) return session.say("no task yet; try: reeve run -- echo hello");
    session.out() << '\n';
    table.print(session.out(), session.paper());
  }

  // Kinds and labels; a pause of a queue stands beside the queue.
  static void show_pauses(const Session& session, const Object& status) {
    Table table({{"PAUSED", false, true}, {"NOTE", false, true}});
    const Object& pauses = object_in(status, "pauses");
    for (const auto& pause : array_in(pauses, "kinds")) {
      const Object& one = as_object(pause);
      table.add({{"kind " + text_in(one, "kind"), Tone::plain, {}}, {pause_text(one, session), Tone::warn, {}}});   // braces-ok: a list
    }
    for (const auto& pause : array_in(pauses, "labels")) {
      const Object& one = as_object(pause);
      table.add({{"label " + text_in(one, "key") + "=" + text_in(one, "value"), Tone::plain, {}}, {pause_text(one, session), Tone::warn, {}}});   // braces-ok: a list
    }
    if (table.empty()) return;
    session.out() << '\n';
    table.print(session.out(), session.paper());
  }

  static void show_pools(const Session& session, const Object& status) {
    Table table({{"WORKERS OF", false, true}, {"BUSY", true, false}, {"IDLE", true, false}, {"STARTING", true, false}, {"MAX", true, false},
                 {"WAITING", true, false}, {"NOTE", false, true}});
    for (const auto& pool : array_in(status, "pools")) {
      const Object& one = as_object(pool);
      const auto count = [&one](const char* member) { return std::to_string(integer_in(one, member).value_or(0)); };
      const bool degraded = is_set_in(one, "degraded");
      const std::string trouble = text_in(one, "trouble");
      const std::string note = degraded ? "degraded" + (trouble.empty() ? "" : ": " + trouble) : "";
      table.add({{text_in(one, "kind"), Tone::plain, {}}, {count("busy"), Tone::plain, {}}, {count("idle"), Tone::plain, {}},
                 {count("starting"), Tone::plain, {}}, {count("max"), Tone::plain, {}}, {count("waiting"), Tone::plain, {}}, {note, Tone::bad, {}}});
    }
    if (table.empty()) return;
    session.out() << '\n';
    table.print(session.out(), session.paper());
  }

  static std::string words_of(const Object& object, const char* member) {
    std::string text;
    for (const auto& word : array_in(object, member)) text += (text.empty() ? "" : ",") + shown(word);
    return text;
  }

  static void show_resources(const Session& session, const Object& status) {
    Table table({{"RESOURCE", false, true}, {"HELD", true, false}, {"OF", true, false}, {"BY", false, true}});
    for (const auto& resource : array_in(status, "resources")) {
      const Object& one = as_object(resource);
      std::size_t held = 0;
      std::string by;
      for (const auto& holder : array_in(one, "held")) {
        const Object& body = as_object(holder);
        held += array_in(body, "units").size();
        by += (by.empty() ? "" : "; ") + std::string("task ") + std::to_string(integer_in(body, "task").value_or(0)) + ": " + words_of(body, "units");
      }
      table.add({{text_in(one, "name"), Tone::plain, {}}, {std::to_string(held), Tone::plain, {}},   // braces-ok: a list
                 {std::to_string(array_in(one, "units").size()), Tone::plain, {}}, {by, Tone::plain, {}}});
    }
    if (table.empty()) return;
    session.out() << '\n';
    table.print(session.out(), session.paper());
  }

  // Kinds whose bodies can only be asked to end. Looked up only when one is asked.
  static std::set<std::string> cooperative_kinds(Session& session, const Object& status) {
    std::set<std::string> kinds{};
    const Array& running = array_in(status, "running");
    if (std::none_of(running.begin(), running.end(), [](const auto& one) { return !text_in(as_object(one), "stopping").empty(); })) return kinds;
    const Object answer = session.daemon().get("/v1/kinds").object();
    for (const auto& kind : array_in(answer, "kinds"))
      if (text_in(as_object(kind), "stops") == "cooperative") kinds.insert(text_in(as_object(kind), "kind"));
    return kinds;
  }

  static void show_running(Session& session, const Object& status) {
    const std::set<std::string> cooperative = cooperative_kinds(session, status);
    Table table({{"RUNS", true, false}, {"KIND", false, true}, {"QUEUE", false, true}, {"SINCE", false, false}, {"PID", true, false}, {"NOTE", false, true}});
    for (const auto& attempt : array_in(status, "running")) {
      const Object& one = as_object(attempt);
      std::string note = is_set_in(one, "stale") ? "stale: no sign of life" : "";
      if (const std::string stopping = text_in(one, "stopping"); !stopping.empty()) note = "stopping: " + stopping + (cooperative.contains(text_in(one, "kind")) ? ", cooperative" : "");
      const auto pid = integer_in(one, "pid");
      table.add({{std::to_string(integer_in(one, "task").value_or(0)), Tone::plain, {}}, {text_in(one, "kind"), Tone::plain, {}},   // braces-ok: a list
                 {text_in(one, "queue"), Tone::plain, {}}, session.when(moment_in(one, "since")),
                 {pid && *pid > 0 ? std::to_string(*pid) : "", Tone::plain, {}}, {note, Tone::warn, {}}});
    }
    if (table.empty()) return;
    session.out() << '\n';
    table.print(session.out(), session.paper());
  }
};

}  // namespace

std::unique_ptr<Verb> make_status() { return std::make_unique<Status>(); }

}  // namespace reeve::cli
