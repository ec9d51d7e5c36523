// Errors that were recorded, or imported, without a fingerprint get theirs, once.
#pragma once

#include "store/sqlite/connection.hpp"

namespace reeve::store::sqlite {

// Goes through the tasks that have an error of their own, a bounded piece a transaction, from where an earlier life got to; nothing when all
// have theirs. The errors of single attempts stay as they are.
void fill_fingerprints(Connection& db);

// Rows were added that may lack it: the next opening looks again.
void forget_filled_fingerprints(Connection& db);

}  // namespace reeve::store::sqlite
