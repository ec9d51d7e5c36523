#include "store/sqlite/after.hpp"

#include <algorithm>

#include "store/composition.hpp"

namespace reeve::store::sqlite {

std::optional<TaskId> After::find_one(const AfterTask& after, std::span<const Enqueued> before) {
  if (after.item) return *after.item < before.size() ? std::optional<TaskId>{before[*after.item].id} : std::nullopt;
  if (!after.external_id.empty()) {
    Query named = db_.query("SELECT id FROM reeve_task WHERE external_id = ?");
    named.bind(after.external_id);
    return named.step() ? std::optional<TaskId>{named.row().id()} : std::nullopt;
  }
  Query known = db_.query("SELECT 1 FROM reeve_task WHERE id = ?");
  return known.bind(after.task).step() ? std::optional<TaskId>{after.task} : std::nullopt;
}

std::variant<std::vector<TaskId>, std::string> After::find(const NewTask& wanted, std::span<const Enqueued> before) {
  if (wanted.after.size() > after_max) throw too_many_dependencies(wanted.after.size());
  std::vector<TaskId> tasks;
  tasks.reserve(wanted.after.size());
  for (const AfterTask& after : wanted.after) {
    const std::optional<TaskId> task = find_one(after, before);
    if (!task) return unknown_dependency(after);
    tasks.push_back(*task);
  }
  std::sort(tasks.begin(), tasks.end());
  tasks.erase(std::unique(tasks.begin(), tasks.end()), tasks.end());
  return tasks;
}

std::vector<Dependency> After::look_at(const std::vector<TaskId>& tasks) {
  std::vector<Dependency> on;
  on.reserve(tasks.size());
  for (const TaskId task : tasks) {
    Dependency& one = on.emplace_back();
    one.task = task;
    Query query = db_.query("SELECT status FROM reeve_task WHERE id = ? AND finished_at IS NOT NULL");
    query.bind(task);
    if (query.step()) one.ended = parse_status(query.row().view());
  }
  return on;
}

void After::keep(TaskId task, const std::vector<Dependency>& on) {
  for (const Dependency& one : on) {
    std::optional<std::string_view> ended;
    if (one.ended) ended = name(*one.ended);
    {
      Query row = db_.query("INSERT INTO reeve_dependency (task, after, ended) VALUES (?, ?, ?)");
      row.bind(task, one.task, ended).run();
    }
    if (!one.ended) db_.query("UPDATE reeve_task SET followed = 1 WHERE id = ? AND followed = 0").bind(one.task).run();
  }
}

bool After::look_again(TaskId task) {
  {
    Query some = db_.query("SELECT 1 FROM reeve_dependency WHERE task = ? LIMIT 1");
    if (!some.bind(task).step()) return false;
  }
  // A task that was deleted before all were told of its end is still in the list of those that ended.
  db_.query(
         "UPDATE reeve_dependency SET ended = coalesce(ended, (SELECT r.status FROM reeve_release r WHERE r.task = after)) "
         "WHERE task = ? AND NOT EXISTS (SELECT 1 FROM reeve_task t WHERE t.id = after)")
      .bind(task)
      .run();
  db_.query(
         "UPDATE reeve_dependency SET ended = (SELECT iif(t.finished_at IS NULL, NULL, t.status) FROM reeve_task t WHERE t.id = after) "
         "WHERE task = ? AND EXISTS (SELECT 1 FROM reeve_task t WHERE t.id = after)")
      .bind(task)
      .run();
  Query open = db_.query("UPDATE reeve_task SET followed = 1 WHERE id IN (SELECT after FROM reeve_dependency WHERE task = ? AND ended IS NULL)");
  return open.bind(task).run_counting() > 0;
}

}  // namespace reeve::store::sqlite
