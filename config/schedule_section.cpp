// schedules:

#include <algorithm>

#include "config/sections.hpp"
#include "handlers/admit.hpp"
#include "handlers/schedule.hpp"

namespace reeve::config {

namespace {


using handlers::Overlap;
using schedules::CatchUp;

void read_overlap(Reading& reading, const Node& node, ScheduleDraft& draft) {
  static const Words words{{"skip", "queue", "cancel_other", "allow"}, {}};
  constexpr Overlap values[] = {Overlap::skip, Overlap::queue, Overlap::cancel_other, Overlap::allow};
  if (const auto word = read_word(reading, node, words)) draft.overlap = values[*word];
}

void read_catch_up(Reading& reading, const Node& node, ScheduleDraft& draft) {
  static const Words words{{"none", "last", "all"}, {}};
  constexpr CatchUp values[] = {CatchUp::none, CatchUp::last, CatchUp::all};
  if (const auto word = read_word(reading, node, words)) draft.catch_up = values[*word];
}

void read_payload(Reading&, const Node& node, ScheduleDraft& draft) { draft.payload = to_json(node); }
void read_schedule_labels(Reading& reading, const Node& node, ScheduleDraft& draft) { read_labels(reading, node, draft.labels); }

// What cannot be seen from one key. Nothing is declared when something is wrong.
std::shared_ptr<const handlers::Schedule> finish_schedule(Reading& reading, const Entry& entry, ScheduleDraft draft) {
  const auto line = [&](std::string_view key) {
    const Node* node = entry.value.find(key);
    return node ? node->place : entry.place;
  };
  if (draft.kind.empty()) return reading.error(entry.place, "kind is missing; name the handler that a tick enqueues a task for"), nullptr;
  if (draft.cron.empty()) return reading.error(entry.place, "cron is missing; write cron: \"0 3 * * *\" or cron: \"@every 5m\""), nullptr;
  const auto zone = draft.zone.empty() ? schedules::Zone::of_system() : schedules::Zone::find(draft.zone);
  if (!zone) return reading.error(line("zone"), "\"" + draft.zone + "\" is no time zone of this system (tzdata); write one such as UTC or Europe/Berlin"), nullptr;
  auto timing = schedules::Timing::parse(draft.cron, *zone);
  if (const auto* fault = std::get_if<schedules::Fault>(&timing)) return reading.error(line("cron"), fault->message), nullptr;
  handlers::Schedule schedule{.timing = std::get<schedules::Timing>(std::move(timing))};
  schedule.name = entry.key;
  schedule.wish.kind = std::move(draft.kind);
  schedule.wish.payload = std::move(draft.payload);
  schedule.wish.queue = std::move(draft.queue);
  schedule.wish.priority = draft.priority;
  schedule.wish.labels = std::move(draft.labels);
  schedule.overlap = draft.overlap;
  schedule.catch_up = draft.catch_up;
  schedule.catch_up_most = draft.catch_up_most;
  schedule.jitter = draft.jitter;
  schedule.declared_at = reading.at(entry.place);
  return std::make_shared<const handlers::Schedule>(std::move(schedule));
}

}  // namespace

const Table<ScheduleDraft>& schedule_table() {
  using namespace std::chrono_literals;
  static const Table<ScheduleDraft> table{
      {text<ScheduleDraft>("cron", &ScheduleDraft::cron, "when it ticks: five fields, six with the second first, @daily and the like, or @every 5m"),
       text<ScheduleDraft>("zone", &ScheduleDraft::zone, "the time zone of its clock, such as Europe/Berlin; the system's when left out"),
       field<ScheduleDraft>("kind", &ScheduleDraft::kind, "the kind of its tasks", read_name, name_schema()),
       Field<ScheduleDraft>{"payload", "the payload of its tasks, any value", read_payload, R"({"type":["object","array","string","number","boolean","null"]})"},
       field<ScheduleDraft>("queue", &ScheduleDraft::queue, "the queue of its tasks; the handler's when left out", read_name, name_schema()),
       integer<ScheduleDraft>("priority", &ScheduleDraft::priority, {0, 9}, "the priority of its tasks, 9 first; the handler's when left out"),
       Field<ScheduleDraft>{"labels", "labels of its tasks; they come on top of the handler's", read_schedule_labels, mapping_schema(text_schema())},
       Field<ScheduleDraft>{"overlap", "what a tick does while the task of an earlier one is open", read_overlap,
                    with_member(words_schema({"skip", "queue", "cancel_other", "allow"}), "default", json_quoted("skip"))},
       Field<ScheduleDraft>{"catch_up", "what becomes of ticks that passed while nobody could fire them", read_catch_up,
                    with_member(words_schema({"none", "last", "all"}), "default", json_quoted("last"))},
       integer<ScheduleDraft>("catch_up_max", &ScheduleDraft::catch_up_most, {1, handlers::most_caught_up}, "with catch_up: all, at most so many, the newest"),
       duration<ScheduleDraft>("jitter", &ScheduleDraft::jitter, {0ms, 24h}, "each task starts up to this much after its tick, always the same for the same tick")},
      {{"timeout", "retry"}, {}}};
  return table;
}

void read_schedules(Reading& reading, const Node& node, Configuration& configuration) {
  if (!is_mapping(reading, node, "schedules")) return;
  for (const Entry& entry : node.entries) {
    const Reading::Step step{reading, entry.key};
    if (!handlers::is_name(entry.key)) reading.error(entry.place, "not a name of a schedule; write 1 to 128 of the characters A-Z a-z 0-9 _ . : -");
    const auto known = std::find_if(configuration.schedules.begin(), configuration.schedules.end(), [&](const auto& one) { return one->name == entry.key; });
    if (known != configuration.schedules.end()) {
      reading.error(entry.place, "the schedule is already declared at " + (*known)->declared_at + "; keep one of them");
      continue;
    }
    ScheduleDraft draft;
    read_section(reading, entry.value, schedule_table(), draft);
    if (auto schedule = finish_schedule(reading, entry, std::move(draft))) configuration.schedules.push_back(std::move(schedule));
  }
}

}  // namespace reeve::config
