// What tasks come after, and batches.
#include <limits>

#include "store/matching.hpp"
#include "store/sqlite/batch_row.hpp"
#include "store/sqlite/reader.hpp"

namespace reeve::store::sqlite {

Dependencies SqliteReader::dependencies(TaskId id) {
  const ReadTransaction one_state(db_);
  Dependencies found;
  {
    Query query = db_.query("SELECT after_policy FROM reeve_payload WHERE task = ?");
    query.bind(id);
    if (!query.step()) return found;
    found.policy = parse_after_policy(query.row().view()).value_or(AfterPolicy::success);
  }
  {
    Query query = db_.query("SELECT after, ended FROM reeve_dependency WHERE task = ? ORDER BY after");
    query.bind(id);
    while (query.step()) {
      Row row = query.row();
      Dependency& one = found.on.emplace_back();
      one.task = row.id();
      one.ended = parse_status(row.view());
      if (!one.ended) ++found.open;
    }
  }
  Query query = db_.query(
      "SELECT d.task FROM reeve_dependency d INDEXED BY reeve_dependency_open JOIN reeve_task t ON t.id = d.task "
      "WHERE d.ended IS NULL AND d.after = ? AND t.finished_at IS NULL ORDER BY d.task LIMIT ?");
  query.bind(id, dependents_shown + 1);
  while (query.step()) {
    if (static_cast<int>(found.dependents.size()) == dependents_shown) found.more_dependents = true;
    else found.dependents.push_back(query.row().id());
  }
  return found;
}

std::optional<Batch> SqliteReader::batch(BatchId id) {
  const ReadTransaction one_state(db_);
  auto kept = load_batch(db_, id);
  if (!kept) return std::nullopt;
  return std::move(kept->batch);
}

BatchPage SqliteReader::batches(const BatchQuery& query) {
  const ReadTransaction one_state(db_);
  const int limit = page_limit(query.limit);
  std::vector<BatchId> ids;
  {
    const std::int64_t before = query.before ? number(*query.before) : std::numeric_limits<std::int64_t>::max();
    Query rows = db_.query(query.state ? "SELECT id FROM reeve_batch INDEXED BY reeve_batch_state WHERE id < ?1 AND state = ?3 ORDER BY id DESC LIMIT ?2"
                                       : "SELECT id FROM reeve_batch WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
    rows.put(1, before);
    rows.put(2, limit + 1);
    if (query.state) rows.put(3, name(*query.state));
    while (rows.step()) ids.push_back(BatchId{rows.row().integer()});
  }
  BatchPage page;
  page.more = static_cast<int>(ids.size()) > limit;
  if (page.more) ids.pop_back();
  for (const BatchId id : ids) page.batches.push_back(std::move(load_batch(db_, id).value().batch));
  return page;
}

}  // namespace reeve::store::sqlite
