#include "store/sqlite/conflicts.hpp"

#include <algorithm>

#include "store/life.hpp"

namespace reeve::store::sqlite {

bool Conflicts::is_full(std::string_view token, int limit) {
  Query open = db_.query(
      "SELECT count(*) FROM (SELECT 1 FROM reeve_task INDEXED BY reeve_task_key WHERE concurrency = ? AND finished_at IS NULL LIMIT ?)");
  open.bind(token, limit);
  return open.step() && open.row().small() >= limit;
}

// Status by status: within one the index is in the order of ids.
std::optional<TaskId> Conflicts::find_open(std::string_view token, End end) {
  const bool newest = end == End::newest;
  const char* sql =
      newest ? "SELECT max(id) FROM reeve_task INDEXED BY reeve_task_key WHERE concurrency = ? AND finished_at IS NULL AND status = ?"
             : "SELECT min(id) FROM reeve_task INDEXED BY reeve_task_key WHERE concurrency = ? AND finished_at IS NULL AND status = ?";
  std::optional<TaskId> found;
  for (const Status status : {Status::queued, Status::claimed, Status::running, Status::waiting}) {
    Query query = db_.query(sql);
    query.bind(token, name(status));
    if (!query.step()) continue;
    const auto id = query.row().maybe_id();
    if (id && (!found || (newest ? *id > *found : *id < *found))) found = id;
  }
  return found;
}

std::optional<TaskId> Conflicts::refuses(const NewTask& wanted) {
  if (!wanted.concurrency || wanted.concurrency->on_conflict != OnConflict::reject) return std::nullopt;
  const std::string token = concurrency_token(wanted.kind, wanted.concurrency).value();
  if (!is_full(token, wanted.concurrency->limit)) return std::nullopt;
  return find_open(token, End::oldest);
}

std::optional<TaskId> Conflicts::stands_in(const NewTask& wanted) {
  if (!wanted.concurrency || wanted.concurrency->on_conflict != OnConflict::skip) return std::nullopt;
  const std::string token = concurrency_token(wanted.kind, wanted.concurrency).value();
  if (!is_full(token, wanted.concurrency->limit)) return std::nullopt;
  return find_open(token, End::newest);
}

std::vector<TaskId> Conflicts::superseded_by(const NewTask& wanted) {
  std::vector<TaskId> ids;
  const OnConflict policy = wanted.concurrency ? wanted.concurrency->on_conflict : OnConflict::queue;
  if (policy == OnConflict::queue_latest || policy == OnConflict::supersede) {
    const std::string token = concurrency_token(wanted.kind, wanted.concurrency).value();
    Query open = db_.query(
        "SELECT id FROM reeve_task INDEXED BY reeve_task_key WHERE concurrency = ? AND finished_at IS NULL AND (? OR status = 'queued')");
    open.bind(token, policy == OnConflict::supersede);
    while (open.step()) ids.push_back(open.row().id());
  }
  if (!wanted.supersede_key.empty()) {
    Query open = db_.query("SELECT id FROM reeve_task INDEXED BY reeve_task_supersede WHERE supersede = ? AND kind = ? AND finished_at IS NULL");
    open.bind(wanted.supersede_key, wanted.kind);
    while (open.step()) ids.push_back(open.row().id());
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace reeve::store::sqlite
