// What tells one fault from another, and tasks by it.
#include "store/sqlite/schema.hpp"

namespace reeve::store::sqlite {

std::string failures_migration() {
  return R"sql(
ALTER TABLE reeve_error ADD COLUMN fingerprint TEXT;
-- Of its own error (epoch 0 of reeve_error), so that faults are counted without looking at any error.
ALTER TABLE reeve_task ADD COLUMN fingerprint TEXT;
CREATE INDEX reeve_task_fingerprint ON reeve_task (status, fingerprint, kind, finished_at, id, queue) WHERE fingerprint IS NOT NULL;
-- By dedupe key, whether open or ended.
CREATE INDEX reeve_payload_dedupe ON reeve_payload (dedupe_key) WHERE dedupe_key IS NOT NULL;

-- The errors of earlier have none yet: they get theirs when the store is opened, see store/sqlite/fingerprints.cpp.
INSERT INTO reeve_meta VALUES ('fingerprints_up_to', '0');
)sql";
}

}  // namespace reeve::store::sqlite
