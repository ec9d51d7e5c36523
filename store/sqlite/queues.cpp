#include "store/event_data.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {
namespace {

Event queue_event(std::string_view type, std::string_view queue, std::string_view actor, Timestamp now) {
  Event event;
  event.at = now;
  event.type = type;
  event.queue = queue;
  event.actor = actor;
  return event;
}

Event kind_event(std::string_view type, std::string_view kind, std::string_view actor, Timestamp now) {
  Event event;
  event.at = now;
  event.type = type;
  event.kind = kind;
  event.actor = actor;
  return event;
}

Event label_event(std::string_view type, std::string data, std::string_view actor, Timestamp now) {
  Event event;
  event.at = now;
  event.type = type;
  event.actor = actor;
  event.data = std::move(data);
  return event;
}

}  // namespace

bool SqliteQueues::pause(std::string_view queue, std::string_view reason, std::string_view actor, Timestamp now) {
  session_.require_batch();
  if (session_.is_paused(queue)) return false;
  {
    Query row = session_.db.query("INSERT INTO reeve_pause (queue, reason, actor, since) VALUES (?, ?, ?, ?)");
    row.bind(queue, reason, actor, now).run();
  }
  session_.pause(queue);
  Event event = queue_event("queue.paused", queue, actor, now);
  event.data = event_data::reason(reason);
  session_.append(event);
  return true;
}

bool SqliteQueues::resume(std::string_view queue, std::string_view actor, Timestamp now) {
  session_.require_batch();
  if (!session_.is_paused(queue)) return false;
  {
    Query row = session_.db.query("DELETE FROM reeve_pause WHERE queue = ?");
    row.bind(queue).run();
  }
  session_.resume(queue);
  session_.append(queue_event("queue.resumed", queue, actor, now));
  return true;
}

bool SqliteQueues::pause_kind(std::string_view kind, std::string_view reason, std::string_view actor, Timestamp now) {
  session_.require_batch();
  if (session_.is_kind_paused(kind)) return false;
  {
    Query row = session_.db.query("INSERT INTO reeve_kind_pause (kind, reason, actor, since) VALUES (?, ?, ?, ?)");
    row.bind(kind, reason, actor, now).run();
  }
  session_.pause_kind(kind);
  Event event = kind_event("kind.paused", kind, actor, now);
  event.data = event_data::reason(reason);
  session_.append(event);
  return true;
}

bool SqliteQueues::resume_kind(std::string_view kind, std::string_view actor, Timestamp now) {
  session_.require_batch();
  if (!session_.is_kind_paused(kind)) return false;
  session_.db.query("DELETE FROM reeve_kind_pause WHERE kind = ?").bind(kind).run();
  session_.resume_kind(kind);
  session_.append(kind_event("kind.resumed", kind, actor, now));
  return true;
}

bool SqliteQueues::pause_label(std::string_view key, std::string_view value, std::string_view reason, std::string_view actor, Timestamp now) {
  session_.require_batch();
  const Label label(key, value);
  if (session_.paused_labels.contains(label)) return false;
  {
    // Of one that was resumed and has not let go all its tasks, the rest stays held.
    Query row = session_.db.query("INSERT OR REPLACE INTO reeve_label_pause (key, value, reason, actor, since, resumed) VALUES (?, ?, ?, ?, ?, 0)");
    row.bind(key, value, reason, actor, now).run();
  }
  session_.resumed_labels.erase(label);
  session_.paused_labels.insert(label);
  session_.append(label_event("label.paused", event_data::label(key, value, reason), actor, now));
  return true;
}

bool SqliteQueues::resume_label(std::string_view key, std::string_view value, std::string_view actor, Timestamp now) {
  session_.require_batch();
  const Label label(key, value);
  if (!session_.paused_labels.contains(label)) return false;
  session_.db.query("UPDATE reeve_label_pause SET resumed = 1 WHERE key = ? AND value = ?").bind(key, value).run();
  session_.paused_labels.erase(label);
  session_.resumed_labels.insert(label);
  session_.append(label_event("label.resumed", event_data::label(key, value, {}), actor, now));
  return true;
}

}  // namespace reeve::store::sqlite
