#include "store/sqlite/label_pauses.hpp"

#include <vector>

#include "store/sqlite/task_row.hpp"

namespace reeve::store::sqlite {
namespace {

constexpr int pause_bit = static_cast<int>(Block::pause);

std::string token_of(const Label& label) { return label.first + '\x1f' + label.second; }

}  // namespace

std::optional<Label> LabelPauses::pause_of(TaskId task) {
  Query labels = session_.db.query("SELECT key, value FROM reeve_label INDEXED BY reeve_label_task WHERE task = ? ORDER BY key");
  labels.bind(task);
  while (labels.step()) {
    Row row = labels.row();
    Label label;
    label.first = row.text();
    label.second = row.text();
    if (session_.paused_labels.contains(label)) return label;
  }
  return std::nullopt;
}

bool LabelPauses::hold(TaskId id, const Label& label) {
  const std::string token = token_of(label);
  {
    Query held = session_.db.query("UPDATE reeve_task SET block = ?, paused_by = ? WHERE id = ? AND hold = 0 AND block = 0");
    if (held.bind(pause_bit, token, id).run_counting() == 0) return false;
  }
  const std::optional<Task> task = load_hot(session_.db, id);
  return task && keys_.let_pass(*task);
}

bool LabelPauses::let_go(int limit) {
  while (!session_.resumed_labels.empty()) {
    const Label label = *session_.resumed_labels.begin();
    const int gone = let_go(label, limit);
    limit -= gone;
    if (limit <= 0) return true;
    session_.db.query("DELETE FROM reeve_label_pause WHERE key = ? AND value = ? AND resumed = 1").bind(label.first, label.second).run();
    session_.resumed_labels.erase(label);
  }
  return false;
}

int LabelPauses::let_go(const Label& label, int limit) {
  std::vector<TaskId> held;
  const std::string token = token_of(label);
  {
    Query query = session_.db.query("SELECT id FROM reeve_task INDEXED BY reeve_task_paused_by WHERE paused_by = ? AND paused_by IS NOT NULL ORDER BY id LIMIT ?");
    query.bind(token, limit);
    while (query.step()) held.push_back(query.row().id());
  }
  for (const TaskId id : held) {
    const std::optional<Label> other = pause_of(id);
    if (!other) {
      let_go(id);
      continue;
    }
    const std::string by = token_of(*other);
    session_.db.query("UPDATE reeve_task SET paused_by = ? WHERE id = ?").bind(by, id).run();
  }
  return static_cast<int>(held.size());
}

// It keeps its place among the tenants, but for one that its line has passed: what was held for long does not go before everybody else.
void LabelPauses::let_go(TaskId id) {
  std::optional<HotTask> task = load_hot(session_.db, id);
  std::int64_t place = 0;
  {
    Query query = session_.db.query("SELECT fair FROM reeve_task WHERE id = ?");
    query.bind(id);
    if (!task || !query.step()) return;
    place = query.row().integer();
  }
  if (lines_.has_passed(*task, place)) place = lines_.enter(*task);
  int block = task->block & ~pause_bit;
  if (block == 0 && task->concurrency && keys_.is_crowded(*task, place)) block = static_cast<int>(Block::key);
  Query row = session_.db.query("UPDATE reeve_task SET block = ?, fair = ?, paused_by = NULL WHERE id = ?");
  row.bind(block, place, id).run();
}

}  // namespace reeve::store::sqlite
