#include "store/memory/keys.hpp"

#include <algorithm>
#include <tuple>

namespace reeve::store::memory {
namespace {

bool runs(Status status) { return status == Status::claimed || status == Status::running; }
bool is_active(const Task& task) { return runs(task.status); }

KeyHolder holder_of(const Task& task) { return {task.id, task.status, task.claimed_at.value_or(task.created_at), task.run_at}; }

}  // namespace

std::vector<const Task*> Keys::open_with(const std::string& token) const {
  std::vector<const Task*> open;
  for (const auto& [id, task] : state_.tasks)
    if (!is_terminal(task.status) && concurrency_token(task.kind, task.concurrency) == token) open.push_back(&task);
  return open;
}

int Keys::count_active(const std::string& token) const {
  return static_cast<int>(std::count_if(state_.tasks.begin(), state_.tasks.end(), [&token](const auto& row) {
    const Task& task = row.second;
    return is_active(task) && concurrency_token(task.kind, task.concurrency) == token;
  }));
}

bool Keys::is_its_turn(const Task& task) const {
  for (const auto& [id, other] : state_.tasks) {
    if (is_terminal(other.status) || id == task.id || other.order_key != task.order_key) continue;
    if (is_active(other) || id < task.id) return false;
  }
  return true;
}

bool Keys::may_start(const Task& task, const ClaimRequest& request) const {
  if (!task.order_key.empty()) {
    const auto& held = request.held_lines;
    if (!is_its_turn(task) || std::find(held.begin(), held.end(), task.order_key) != held.end()) return false;
  }
  const auto token = concurrency_token(task.kind, task.concurrency);
  if (!token) return true;
  int bodies = count_active(*token);
  for (const HeldKey& held : request.held_keys)
    if (held.token == *token) bodies += held.bodies;
  return bodies < task.concurrency->limit;
}

int Keys::block_of(const Task& task) const {
  if (task.status != Status::queued) return 0;
  if (!task.order_key.empty() && !is_its_turn(task)) return static_cast<int>(Block::order);
  const auto token = concurrency_token(task.kind, task.concurrency);
  return token && count_active(*token) >= task.concurrency->limit ? static_cast<int>(Block::key) : 0;
}

KeyHolds Keys::holds(const Task& task, Timestamp now, std::int64_t limit) const {
  KeyHolds holds;
  if (task.status != Status::queued) return holds;
  const auto count = [limit](Waiting& waiting) {
    if (waiting.ahead == limit) waiting.at_least = true;
    else ++waiting.ahead;
  };
  if (const auto token = concurrency_token(task.kind, task.concurrency)) {
    KeyHold& key = holds.key.emplace();
    const auto place = [](const Task& one) { return std::make_tuple(-one.priority, one.run_at, one.id); };
    for (const Task* other : open_with(*token)) {
      if (is_active(*other)) key.holders.push_back(holder_of(*other));
      else if (other->status == Status::queued && other->run_at <= now && place(*other) < place(task)) count(key.waiting);
    }
    const auto older = [](const KeyHolder& a, const KeyHolder& b) { return std::tie(a.since, a.task) < std::tie(b.since, b.task); };
    std::sort(key.holders.begin(), key.holders.end(), older);
    key.taken = static_cast<int>(key.holders.size());
    if (key.holders.size() > key_holders_max) key.holders.resize(key_holders_max);
  }
  if (task.order_key.empty()) return holds;
  for (const auto& [id, other] : state_.tasks) {
    if (id == task.id || other.order_key != task.order_key || is_terminal(other.status)) continue;
    if (!is_active(other) && id > task.id) continue;
    if (!holds.line) holds.line.emplace();
    if (id < task.id) count(holds.line->waiting);
    if (!holds.line->first || (is_active(other) && !runs(holds.line->first->status))) holds.line->first = holder_of(other);
  }
  return holds;
}

const Task* Keys::stands_for(const std::string& token, Timestamp now, TaskId except) const {
  for (const auto& [id, task] : state_.tasks) {
    if (id == except || dedupe_token(task.kind, task.dedupe) != token) continue;
    const auto until = stands_until(*task.dedupe, task.created_at);
    const bool stands = task.dedupe->window ? !until || *until > now : !is_terminal(task.status);
    if (stands) return &task;
  }
  return nullptr;
}

std::optional<TaskId> Keys::refuses(const NewTask& wanted) const {
  if (!wanted.concurrency || wanted.concurrency->on_conflict != OnConflict::reject) return std::nullopt;
  const std::vector<const Task*> open = open_with(*concurrency_token(wanted.kind, wanted.concurrency));
  if (static_cast<int>(open.size()) < wanted.concurrency->limit) return std::nullopt;
  return open.front()->id;
}

std::optional<TaskId> Keys::stands_in(const NewTask& wanted) const {
  if (!wanted.concurrency || wanted.concurrency->on_conflict != OnConflict::skip) return std::nullopt;
  const std::vector<const Task*> open = open_with(*concurrency_token(wanted.kind, wanted.concurrency));
  if (static_cast<int>(open.size()) < wanted.concurrency->limit) return std::nullopt;
  return open.back()->id;
}

std::vector<TaskId> Keys::superseded_by(const NewTask& wanted) const {
  const OnConflict policy = wanted.concurrency ? wanted.concurrency->on_conflict : OnConflict::queue;
  const auto token = concurrency_token(wanted.kind, wanted.concurrency);
  std::vector<TaskId> ids;
  for (const auto& [id, task] : state_.tasks) {
    if (is_terminal(task.status)) continue;
    const bool same_key = token && concurrency_token(task.kind, task.concurrency) == token;
    const bool by_policy = policy == OnConflict::supersede || (policy == OnConflict::queue_latest && task.status == Status::queued);
    const bool by_key = !wanted.supersede_key.empty() && task.supersede_key == wanted.supersede_key && task.kind == wanted.kind;
    if ((same_key && by_policy) || by_key) ids.push_back(id);
  }
  return ids;
}

}  // namespace reeve::store::memory
