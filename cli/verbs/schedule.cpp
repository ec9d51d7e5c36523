// reeve schedule list | show | add | remove | pause | resume | run
#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/selector.hpp"
#include "cli/session.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

std::string path_of(const std::string& name, std::string_view rest = {}) { return "/v1/schedules/" + percent_encoded(name) + std::string(rest); }

std::string plain(const Object& object, std::string_view name) { return text_in(object, name); }

std::optional<store::Timestamp> first_fire(const Object& schedule) {
  const Array& fires = array_in(schedule, "next");
  if (fires.empty() || !fires[0].is_string()) return std::nullopt;
  return store::parse_rfc3339({fires[0].get_string().data(), fires[0].get_string().size()});
}

class ScheduleList final : public Verb {
 public:
  About about() const override { return {"schedule list", "when what is enqueued by the clock", "  reeve schedule list\n"}; }
  void declare(Grammar&) override {}

  int run(Session& session) override {
    const Answer answer = session.daemon().get("/v1/schedules");
    if (session.json()) return session.print(answer.body), ExitCode::ok;
    const Object all = answer.object();
    Table table({{"NAME", false, true}, {"KIND", false, true}, {"CRON", false, false}, {"ZONE", false, true}, {"NEXT", false, false}, {"FIRED", true, false},
                 {"", false, true}});
    for (const auto& one : array_in(all, "schedules")) table.add(row(session, as_object(one)));
    if (table.empty()) session.say("no schedules; declare them under schedules: or use reeve schedule add");
    else table.print(session.out(), session.paper());
    return ExitCode::ok;
  }

 private:
  static std::vector<Cell> row(const Session& session, const Object& schedule) {
    const bool paused = is_set_in(schedule, "paused");
    const std::string trouble = plain(schedule, "trouble");
    std::vector<Cell> cells;
    cells.push_back(Cell{plain(schedule, "name"), Tone::plain, {}});
    cells.push_back(Cell{plain(object_in(schedule, "task"), "kind"), Tone::plain, {}});
    cells.push_back(Cell{plain(schedule, "cron"), Tone::plain, {}});
    cells.push_back(Cell{plain(schedule, "zone"), Tone::plain, {}});
    if (paused) cells.push_back(Cell{"paused", Tone::warn, {}});
    else cells.push_back(session.when(first_fire(schedule)));
    cells.push_back(Cell{std::to_string(integer_in(schedule, "fired").value_or(0)), Tone::plain, {}});
    cells.push_back(Cell{trouble, Tone::bad, {}});
    return cells;
  }
};

class ScheduleShow final : public Verb {
 public:
  About about() const override { return {"schedule show", "one schedule and its next ticks", "  reeve schedule show nightly --next 20\n"}; }
  void declare(Grammar& grammar) override {
    grammar.required("NAME", name_, "of the schedule");
    grammar.option("--next", next_, "N", "ticks to show (10)");
  }

  int run(Session& session) override {
    const Answer answer = session.daemon().get(path_of(name_, "?next=" + std::to_string(next_.value_or(10))));
    if (session.json()) return session.print(answer.body), ExitCode::ok;
    const Object schedule = answer.object();
    const Object& task = object_in(schedule, "task");
    session.print(plain(schedule, "name") + "  " + plain(schedule, "cron") + "  " + plain(schedule, "zone"));
    session.print("  enqueues    " + plain(task, "kind"));
    session.print("  overlap     " + plain(schedule, "overlap"));
    session.print("  catch up    " + plain(schedule, "catch_up"));
    session.print("  jitter      " + plain(schedule, "jitter"));
    session.print("  belongs to  " + (plain(schedule, "declared_at").empty() ? std::string("whoever added it") : plain(schedule, "declared_at")));
    session.print("  fired       " + std::to_string(integer_in(schedule, "fired").value_or(0)) + ", passed over " +
                  std::to_string(integer_in(schedule, "passed_over").value_or(0)));
    if (const auto last = integer_in(schedule, "last_task")) session.print("  last task   " + std::to_string(*last));
    if (!plain(schedule, "trouble").empty()) session.print("  trouble     " + session.shown_line(plain(schedule, "trouble")));
    const Object& pause = object_in(schedule, "pause");
    if (is_set_in(schedule, "paused")) session.print("  paused      by " + plain(pause, "actor") + " " + session.shown_line(plain(pause, "reason")));
    for (const auto& tick : array_in(schedule, "next")) session.print("  next        " + shown(tick));
    return ExitCode::ok;
  }

 private:
  std::string name_{};
  std::optional<int> next_{};
};

class ScheduleAdd final : public Verb {
 public:
  About about() const override {
    return {"schedule add", "enqueue a task each time the clock says so, without the configuration file",
            "  reeve schedule add nightly '0 3 * * *' report.generate '{\"days\":1}' --zone Europe/Berlin\n"
            "  reeve schedule add pulse '@every 30s' health.probe --overlap skip --jitter 5s\n"};
  }
  void declare(Grammar& grammar) override {
    grammar.required("NAME", name_, "a new one, or one added before");
    grammar.required("CRON", cron_, "five or six fields, @daily and the like, or '@every 5m'");
    grammar.required("KIND", kind_, "of its tasks");
    grammar.optional("PAYLOAD", payload_, "JSON; null when left out");
    grammar.option("--zone", zone_, "ZONE", "the time zone of the clock; the daemon's when left out");
    grammar.option("--overlap", overlap_, "RULE", "while an earlier task is open: skip (default), queue, cancel_other, allow");
    grammar.option("--catch-up", catch_up_, "RULE", "ticks that were missed: none, last (default), all");
    grammar.option("--catch-up-max", most_, "N", "with all: at most so many (100)");
    grammar.option("--jitter", jitter_, "DURATION", "start each task up to this much later");
    grammar.option("--queue", queue_, "QUEUE", "of its tasks");
    grammar.option("--priority", priority_, "0..9", "of its tasks");
  }

