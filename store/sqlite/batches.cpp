#include "store/event_data.hpp"
#include "store/sqlite/batch_row.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {

BatchClosed SqliteBatches::close(BatchId id, std::string_view actor, Timestamp now) {
  session_.require_batch();
  const auto state = batch_state(session_.db, id);
  if (!state) return BatchClosed::not_found;
  if (*state != BatchState::open) return BatchClosed::closed_already;
  session_.db.query("UPDATE reeve_batch SET state = 'closed', closed_at = ? WHERE id = ?").bind(now, id).run();
  session_.append(batch_event("batch.closed", actor, event_data::batch_closed(id), now));
  session_.ending.push_back(id);
  tasks_.settle(now);
  return BatchClosed::closed;
}

}  // namespace reeve::store::sqlite
