// What limits and fair shares keep: how far rates are used up, and the places of tenants.
#include "store/sqlite/schema.hpp"

namespace reeve::store::sqlite {

std::string fifth_migration() {
  return R"sql(
-- The tenant of a task, where it has one.
ALTER TABLE reeve_task ADD COLUMN fair_key TEXT;
CREATE INDEX reeve_task_tenant ON reeve_task (queue, priority, fair_key) WHERE hold = 0 AND fair_key IS NOT NULL;

-- Rates, one number each: when the bucket is full again, in microseconds of UTC.
CREATE TABLE reeve_rate (
  of      TEXT NOT NULL CHECK (of = 'queue' OR of = 'kind'),
  name    TEXT NOT NULL,
  full_at INTEGER NOT NULL,
  PRIMARY KEY (of, name)
) STRICT, WITHOUT ROWID;

-- Lines in which tenants take turns, and the place of the task served last.
CREATE TABLE reeve_line (
  queue    TEXT NOT NULL,
  priority INTEGER NOT NULL,
  now      INTEGER NOT NULL,
  PRIMARY KEY (queue, priority)
) STRICT, WITHOUT ROWID;

-- Tenants that are ahead of their line; the tenant '' is all tasks without one.
CREATE TABLE reeve_tenant (
  queue    TEXT NOT NULL,
  priority INTEGER NOT NULL,
  fair_key TEXT NOT NULL,
  served   INTEGER NOT NULL,                                 -- the first place after those that were started
  next     INTEGER NOT NULL,                                 -- the first place after those that were given out
  PRIMARY KEY (queue, priority, fair_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX reeve_tenant_next ON reeve_tenant (queue, priority, next);
)sql";
}

}  // namespace reeve::store::sqlite
