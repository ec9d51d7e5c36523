// The configurations that were in force.
#include "store/sqlite/schema.hpp"

namespace reeve::store::sqlite {

std::string revisions_migration() {
  return R"sql(
-- One row a configuration, in the order in which they came into force. Numbers grow for ever, also when the newest is gone.
CREATE TABLE reeve_revision (
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  source  TEXT NOT NULL,
  actor   TEXT NOT NULL,
  comment TEXT NOT NULL,
  hash    TEXT NOT NULL,
  text    TEXT NOT NULL
) STRICT;
)sql";
}

}  // namespace reeve::store::sqlite
