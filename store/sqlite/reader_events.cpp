#include "store/matching.hpp"
#include "store/sqlite/reader.hpp"

namespace reeve::store::sqlite {
namespace {

constexpr int most_looked_at = 20'000;  // rows a page may pass over; then it says `more`

Event read_event(Row row) {
  Event event;
  event.seq = Cursor{row.integer()};
  event.at = row.time();
  event.type = row.text();
  event.task = row.maybe_id();
  event.kind = row.text();
  event.queue = row.text();
  event.epoch = row.integer();
  event.runner = row.integer();
  event.actor = row.text();
  event.data = row.text();
  return event;
}

#define REEVE_EVENT_COLUMNS "seq, at, type, task, kind, queue, epoch, runner, actor, data"

}  // namespace

EventPage SqliteReader::events(const EventQuery& query) {
  EventPage page;
  page.last = query.after;
  const int limit = page_limit(query.limit);
  Query rows = db_.query(query.task ? "SELECT " REEVE_EVENT_COLUMNS " FROM reeve_event WHERE task = ?2 AND seq > ?1 ORDER BY seq"
                                    : "SELECT " REEVE_EVENT_COLUMNS " FROM reeve_event WHERE seq > ?1 ORDER BY seq");
  rows.put(1, number(query.after));
  if (query.task) rows.put(2, *query.task);
  for (int looked_at = 0; rows.step(); ++looked_at) {
    if (static_cast<int>(page.events.size()) == limit || looked_at == most_looked_at) {
      page.more = true;
      break;
    }
    page.last = Cursor{rows.row().integer()};
    Row type = rows.row(2);
    Row place = rows.row(4);
    const std::string_view kind = place.view();
    if (matches(query, type.view(), kind, place.view())) page.events.push_back(read_event(rows.row()));
  }
  return page;
}

Cursor SqliteReader::last_event() {
  return Cursor{db_.integer("SELECT max(coalesce((SELECT max(seq) FROM reeve_event), 0), "
                            "coalesce((SELECT CAST(value AS INTEGER) FROM reeve_meta WHERE key = 'last_event'), 0))")};
}

Cursor SqliteReader::first_event() {
  return Cursor{1 + db_.integer("SELECT CAST(value AS INTEGER) FROM reeve_meta WHERE key = 'pruned_events'")};
}

}  // namespace reeve::store::sqlite
