// Kinds and labels that an operator has stopped for a time.
#include "store/sqlite/schema.hpp"

namespace reeve::store::sqlite {

std::string pauses_migration() {
  return R"sql(
CREATE TABLE reeve_kind_pause (
  kind   TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  actor  TEXT NOT NULL,
  since  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE reeve_label_pause (
  key     TEXT NOT NULL,
  value   TEXT NOT NULL,
  reason  TEXT NOT NULL,
  actor   TEXT NOT NULL,
  since   INTEGER NOT NULL,
  resumed INTEGER NOT NULL DEFAULT 0,                        -- 1: taken back, and tasks that it holds are still to be let go
  PRIMARY KEY (key, value)
) STRICT, WITHOUT ROWID;

-- The label whose pause holds the task back (Block::pause): key, unit separator, value.
ALTER TABLE reeve_task ADD COLUMN paused_by TEXT;
CREATE INDEX reeve_task_paused_by ON reeve_task (paused_by, id) WHERE paused_by IS NOT NULL;
)sql";
}

}  // namespace reeve::store::sqlite
