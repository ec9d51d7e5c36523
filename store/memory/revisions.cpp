#include <mutex>

#include "store/event_data.hpp"
#include "store/memory/reader.hpp"
#include "store/memory/verbs.hpp"

namespace reeve::store::memory {

RevisionRecorded MemoryRevisions::record(const Revision& revision, Timestamp now) {
  state_.require_batch();
  if (!state_.revisions.empty() && state_.revisions.rbegin()->second.hash == revision.hash) return {state_.revisions.rbegin()->first, false};
  const std::int64_t number = state_.next(state_.last_revision);
  Revision& kept = state_.edit(state_.revisions, number);
  kept = revision;
  kept.number = number;
  kept.at = now;
  while (!state_.revisions.empty() && state_.revisions.begin()->first <= number - kept_max) {
    const std::int64_t oldest = state_.revisions.begin()->first;
    state_.erase(state_.revisions, oldest);
  }
  Event event;
  event.at = now;
  event.type = "config.applied";
  event.actor = revision.actor;
  event.data = event_data::config_applied(kept);
  state_.append(std::move(event));
  return {number, true};
}

std::vector<Revision> MemoryReader::revisions(std::optional<std::int64_t> before, int limit) {
  const std::lock_guard guard(state_.mutex);
  std::vector<Revision> rows;
  for (auto row = state_.revisions.rbegin(); row != state_.revisions.rend() && static_cast<int>(rows.size()) < limit; ++row) {
    if (before && row->first >= *before) continue;
    rows.push_back(row->second);
    rows.back().text.clear();
  }
  return rows;
}

std::optional<Revision> MemoryReader::revision(std::int64_t number) {
  const std::lock_guard guard(state_.mutex);
  const auto row = state_.revisions.find(number);
  return row == state_.revisions.end() ? std::nullopt : std::optional(row->second);
}

}  // namespace reeve::store::memory
