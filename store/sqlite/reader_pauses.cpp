// What is paused.
#include "store/sqlite/reader.hpp"

namespace reeve::store::sqlite {
namespace {

// The columns that every pause ends with.
template <class Pause>
void read_rest(Row& row, Pause& pause) {
  pause.reason = row.text();
  pause.actor = row.text();
  pause.since = row.time();
}

}  // namespace

Paused SqliteReader::pauses() {
  const ReadTransaction one_state(db_);
  Paused paused;
  Query queues = db_.query("SELECT queue, reason, actor, since FROM reeve_pause ORDER BY queue");
  while (queues.step()) {
    Row row = queues.row();
    QueuePause& pause = paused.queues.emplace_back();
    pause.queue = row.text();
    read_rest(row, pause);
  }
  Query kinds = db_.query("SELECT kind, reason, actor, since FROM reeve_kind_pause ORDER BY kind");
  while (kinds.step()) {
    Row row = kinds.row();
    KindPause& pause = paused.kinds.emplace_back();
    pause.kind = row.text();
    read_rest(row, pause);
  }
  Query labels = db_.query("SELECT key, value, reason, actor, since FROM reeve_label_pause WHERE resumed = 0 ORDER BY key, value");
  while (labels.step()) {
    Row row = labels.row();
    LabelPause& pause = paused.labels.emplace_back();
    pause.key = row.text();
    pause.value = row.text();
    read_rest(row, pause);
  }
  return paused;
}

}  // namespace reeve::store::sqlite
