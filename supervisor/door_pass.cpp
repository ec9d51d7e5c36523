#include "supervisor/door_pass.hpp"

#include <algorithm>
#include <utility>

#include "store/refusal.hpp"

namespace reeve::supervisor {
namespace {

std::optional<store::DoorRefusal> enqueue(store::Store& store, store::NewTask task, store::Timestamp now, Passage& passage) {
  store::EnqueueRequest request;
  request.tasks.push_back(std::move(task));
  const store::EnqueueAnswer answer = store.tasks().enqueue(request, now);
  if (const auto* refused = std::get_if<store::EnqueueRefused>(&answer)) {
    store::RefusalWords words = words_of(*refused, request.tasks.front());
    return store::DoorRefusal{std::move(words.code), std::move(words.message)};
  }
  for (const store::Enqueued& one : std::get<store::EnqueueDone>(answer).tasks)
    passage.superseded.insert(passage.superseded.end(), one.stop.begin(), one.stop.end());
  return std::nullopt;
}

std::optional<store::DoorRefusal> take(store::Store& store, const store::DoorRow& row, const Judge& judge, store::Timestamp now, Passage& passage) {
  if (!row.fault.empty()) return store::DoorRefusal{"unreadable", row.fault};
  auto judged = judge(row, now);
  if (auto* refusal = std::get_if<store::DoorRefusal>(&judged)) return std::move(*refusal);
  return enqueue(store, std::move(std::get<store::NewTask>(judged)), now, passage);
}

}  // namespace

Passage pass_rows(store::Store& store, std::span<const store::DoorRow> rows, const Judge& judge, store::Timestamp now) {
  Passage passage;
  const std::vector<std::string> known = store.door().known(rows);
  for (const store::DoorRow& row : rows) {
    if (!row.token.empty() && std::find(known.begin(), known.end(), row.token) != known.end()) continue;
    const auto refusal = take(store, row, judge, now, passage);
    if (refusal) {
      store.door().refuse(row, *refusal, now);
      passage.refused.push_back({row.source, row.id, row.kind, *refusal});
    } else {
      store.door().passed(row, now);
      ++passage.passed;
    }
  }
  return passage;
}

Passage pass_inbox(store::Store& store, const Judge& judge, store::Timestamp now, int limit) {
  const std::vector<store::DoorRow> rows = store.door().waiting(limit, door_bytes_max);
  Passage passage = pass_rows(store, rows, judge, now);
  passage.more = !rows.empty();
  return passage;
}

Judge refuse_all(std::string why) {
  return [why = std::move(why)](const store::DoorRow&, store::Timestamp) { return store::DoorRefusal{"not_storable", why}; };
}

}  // namespace reeve::supervisor
