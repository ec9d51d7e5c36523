// Kinds and labels that an operator has stopped for a time, and rates of keys.
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

-- Rates of keys, too: a row for each concurrency key of a kind whose bucket is not full.
CREATE TABLE reeve_rate_new (
  of      TEXT NOT NULL CHECK (of = 'queue' OR of = 'kind' OR of = 'key'),
  name    TEXT NOT NULL,
  full_at INTEGER NOT NULL,
  PRIMARY KEY (of, name)
) STRICT, WITHOUT ROWID;
INSERT INTO reeve_rate_new (of, name, full_at) SELECT of, name, full_at FROM reeve_rate;
DROP TABLE reeve_rate;
ALTER TABLE reeve_rate_new RENAME TO reeve_rate;
CREATE INDEX reeve_rate_key_full ON reeve_rate (full_at) WHERE of = 'key';

-- Concurrency keys of which tasks of a kind are held back until there is a token of the key's rate.
CREATE TABLE reeve_key_wait (
  token TEXT NOT NULL,
  kind  TEXT NOT NULL,
  at    INTEGER NOT NULL,
  PRIMARY KEY (token, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX reeve_key_wait_at ON reeve_key_wait (kind, at);
)sql";
}

}  // namespace reeve::store::sqlite
