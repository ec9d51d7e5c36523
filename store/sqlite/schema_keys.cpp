// What tasks are told apart and held back by: concurrency, supersede and order keys, and dedupe keys that outlast their tasks.
#include "store/sqlite/schema.hpp"

namespace reeve::store::sqlite {

std::string fourth_migration() {
  return R"sql(
ALTER TABLE reeve_task ADD COLUMN concurrency TEXT;                          -- the token of its concurrency key: (kind), unit separator, key
ALTER TABLE reeve_task ADD COLUMN key_limit INTEGER CHECK (key_limit > 0);
ALTER TABLE reeve_task ADD COLUMN supersede TEXT;
ALTER TABLE reeve_task ADD COLUMN order_key TEXT;
ALTER TABLE reeve_task ADD COLUMN superseded_by INTEGER;                     -- the task that it was cancelled for, or asked to stop
ALTER TABLE reeve_payload ADD COLUMN on_conflict TEXT;
ALTER TABLE reeve_payload ADD COLUMN dedupe_window INTEGER;                  -- milliseconds; -1 for ever; NULL: while the task is open

-- Who has the key: first those that run, then those that wait.
CREATE INDEX reeve_task_key ON reeve_task (concurrency, status, id) WHERE concurrency IS NOT NULL AND finished_at IS NULL;
-- Who of the key could start (block = 0) and who is held back by it alone (block = 1), each limit and lane by itself, in the order of claims.
CREATE INDEX reeve_task_key_lane ON reeve_task (concurrency, block, key_limit, queue, kind, priority DESC, fair, run_at, id)
  WHERE concurrency IS NOT NULL AND hold = 0;
CREATE INDEX reeve_task_supersede ON reeve_task (supersede, kind, id) WHERE supersede IS NOT NULL AND finished_at IS NULL;
CREATE INDEX reeve_task_line ON reeve_task (order_key, id) WHERE order_key IS NOT NULL AND finished_at IS NULL;
CREATE INDEX reeve_task_line_active ON reeve_task (order_key, id) WHERE order_key IS NOT NULL AND lease_expires_at IS NOT NULL;

-- Tasks that stand for their dedupe key by a window of time; those that do while they are open are in reeve_task.dedupe.
CREATE TABLE reeve_dedupe (
  token TEXT PRIMARY KEY,
  task  INTEGER NOT NULL REFERENCES reeve_task ON DELETE CASCADE,
  until INTEGER                                                              -- NULL: as long as the task is stored
) STRICT, WITHOUT ROWID;
CREATE INDEX reeve_dedupe_task ON reeve_dedupe (task);
)sql";
}

}  // namespace reeve::store::sqlite
