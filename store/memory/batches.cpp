#include <algorithm>

#include "store/event_data.hpp"
#include "store/matching.hpp"
#include "store/memory/ends.hpp"
#include "store/memory/reader.hpp"
#include "store/memory/verbs.hpp"

namespace reeve::store::memory {

BatchId make_batch(State& state, const NewBatch& fresh, Timestamp now) {
  const BatchId id{state.next(state.last_batch)};
  BatchRow& row = state.edit(state.batches, id);
  row.batch.id = id;
  row.batch.name = fresh.name;
  row.batch.metadata = fresh.metadata;
  row.batch.state = fresh.open ? BatchState::open : BatchState::closed;
  row.batch.created_by = fresh.created_by;
  row.batch.created_at = now;
  if (!fresh.open) row.batch.closed_at = now;
  row.callbacks = callbacks_of(fresh);
  state.append(batch_event("batch.created", fresh.created_by, event_data::batch_created(id, fresh), now));
  return id;
}

Batch count_batch(const State& state, const BatchRow& row) {
  Batch batch = row.batch;
  std::vector<double> running;
  for (const auto& [id, task] : state.tasks) {
    if (task.batch != batch.id) continue;
    add(batch.counts, task.status, 1);
    if (task.status == Status::running && task.progress) running.push_back(task.progress->percent);
  }
  batch.percent = percent_of(batch.counts, running);
  return batch;
}

BatchClosed MemoryBatches::close(BatchId id, std::string_view actor, Timestamp now) {
  state_.require_batch();
  const auto known = state_.batches.find(id);
  if (known == state_.batches.end()) return BatchClosed::not_found;
  if (known->second.batch.state != BatchState::open) return BatchClosed::closed_already;
  Batch& batch = state_.edit(state_.batches, id).batch;
  batch.state = BatchState::closed;
  batch.closed_at = now;
  state_.append(batch_event("batch.closed", actor, event_data::batch_closed(id), now));
  state_.edit_ending().push_back(id);
  tasks_.settle(now);
  return BatchClosed::closed;
}

Dependencies MemoryReader::dependencies(TaskId id) {
  const std::lock_guard<std::mutex> guard(state_.mutex);
  Dependencies found;
  if (const auto policy = state_.after_policies.find(id); policy != state_.after_policies.end()) found.policy = policy->second;
  for (const auto& [key, ended] : state_.dependencies) {
    if (key.first == id) {
      found.on.push_back({key.second, ended});
      if (!ended) ++found.open;
    }
    if (key.second != id || ended || is_terminal(state_.find(key.first)->status)) continue;
    if (found.dependents.size() == dependents_shown) found.more_dependents = true;
    else found.dependents.push_back(key.first);
  }
  return found;
}

std::optional<Batch> MemoryReader::batch(BatchId id) {
  const std::lock_guard<std::mutex> guard(state_.mutex);
  const auto found = state_.batches.find(id);
  return found == state_.batches.end() ? std::nullopt : std::optional<Batch>{count_batch(state_, found->second)};
}

BatchPage MemoryReader::batches(const BatchQuery& query) {
  const std::lock_guard<std::mutex> guard(state_.mutex);
  BatchPage page;
  for (auto row = state_.batches.rbegin(); row != state_.batches.rend(); ++row) {
    if ((query.before && row->first >= *query.before) || (query.state && row->second.batch.state != *query.state)) continue;
    page.more = page.batches.size() == static_cast<std::size_t>(page_limit(query.limit));
    if (page.more) break;
    page.batches.push_back(count_batch(state_, row->second));
  }
  return page;
}

}  // namespace reeve::store::memory
