#include "store/event_data.hpp"
#include "store/memory/lines.hpp"
#include "store/memory/verbs.hpp"

namespace reeve::store::memory {
namespace {

Event pause_event(std::string_view type, std::string data, std::string_view actor, Timestamp now) {
  Event event;
  event.at = now;
  event.type = type;
  event.actor = actor;
  event.data = std::move(data);
  return event;
}

}  // namespace

bool MemoryQueues::pause(std::string_view queue, std::string_view reason, std::string_view actor, Timestamp now) {
  state_.require_batch();
  if (state_.pauses.contains(queue)) return false;
  state_.set_pause({std::string(queue), std::string(reason), std::string(actor), now});
  Event event;
  event.at = now;
  event.type = "queue.paused";
  event.queue = queue;
  event.actor = actor;
  event.data = event_data::reason(reason);
  state_.append(std::move(event));
  return true;
}

bool MemoryQueues::resume(std::string_view queue, std::string_view actor, Timestamp now) {
  state_.require_batch();
  if (!state_.pauses.contains(queue)) return false;
  state_.erase_pause(queue);
  Event event;
  event.at = now;
  event.type = "queue.resumed";
  event.queue = queue;
  event.actor = actor;
  state_.append(std::move(event));
  return true;
}

bool MemoryQueues::pause_kind(std::string_view kind, std::string_view reason, std::string_view actor, Timestamp now) {
  state_.require_batch();
  const std::string name(kind);
  if (state_.kind_pauses.contains(name)) return false;
  state_.edit(state_.kind_pauses, name) = {name, std::string(reason), std::string(actor), now};
  Event event = pause_event("kind.paused", event_data::reason(reason), actor, now);
  event.kind = kind;
  state_.append(std::move(event));
  return true;
}

bool MemoryQueues::resume_kind(std::string_view kind, std::string_view actor, Timestamp now) {
  state_.require_batch();
  const std::string name(kind);
  if (!state_.kind_pauses.contains(name)) return false;
  state_.erase(state_.kind_pauses, name);
  Event event = pause_event("kind.resumed", {}, actor, now);
  event.kind = kind;
  state_.append(std::move(event));
  return true;
}

bool MemoryQueues::pause_label(std::string_view key, std::string_view value, std::string_view reason, std::string_view actor, Timestamp now) {
  state_.require_batch();
  const std::pair<std::string, std::string> label(key, value);
  if (state_.label_pauses.contains(label)) return false;
  state_.edit(state_.label_pauses, label) = {label.first, label.second, std::string(reason), std::string(actor), now};
  state_.append(pause_event("label.paused", event_data::label(key, value, reason), actor, now));
  return true;
}

bool MemoryQueues::resume_label(std::string_view key, std::string_view value, std::string_view actor, Timestamp now) {
  state_.require_batch();
  const std::pair<std::string, std::string> label(key, value);
  if (!state_.label_pauses.contains(label)) return false;
  state_.erase(state_.label_pauses, label);
  state_.append(pause_event("label.resumed", event_data::label(key, value, {}), actor, now));
  let_go(label.first, label.second, now);
  return true;
}

// Whose place their line has passed meanwhile takes a new one: what was held for long does not go before everybody else.
void MemoryQueues::let_go(const std::string& key, const std::string& value, Timestamp now) {
  for (const auto& [id, task] : state_.tasks) {
    const auto place = state_.places.find(id);
    if (task.status != Status::queued || place == state_.places.end() || !has_label(task, key, value)) continue;
    const auto line = state_.lines.find({task.queue, task.priority});
    if (line == state_.lines.end() || place->second >= line->second || state_.is_paused(task)) continue;
    enter_line(state_, task, now);
  }
}

}  // namespace reeve::store::memory
