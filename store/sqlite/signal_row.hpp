// A signal as a row.
#pragma once

#include "store/sqlite/connection.hpp"
#include "store/step.hpp"

namespace reeve::store::sqlite {

#define REEVE_SIGNAL_COLUMNS "g.id, g.task, g.type, g.payload, g.sent_at, g.actor, g.consumed_at, g.consumed_by"

[[nodiscard]] Signal read_signal(Row row);
void insert_signal(Connection& db, const Signal& signal);

}  // namespace reeve::store::sqlite
