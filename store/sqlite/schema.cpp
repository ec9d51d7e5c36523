#include "store/sqlite/schema.hpp"

#include <algorithm>
#include <vector>

#include "store/open.hpp"
#include "store/transitions.hpp"

namespace reeve::store::sqlite {
namespace {

// "(status = 'queued' OR ...)": every status of the published table that `wanted` picks. Spelled as ORs because SQLite builds a table for
// an IN list each time it checks a row.
template <class Wanted>
std::string status_is(Wanted wanted) {
  std::vector<Status> known;
  for (const Transition& transition : transitions)
    for (const Status status : {transition.from, transition.to})
      if (std::find(known.begin(), known.end(), status) == known.end()) known.push_back(status);
  std::sort(known.begin(), known.end());
  std::string sql = "(";
  for (const Status status : known) {
    if (!wanted(status)) continue;
    if (sql.size() > 1) sql += " OR ";
    sql += "status = '";
    sql += name(status);
    sql += "'";
  }
  return sql + ")";
}

std::string first_migration() {
  const std::string any = status_is([](Status) { return true; });
  const std::string terminal = status_is([](Status status) { return is_terminal(status); });
  const std::string active = status_is([](Status status) { return status == Status::claimed || status == Status::running; });
  return R"sql(
-- What the store knows about itself: schema, store_id, and numbers that must not fall when the newest rows are deleted.
CREATE TABLE reeve_meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a task: only what changes during its life. Times are milliseconds of UTC.
CREATE TABLE reeve_task (
  id                  INTEGER PRIMARY KEY,
  queue               TEXT NOT NULL,
  kind                TEXT NOT NULL,
  priority            INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
  status              TEXT NOT NULL CHECK )sql" + any + R"sql(,
  hold                INTEGER CHECK (hold = 0 OR hold = 1),  -- of a queued task: 0 ready, 1 its time has not come
  attempt             INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  max_attempts        INTEGER NOT NULL,
  crashes             INTEGER NOT NULL DEFAULT 0,
  max_crashes         INTEGER NOT NULL,
  interruptions       INTEGER NOT NULL DEFAULT 0,
  snoozes             INTEGER NOT NULL DEFAULT 0,
  generation          INTEGER NOT NULL DEFAULT 1,
  epoch               INTEGER NOT NULL DEFAULT 0 CHECK (epoch >= 0),
  runner              INTEGER NOT NULL DEFAULT 0,
  lease_expires_at    INTEGER,
  created_at          INTEGER NOT NULL,
  run_at              INTEGER NOT NULL,
  claimed_at          INTEGER,
  started_at          INTEGER,
  finished_at         INTEGER,
  last_seen_at        INTEGER,
  stale_at            INTEGER,
  stale_reason        TEXT,
  cancel_requested_at INTEGER,
  cancel_reason       TEXT,
  expires_at          INTEGER,
  dedupe              TEXT,                                  -- what is unique while the task is open
  external_id         TEXT,
  CHECK ((status = 'queued') = (hold IS NOT NULL)),
  CHECK ()sql" + active + R"sql( = (lease_expires_at IS NOT NULL)),
  CHECK ()sql" + terminal + R"sql( = (finished_at IS NOT NULL)),
  CHECK (dedupe IS NULL OR finished_at IS NULL)
) STRICT;
CREATE INDEX reeve_task_ready ON reeve_task (queue, kind, priority DESC, run_at, id) WHERE hold = 0;
CREATE INDEX reeve_task_held ON reeve_task (run_at) WHERE hold = 1;
CREATE INDEX reeve_task_expires ON reeve_task (expires_at) WHERE hold IS NOT NULL AND expires_at IS NOT NULL;
CREATE INDEX reeve_task_lease ON reeve_task (lease_expires_at) WHERE lease_expires_at IS NOT NULL;
CREATE INDEX reeve_task_finished ON reeve_task (status, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX reeve_task_kind ON reeve_task (kind);
CREATE UNIQUE INDEX reeve_task_dedupe ON reeve_task (dedupe) WHERE dedupe IS NOT NULL;
CREATE UNIQUE INDEX reeve_task_external ON reeve_task (external_id) WHERE external_id IS NOT NULL;

-- What a task was enqueued with: written once.
CREATE TABLE reeve_payload (
  task         INTEGER PRIMARY KEY REFERENCES reeve_task ON DELETE CASCADE,
  payload      TEXT NOT NULL,
  metadata     TEXT,
  overrides    TEXT,
  labels       TEXT,                                         -- JSON object; also in reeve_label, for looking up
  dedupe_key   TEXT,
  dedupe_scope TEXT CHECK (dedupe_scope = 'kind' OR dedupe_scope = 'global'),
  traceparent  TEXT,
  created_by   TEXT,
  parent       INTEGER,
  rerun_of     INTEGER
) STRICT;

CREATE TABLE reeve_result (
  task   INTEGER PRIMARY KEY REFERENCES reeve_task ON DELETE CASCADE,
  result TEXT NOT NULL
) STRICT;

-- Why an attempt did not succeed; epoch 0 is the task's own, the last one.
CREATE TABLE reeve_error (
  task        INTEGER NOT NULL REFERENCES reeve_task ON DELETE CASCADE,
  epoch       INTEGER NOT NULL,
  code        TEXT NOT NULL,
  message     TEXT NOT NULL,
  detail      TEXT,
  exit_code   INTEGER,
  signal      INTEGER,
  core        INTEGER NOT NULL DEFAULT 0,
  oom         INTEGER NOT NULL DEFAULT 0,
  stderr_tail TEXT,
  PRIMARY KEY (task, epoch)
) STRICT;

CREATE TABLE reeve_attempt (
  task          INTEGER NOT NULL REFERENCES reeve_task ON DELETE CASCADE,
  epoch         INTEGER NOT NULL,
  number        INTEGER NOT NULL,
  generation    INTEGER NOT NULL,
  runner        INTEGER NOT NULL,
  executor      TEXT,
  pid           INTEGER NOT NULL DEFAULT 0,
  claimed_at    INTEGER NOT NULL,
  started_at    INTEGER,
  finished_at   INTEGER,
  outcome       TEXT,
  exit_code     INTEGER,
  cpu_user_ms   INTEGER NOT NULL DEFAULT 0,
  cpu_system_ms INTEGER NOT NULL DEFAULT 0,
  max_rss_kib   INTEGER NOT NULL DEFAULT 0,
  read_bytes    INTEGER NOT NULL DEFAULT 0,
  write_bytes   INTEGER NOT NULL DEFAULT 0,
  output_bytes  INTEGER NOT NULL DEFAULT 0,
  dropped_bytes INTEGER NOT NULL DEFAULT 0,
  left_children INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (task, epoch)
) STRICT, WITHOUT ROWID;

-- Everything that happened, in one order.
CREATE TABLE reeve_event (
  seq    INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  type   TEXT NOT NULL,
  task   INTEGER,
  kind   TEXT,
  queue  TEXT,
  epoch  INTEGER NOT NULL DEFAULT 0,
  runner INTEGER NOT NULL DEFAULT 0,
  actor  TEXT,
  data   TEXT
) STRICT;
CREATE INDEX reeve_event_task ON reeve_event (task) WHERE task IS NOT NULL;

-- The log of a task; seq counts its lines.
CREATE TABLE reeve_log (
  task    INTEGER NOT NULL REFERENCES reeve_task ON DELETE CASCADE,
  seq     INTEGER NOT NULL,
  epoch   INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  stream  INTEGER NOT NULL CHECK (stream BETWEEN 0 AND 2),   -- 0 stdout, 1 stderr, 2 entry
  level   TEXT,
  message BLOB NOT NULL,
  meta    TEXT,
  PRIMARY KEY (task, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE reeve_label (
  key   TEXT NOT NULL,
  value TEXT NOT NULL,
  task  INTEGER NOT NULL REFERENCES reeve_task ON DELETE CASCADE,
  PRIMARY KEY (key, value, task)
) STRICT, WITHOUT ROWID;
CREATE INDEX reeve_label_task ON reeve_label (task);

CREATE TABLE reeve_progress (
  task     INTEGER PRIMARY KEY REFERENCES reeve_task ON DELETE CASCADE,
  percent  REAL NOT NULL,
  current  REAL,
  total    REAL,
  label    TEXT,
  meta     TEXT,
  at       INTEGER NOT NULL,
  event_at INTEGER NOT NULL                                  -- of the newest task.progress event
) STRICT;

-- Supervisor incarnations.
CREATE TABLE reeve_runner (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL,
  boot_id     TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  pid         INTEGER NOT NULL,
  started_at  INTEGER NOT NULL,
  stopped_at  INTEGER
) STRICT;

CREATE TABLE reeve_pause (
  queue  TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  actor  TEXT NOT NULL,
  since  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Answers to enqueues that named an idempotency key.
CREATE TABLE reeve_request (
  key         TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  at          INTEGER NOT NULL,
  answer      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reeve_request_at ON reeve_request (at);

-- How many tasks are where; kept in the transaction of every change.
CREATE TABLE reeve_count (
  queue  TEXT NOT NULL,
  kind   TEXT NOT NULL,
  status TEXT NOT NULL,
  count  INTEGER NOT NULL,
  PRIMARY KEY (queue, kind, status)
) STRICT, WITHOUT ROWID;

INSERT INTO reeve_meta VALUES ('store_id', lower(hex(randomblob(16))));
)sql";
}

void apply(Connection& db, const Migration& migration) {
  const std::string number = std::to_string(migration.number);
  db.run("BEGIN IMMEDIATE");
  try {
    db.run(migration.sql);
    db.run("INSERT OR REPLACE INTO reeve_meta VALUES ('schema', '" + number + "')");
    db.run("PRAGMA user_version = " + number);
    db.run("PRAGMA application_id = " + std::to_string(application_id));
    db.run("COMMIT");
  } catch (...) {
    if (db.in_transaction()) sqlite3_exec(db.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

}  // namespace

std::span<const Migration> migrations() {
  static const std::vector<Migration> all{{1, first_migration()},      {2, second_migration()},     {3, third_migration()},
                                          {4, fourth_migration()},     {5, fifth_migration()},      {7, seventh_migration()},
                                          {9, door_migration()},       {10, retention_migration()}, {11, revisions_migration()},
                                          {12, batches_migration()},    {13, failures_migration()},   {14, pauses_migration()}};
  return all;
}

int newest_schema() { return migrations().back().number; }

int present_schema(Connection& db) {
  if (db.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'reeve_meta'") == 0) return 0;
  return static_cast<int>(db.integer("SELECT CAST(value AS INTEGER) FROM reeve_meta WHERE key = 'schema'"));
}

void migrate(Connection& db, std::span<const Migration> wanted) {
  for (const Migration& migration : wanted)
    if (migration.number > present_schema(db)) apply(db, migration);
}

}  // namespace reeve::store::sqlite

namespace reeve::store {

std::string schema_sql() {
  std::string sql;
  for (const sqlite::Migration& migration : sqlite::migrations()) sql += "-- schema " + std::to_string(migration.number) + "\n" + migration.sql.substr(1);
  return sql;
}

}  // namespace reeve::store
