// What retention has to know of every task that has ended, so that it looks at nothing else.
#include "store/sqlite/schema.hpp"

namespace reeve::store::sqlite {

std::string retention_migration() {
  return R"sql(
-- How many bytes of log the task has, and up to which line retention has taken it.
ALTER TABLE reeve_task ADD COLUMN log_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reeve_task ADD COLUMN log_let_go INTEGER NOT NULL DEFAULT 0;
UPDATE reeve_task SET log_bytes = l.bytes FROM
  (SELECT task, sum(length(message) + coalesce(length(CAST(meta AS BLOB)), 0)) AS bytes FROM reeve_log GROUP BY task) l WHERE l.task = reeve_task.id;

-- The oldest of each status and kind.
DROP INDEX reeve_task_finished;
CREATE INDEX reeve_task_finished ON reeve_task (status, kind, finished_at) WHERE finished_at IS NOT NULL;
-- Tasks that have ended and still have a log, a long one, steps.
CREATE INDEX reeve_task_logged ON reeve_task (finished_at) WHERE finished_at IS NOT NULL AND log_bytes > 0;
CREATE INDEX reeve_task_long_log ON reeve_task (log_bytes) WHERE finished_at IS NOT NULL AND log_bytes > 4096;
CREATE INDEX reeve_task_many_steps ON reeve_task (steps) WHERE status = 'succeeded' AND steps > 0;

-- The sum of all log_bytes, kept by whatever changes one of them.
INSERT INTO reeve_meta SELECT 'log_bytes', CAST(coalesce(sum(log_bytes), 0) AS TEXT) FROM reeve_task;
CREATE TRIGGER reeve_log_counted AFTER UPDATE OF log_bytes ON reeve_task WHEN new.log_bytes <> old.log_bytes BEGIN
  UPDATE reeve_meta SET value = CAST(CAST(value AS INTEGER) + new.log_bytes - old.log_bytes AS TEXT) WHERE key = 'log_bytes';
END;
CREATE TRIGGER reeve_log_deleted AFTER DELETE ON reeve_task WHEN old.log_bytes > 0 BEGIN
  UPDATE reeve_meta SET value = CAST(CAST(value AS INTEGER) - old.log_bytes AS TEXT) WHERE key = 'log_bytes';
END;
)sql";
}

}  // namespace reeve::store::sqlite
