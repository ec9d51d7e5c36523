#include <algorithm>

#include "store/event_data.hpp"
#include "store/memory/verbs.hpp"

namespace reeve::store::memory {

std::int64_t MemoryRunners::open_runner(const RunnerIdentity& identity, Timestamp now) {
  state_.require_batch();
  RunnerRow row;
  state_.edit_shares().clear();
  row.id = static_cast<std::int64_t>(state_.runners.size()) + 1;
  row.name = identity.name;
  row.boot_id = identity.boot_id;
  row.incarnation = identity.incarnation;
  row.pid = identity.pid;
  row.started_at = now;
  const RunnerRow& kept = state_.add(std::move(row));
  Event event;
  event.at = now;
  event.type = "runner.started";
  event.runner = kept.id;
  event.actor = "runner";
  event.data = event_data::runner(identity.name, identity.pid);
  state_.append(std::move(event));
  return kept.id;
}

void MemoryRunners::stop(RunnerRow& runner, std::string data, Timestamp now) {
  state_.stop_runner(runner, now);
  Event event;
  event.at = now;
  event.type = "runner.stopped";
  event.runner = runner.id;
  event.actor = "runner";
  event.data = std::move(data);
  state_.append(std::move(event));
}

void MemoryRunners::close_runner(std::int64_t runner, Timestamp now) {
  state_.require_batch();
  for (RunnerRow& row : state_.runners)
    if (row.id == runner && !row.stopped_at) stop(row, {}, now);
}

ExpireAnswer MemoryRunners::requeue_dead(std::int64_t survivor, Timestamp now, int limit) {
  state_.require_batch();
  ExpireAnswer answer;
  for (auto& [id, task] : state_.tasks) {
    if (task.runner == 0 || task.runner == survivor) continue;
    if (static_cast<int>(answer.lost.size()) >= limit) break;
    answer.lost.push_back(tasks_.take_back(task, LostBy::death, now));
  }
  tasks_.settle(now);
  answer.more = static_cast<int>(answer.lost.size()) >= limit;
  if (answer.more) return answer;
  for (RunnerRow& row : state_.runners)
    if (row.id != survivor && !row.stopped_at) stop(row, event_data::runner_dead(), now);
  return answer;
}

}  // namespace reeve::store::memory
