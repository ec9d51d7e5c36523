// What outlives the attempts of a task: steps, waits, signals, timers.
#include "store/sqlite/schema.hpp"

namespace reeve::store::sqlite {

std::string second_migration() {
  return R"sql(
-- Where there is something to look for: how many steps and waits the task has, whether it set timers, whether another task waits for it.
ALTER TABLE reeve_task ADD COLUMN steps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reeve_task ADD COLUMN timers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reeve_task ADD COLUMN awaited INTEGER NOT NULL DEFAULT 0;

-- A named part of a task whose output is stored once; a wait is one whose output comes from outside. Ids give their order in a task.
CREATE TABLE reeve_step (
  id            INTEGER PRIMARY KEY,
  task          INTEGER NOT NULL REFERENCES reeve_task ON DELETE CASCADE,
  name          TEXT NOT NULL,
  sort          TEXT NOT NULL CHECK (sort = 'step' OR sort = 'sleep' OR sort = 'signal' OR sort = 'tasks' OR sort = 'enqueue'),
  status        TEXT NOT NULL CHECK (status = 'running' OR status = 'waiting' OR status = 'completed' OR status = 'failed'),
  input         TEXT,
  output        TEXT,
  error_code    TEXT,                                        -- of the last try that failed
  error_message TEXT,
  tries         INTEGER NOT NULL DEFAULT 0,
  newest_try    INTEGER,                                     -- reeve_step_try
  epoch         INTEGER NOT NULL,
  begun_at      INTEGER NOT NULL,
  ended_at      INTEGER,
  wake_at       INTEGER,                                     -- of a wait that time ends, while it waits
  signal_type   TEXT,
  any_task      INTEGER NOT NULL DEFAULT 0,                  -- of a wait for tasks: one of them is enough
  pending       INTEGER NOT NULL DEFAULT 0,                  -- of a wait: from the asking until the task was told its outcome
  CHECK (status <> 'waiting' OR sort = 'sleep' OR sort = 'signal' OR sort = 'tasks'),
  CHECK (status <> 'waiting' OR pending = 1),
  CHECK (wake_at IS NULL OR status = 'waiting'),
  CHECK (status <> 'completed' OR (output IS NOT NULL AND ended_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX reeve_step_name ON reeve_step (task, name);
CREATE INDEX reeve_step_pending ON reeve_step (task) WHERE pending = 1;
CREATE INDEX reeve_step_wake ON reeve_step (wake_at, task) WHERE wake_at IS NOT NULL;

CREATE TABLE reeve_step_try (
  id       INTEGER PRIMARY KEY,
  task     INTEGER NOT NULL REFERENCES reeve_task ON DELETE CASCADE,
  step     INTEGER NOT NULL,
  epoch    INTEGER NOT NULL,
  begun_at INTEGER NOT NULL,
  ended_at INTEGER,
  status   TEXT NOT NULL CHECK (status = 'running' OR status = 'completed' OR status = 'failed')
) STRICT;
CREATE INDEX reeve_step_try_task ON reeve_step_try (task);

-- What a wait for tasks waits for, while it waits.
CREATE TABLE reeve_await (
  step   INTEGER NOT NULL REFERENCES reeve_step ON DELETE CASCADE,
  place  INTEGER NOT NULL,
  target INTEGER NOT NULL,
  ended  TEXT,                                               -- how that task ended
  PRIMARY KEY (step, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX reeve_await_target ON reeve_await (target) WHERE ended IS NULL;

CREATE TABLE reeve_signal (
  id          INTEGER PRIMARY KEY,
  task        INTEGER NOT NULL REFERENCES reeve_task ON DELETE CASCADE,
  type        TEXT NOT NULL,
  payload     TEXT NOT NULL,
  sent_at     INTEGER NOT NULL,
  actor       TEXT,
  consumed_at INTEGER,
  consumed_by INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX reeve_signal_task ON reeve_signal (task);
CREATE INDEX reeve_signal_unconsumed ON reeve_signal (task) WHERE consumed_at IS NULL;

CREATE TABLE reeve_timer (
  task     INTEGER NOT NULL REFERENCES reeve_task ON DELETE CASCADE,
  name     TEXT NOT NULL,
  at       INTEGER NOT NULL,
  fired_at INTEGER,
  PRIMARY KEY (task, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX reeve_timer_at ON reeve_timer (at, task, name) WHERE fired_at IS NULL;
)sql";
}

}  // namespace reeve::store::sqlite
