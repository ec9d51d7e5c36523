#include "store/memory/door.hpp"

#include <stdexcept>

#include "store/event_data.hpp"
#include "store/memory/reader.hpp"

namespace reeve::store::memory {

std::int64_t MemoryDoor::leave(std::string_view kind, std::string_view payload, std::string_view options, Timestamp now) {
  state_.require_batch();
  const std::int64_t id = state_.next(state_.last_left);
  DoorRow& row = state_.edit(state_.inbox, id);
  row = DoorRow{};
  row.id = id;
  row.kind = kind;
  row.payload = payload;
  row.options = options;
  row.written_at = now;
  return id;
}

std::vector<DoorRow> MemoryDoor::waiting(int limit, std::int64_t bytes) {
  state_.require_batch();
  std::vector<DoorRow> rows;
  std::int64_t together = 0;
  for (const auto& [id, row] : state_.inbox) {
    if (static_cast<int>(rows.size()) >= limit || (together >= bytes && !rows.empty())) break;
    rows.push_back(row);
    together += static_cast<std::int64_t>(row.payload.size() + row.options.size());
  }
  return rows;
}

void MemoryDoor::passed(const DoorRow& row, Timestamp now) {
  state_.require_batch();
  if (row.token.empty()) return state_.erase(state_.inbox, row.id);
  if (state_.taken.contains(row.token)) throw std::runtime_error("row " + std::to_string(row.id) + " of " + row.source + " was taken before");
  state_.edit(state_.taken, row.token) = now;
}

void MemoryDoor::refuse(const DoorRow& row, const DoorRefusal& why, Timestamp now) {
  state_.require_batch();
  const std::int64_t id = state_.next(state_.last_refused);
  RefusedRow& refused = state_.edit(state_.refused, id);
  refused = {id, row.source, row.id, row.kind, row.payload, row.options, why, now};
  passed(row, now);
  Event event;
  event.at = now;
  event.type = "inbox.refused";
  event.kind = row.kind;
  event.actor = "runner";
  event.data = event_data::inbox_refused(row, why);
  state_.append(std::move(event));
}

std::vector<std::string> MemoryDoor::known(std::span<const DoorRow> rows) {
  state_.require_batch();
  std::vector<std::string> tokens;
  for (const DoorRow& row : rows)
    if (state_.taken.contains(row.token)) tokens.push_back(row.token);
  return tokens;
}

void MemoryDoor::forget(std::span<const std::string> tokens) {
  state_.require_batch();
  for (const std::string& token : tokens)
    if (state_.taken.contains(token)) state_.erase(state_.taken, token);
}

std::vector<RefusedRow> MemoryReader::refused(int limit) {
  const std::lock_guard<std::mutex> guard(state_.mutex);
  std::vector<RefusedRow> rows;
  for (auto row = state_.refused.rbegin(); row != state_.refused.rend() && static_cast<int>(rows.size()) < limit; ++row) rows.push_back(row->second);
  return rows;
}

}  // namespace reeve::store::memory
