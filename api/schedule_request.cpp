#include "api/schedule_request.hpp"

#include <optional>
#include <utility>

#include "api/json/fields.hpp"
#include "api/problem.hpp"
#include "api/task_request.hpp"

namespace reeve::api {

namespace {

constexpr store::Millis longest_jitter{std::chrono::hours{24}};

template <class Value>
Value word_of(const Field& field, std::optional<Value> (*parse)(std::string_view), std::string_view words) {
  const std::string text = field.as_string();
  if (const auto value = parse(text)) return *value;
  throw not_acceptable(field.name, field.name + " is \"" + text.substr(0, 60) + "\"; write " + std::string(words));
}

// What a tick decides is not the task's to say.
void refuse_of_the_tick(const handlers::Wish& wish) {
  if (wish.run_at || wish.delay) throw not_acceptable("task.run_at", "run_at and delay are not for a schedule: its task starts at its tick; use jitter to spread");
  if (wish.external_id) throw not_acceptable("task.external_id", "external_id would be the same for each tick; leave it out");
  if (wish.concurrency) throw not_acceptable("task.concurrency", "the concurrency key of a schedule's tasks is its own; say overlap instead");
  if (wish.kind == handlers::command_kind) throw not_acceptable("task.kind", "a schedule enqueues declared kinds; declare a handler that runs the command");
}

}  // namespace

std::shared_ptr<const handlers::Schedule> parse_schedule(const std::string& name, std::string_view object) {
  std::optional<std::string> cron;
  std::optional<schedules::Zone> zone;
  std::optional<handlers::Wish> wish;
  handlers::Overlap overlap = handlers::Overlap::skip;
  schedules::CatchUp catch_up = schedules::CatchUp::last;
  int most = 100;
  store::Millis jitter{0};
  const Fields fields(object);
  for (const JsonMember& member : fields.members()) {
    const Field field = fields.field(member);
    if (field.is_null()) continue;
    if (member.key == "cron") cron = field.as_string();
    else if (member.key == "zone") {
      zone = schedules::Zone::find(field.as_string());
      if (!zone) throw not_acceptable("zone", "\"" + field.as_string().substr(0, 60) + "\" is no time zone of this system (tzdata); write one such as UTC or Europe/Berlin");
    } else if (member.key == "task") wish = parse_wish(field.json);
    else if (member.key == "overlap") overlap = word_of(field, handlers::parse_overlap, "skip, queue, cancel_other or allow");
    else if (member.key == "catch_up") catch_up = word_of(field, handlers::parse_catch_up, "none, last or all");
    else if (member.key == "catch_up_max") most = field.as_int(1, handlers::most_caught_up);
    else if (member.key == "jitter") jitter = field.as_duration();
    else fields.refuse_unknown(member, {"cron", "zone", "task", "overlap", "catch_up", "catch_up_max", "jitter"});
  }
  if (!cron) throw not_acceptable("cron", "cron is missing; write \"0 3 * * *\" or \"@every 5m\"");
  if (!wish) throw not_acceptable("task", "task is missing; write what POST /v1/tasks takes, as in {\"kind\":\"report\"}");
  if (jitter > longest_jitter) throw not_acceptable("jitter", "jitter is longer than a day; write at most 24h");
  refuse_of_the_tick(*wish);
  auto timing = schedules::Timing::parse(*cron, zone.value_or(schedules::Zone::of_system()));
  if (const auto* fault = std::get_if<schedules::Fault>(&timing)) throw not_acceptable("cron", fault->message);
  handlers::Schedule schedule{.timing = std::get<schedules::Timing>(std::move(timing))};
  schedule.name = name;
  schedule.wish = std::move(*wish);
  schedule.overlap = overlap;
  schedule.catch_up = catch_up;
  schedule.catch_up_most = most;
  schedule.jitter = jitter;
  return std::make_shared<const handlers::Schedule>(std::move(schedule));
}

std::shared_ptr<const handlers::Schedule> read_schedule(const std::string& name, const std::string& spec) {
  if (check_json(spec)) return nullptr;
  try {
    return parse_schedule(name, spec);
  } catch (const Problem&) {
    return nullptr;
  }
}

}  // namespace reeve::api
