// Tasks that come after others, and batches.
#include "store/sqlite/schema.hpp"

namespace reeve::store::sqlite {

std::string batches_migration() {
  return R"sql(
-- Which tasks a task comes after, and how those had ended when it was told; NULL: not told yet.
CREATE TABLE reeve_dependency (
  task  INTEGER NOT NULL REFERENCES reeve_task ON DELETE CASCADE,
  after INTEGER NOT NULL CHECK (after < task),
  ended TEXT,
  PRIMARY KEY (task, after)
) STRICT, WITHOUT ROWID;
CREATE INDEX reeve_dependency_open ON reeve_dependency (after, task) WHERE ended IS NULL;
CREATE INDEX reeve_dependency_waits ON reeve_dependency (task) WHERE ended IS NULL;

-- Tasks that have ended and whose dependents were not all told, in the order of their ends.
CREATE TABLE reeve_release (
  seq    INTEGER PRIMARY KEY,
  task   INTEGER NOT NULL UNIQUE,
  status TEXT NOT NULL
) STRICT;

-- Callbacks are kept as text until the batch has ended; then their tasks are listed.
CREATE TABLE reeve_batch (
  id             INTEGER PRIMARY KEY,
  name           TEXT NOT NULL,
  metadata       TEXT,
  state          TEXT NOT NULL CHECK (state = 'open' OR state = 'closed' OR state = 'succeeded' OR state = 'failed'),
  created_by     TEXT NOT NULL,
  created_at     INTEGER NOT NULL,
  closed_at      INTEGER,
  finished_at    INTEGER,
  on_success     TEXT,
  on_failure     TEXT,
  on_finish      TEXT,
  callbacks      TEXT,                                       -- JSON array
  empty          INTEGER NOT NULL DEFAULT 0,                 -- it ended when no task of it was there
  gone_succeeded INTEGER NOT NULL DEFAULT 0,                 -- tasks of it that were deleted
  gone_failed    INTEGER NOT NULL DEFAULT 0,
  gone_cancelled INTEGER NOT NULL DEFAULT 0,
  CHECK ((state = 'open') = (closed_at IS NULL)),
  CHECK ((state = 'succeeded' OR state = 'failed') = (finished_at IS NOT NULL))
) STRICT;
CREATE INDEX reeve_batch_state ON reeve_batch (state, id);
CREATE INDEX reeve_batch_empty ON reeve_batch (finished_at) WHERE empty = 1;

-- Which batch a task is counted in, and whether another task comes after it and was not told of its end.
ALTER TABLE reeve_task ADD COLUMN batch INTEGER;
ALTER TABLE reeve_task ADD COLUMN followed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX reeve_task_batch ON reeve_task (batch, status) WHERE batch IS NOT NULL;
CREATE INDEX reeve_task_member ON reeve_task (batch, id) WHERE batch IS NOT NULL;
CREATE INDEX reeve_task_batch_open ON reeve_task (batch) WHERE batch IS NOT NULL AND finished_at IS NULL;
ALTER TABLE reeve_payload ADD COLUMN after_policy TEXT;      -- NULL: success
ALTER TABLE reeve_request ADD COLUMN batch INTEGER;          -- that the request made

-- Those that wait for other tasks have no place among tenants yet.
DROP INDEX reeve_task_tenant;
CREATE INDEX reeve_task_tenant ON reeve_task (queue, priority, fair_key) WHERE hold = 0 AND fair_key IS NOT NULL AND block & 4 = 0;

-- A deleted task stays counted in its batch. A batch that has ended goes with the last of its tasks.
CREATE TRIGGER reeve_member_deleted AFTER DELETE ON reeve_task WHEN old.batch IS NOT NULL BEGIN
  UPDATE reeve_batch SET gone_succeeded = gone_succeeded + (old.status = 'succeeded'), gone_failed = gone_failed + (old.status = 'failed'),
    gone_cancelled = gone_cancelled + (old.status = 'cancelled') WHERE id = old.batch;
  DELETE FROM reeve_batch WHERE id = old.batch AND finished_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM reeve_task WHERE batch = old.batch);
END;
)sql";
}

}  // namespace reeve::store::sqlite
