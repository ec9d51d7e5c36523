// What holds a due task back beside time: a column of reasons, and a ready index without them.
#include "store/sqlite/schema.hpp"

namespace reeve::store::sqlite {

std::string third_migration() {
  return R"sql(
-- Reasons why a queued task may not start though its time has come: the sum of the bits of Block (store/life.hpp); 0: none.
ALTER TABLE reeve_task ADD COLUMN block INTEGER NOT NULL DEFAULT 0;
-- Its place among the tenants of its queue; 0 where nothing is shared out.
ALTER TABLE reeve_task ADD COLUMN fair INTEGER NOT NULL DEFAULT 0;

DROP INDEX reeve_task_ready;
CREATE INDEX reeve_task_ready ON reeve_task (queue, kind, priority DESC, fair, run_at, id) WHERE hold = 0 AND block = 0;
CREATE INDEX reeve_task_blocked ON reeve_task (id) WHERE hold = 0 AND block <> 0;
)sql";
}

}  // namespace reeve::store::sqlite
