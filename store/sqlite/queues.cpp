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

}  // namespace reeve::store::sqlite
