// Schedules, and which tasks are theirs.
#include "store/sqlite/schema.hpp"

namespace reeve::store::sqlite {

std::string seventh_migration() {
  return R"sql(
CREATE TABLE reeve_schedule (
  name        TEXT PRIMARY KEY,
  origin      TEXT NOT NULL CHECK (origin = 'declared' OR origin = 'added'),
  spec        TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  last_tick   INTEGER NOT NULL,                              -- ticks up to here are taken
  fired       INTEGER NOT NULL DEFAULT 0,
  passed_over INTEGER NOT NULL DEFAULT 0,
  last_task   INTEGER,
  paused_at   INTEGER,
  reason      TEXT,
  actor       TEXT
) STRICT, WITHOUT ROWID;

ALTER TABLE reeve_payload ADD COLUMN schedule TEXT;
ALTER TABLE reeve_payload ADD COLUMN tick INTEGER;
)sql";
}

}  // namespace reeve::store::sqlite
