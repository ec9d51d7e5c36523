// The door for other programs: where they write, where what was refused is kept, and the views they may read.
#include "store/sqlite/door_columns.hpp"
#include "store/sqlite/schema.hpp"

namespace reeve::store::sqlite {

std::string door_migration() {
  return "\n-- What other programs want enqueued. They insert; the daemon takes the rows out.\nCREATE TABLE reeve_inbox " + door_table("", 1) + R"sql(;

-- Rows that could not become tasks, as they were. Nothing deletes them but whoever has looked at them.
CREATE TABLE reeve_inbox_refused (
  id         INTEGER PRIMARY KEY,
  source     TEXT NOT NULL,                                  -- inbox, or the path of an outbox
  row        INTEGER NOT NULL,                               -- its id there
  refused_at INTEGER NOT NULL,
  code       TEXT NOT NULL,
  reason     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  payload    TEXT,
  options    TEXT,
  written_at INTEGER
) STRICT;

-- Rows of outboxes that were taken and may still be in their files.
CREATE TABLE reeve_outbox_taken (
  token    TEXT PRIMARY KEY,
  source   TEXT NOT NULL,
  row      INTEGER NOT NULL,
  taken_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- For reading. Their columns stay what they are; times are milliseconds of UTC.
CREATE VIEW reeve_tasks AS
  SELECT t.id, t.kind, t.queue, t.priority, t.status, p.payload, r.result, e.code AS error_code, e.message AS error_message,
         g.percent AS progress, g.label AS progress_label, p.labels, p.metadata, t.external_id, p.dedupe_key, t.attempt, t.max_attempts, t.generation,
         t.created_at, t.run_at, t.claimed_at, t.started_at, t.finished_at, t.expires_at, p.created_by, p.parent AS parent_id
    FROM reeve_task t JOIN reeve_payload p ON p.task = t.id
    LEFT JOIN reeve_result r ON r.task = t.id
    LEFT JOIN reeve_error e ON e.task = t.id AND e.epoch = 0
    LEFT JOIN reeve_progress g ON g.task = t.id;

CREATE VIEW reeve_events AS
  SELECT seq, at, type, task AS task_id, kind, queue, actor, data FROM reeve_event;
)sql";
}

}  // namespace reeve::store::sqlite
