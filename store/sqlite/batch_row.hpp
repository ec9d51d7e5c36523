// A batch as a row, and what is counted of its tasks.
#pragma once

#include <optional>

#include "store/composition.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/session.hpp"

namespace reeve::store::sqlite {

struct KeptBatch {
  Batch batch{};           // with its counts
  Callbacks callbacks{};   // until it has ended
};

[[nodiscard]] BatchId make_batch(Session& session, const NewBatch& fresh, Timestamp now);   // and its event
[[nodiscard]] std::optional<BatchState> batch_state(Connection& db, BatchId id);
[[nodiscard]] bool has_open_tasks(Connection& db, BatchId id);
[[nodiscard]] std::optional<KeptBatch> load_batch(Connection& db, BatchId id);

// It has ended: `state`, `finished_at`. Its callbacks are forgotten; then `callbacks`.
void write_batch_end(Connection& db, const Batch& batch);
void write_batch_callbacks(Connection& db, const Batch& batch);

}  // namespace reeve::store::sqlite