  int run(Session& session) override {
    const std::string payload = payload_.value_or("null");
    if (const std::string fault = fault_in_json(payload); !fault.empty()) throw UsageError("the payload is not JSON: " + fault);
    JsonObject task{};
    task.add("kind", kind_).add_raw("payload", payload);
    if (queue_) task.add("queue", *queue_);
    if (priority_) task.add("priority", *priority_);
    JsonObject body{};
    body.add("cron", cron_).add_raw("task", task.text());
    if (zone_) body.add("zone", *zone_);
    if (overlap_) body.add("overlap", *overlap_);
    if (catch_up_) body.add("catch_up", *catch_up_);
    if (most_) body.add("catch_up_max", *most_);
    if (jitter_) body.add("jitter", *jitter_);
    const Answer answer = session.daemon().put(path_of(name_), body.text());
    if (session.json()) return session.print(answer.body), ExitCode::ok;
    const Object schedule = answer.object();
    const auto first = first_fire(schedule);
    session.say("schedule " + name_ + (answer.status == 201 ? " added" : " changed") + (first ? ", next " + session.moment_text(*first) : ""));
    return ExitCode::ok;
  }

 private:
  std::string name_{};
  std::string cron_{};
  std::string kind_{};
  std::optional<std::string> payload_{};
  std::optional<std::string> zone_{};
  std::optional<std::string> overlap_{};
  std::optional<std::string> catch_up_{};
  std::optional<int> most_{};
  std::optional<std::string> jitter_{};
  std::optional<std::string> queue_{};
  std::optional<int> priority_{};
};

// What is said to one schedule by its name and answered with whether something changed.
class ScheduleWord : public Verb {
 public:
  void declare(Grammar& grammar) override { grammar.required("NAME", name_, "of the schedule"); }

 protected:
  int tell(Session& session, const Answer& answer, std::string_view changed, std::string_view unchanged) const {
    if (session.json()) session.print(answer.body);
    else session.say("schedule " + name_ + " " + std::string(is_set_in(answer.object(), "changed") ? changed : unchanged));
    return ExitCode::ok;
  }
  std::string name_{};
};

class ScheduleRemove final : public ScheduleWord {
 public:
  About about() const override {
    return {"schedule remove", "forget a schedule that was added; its tasks stay", "  reeve schedule remove nightly\n"};
  }
  int run(Session& session) override { return tell(session, session.daemon().remove(path_of(name_)), "is forgotten", "was not there"); }
};

class SchedulePauseVerb final : public ScheduleWord {
 public:
  About about() const override {
    return {"schedule pause", "let the ticks of a schedule pass until it is resumed", "  reeve schedule pause nightly --reason 'month end'\n"};
  }
  void declare(Grammar& grammar) override {
    ScheduleWord::declare(grammar);
    grammar.option("--reason", reason_, "TEXT", "shown with the schedule");
  }
  int run(Session& session) override {
    JsonObject body{};
    if (reason_) body.add("reason", *reason_);
    return tell(session, session.daemon().post(path_of(name_, "/pause"), body.text()), "is paused", "was paused already");
  }

 private:
  std::optional<std::string> reason_{};
};

class ScheduleResume final : public ScheduleWord {
 public:
  About about() const override { return {"schedule resume", "let a paused schedule tick again, from now on", "  reeve schedule resume nightly\n"}; }
  int run(Session& session) override { return tell(session, session.daemon().post(path_of(name_, "/resume")), "ticks again", "was not paused"); }
};

class ScheduleRun final : public ScheduleWord {
 public:
  About about() const override {
    return {"schedule run", "enqueue the task of a schedule now, beside its ticks; prints the id", "  reeve schedule run nightly\n"};
  }
  int run(Session& session) override {
    const Answer answer = session.daemon().post(path_of(name_, "/run"));
    const Object made = answer.object();
    session.print(session.json() ? answer.body : std::to_string(integer_in(made, "id").value_or(0)));
    if (text_in(made, "disposition") == "coalesced") session.say("an open task of the schedule stands in");
    return ExitCode::ok;
  }
};

}  // namespace

std::unique_ptr<Verb> make_schedule_list() { return std::make_unique<ScheduleList>(); }
std::unique_ptr<Verb> make_schedule_show() { return std::make_unique<ScheduleShow>(); }
std::unique_ptr<Verb> make_schedule_add() { return std::make_unique<ScheduleAdd>(); }
std::unique_ptr<Verb> make_schedule_remove() { return std::make_unique<ScheduleRemove>(); }
std::unique_ptr<Verb> make_schedule_pause() { return std::make_unique<SchedulePauseVerb>(); }
std::unique_ptr<Verb> make_schedule_resume() { return std::make_unique<ScheduleResume>(); }
std::unique_ptr<Verb> make_schedule_run() { return std::make_unique<ScheduleRun>(); }

}  // namespace reeve::cli
