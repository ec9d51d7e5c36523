#include <algorithm>
#include <map>
#include <tuple>

#include "store/fingerprint.hpp"
#include "store/matching.hpp"
#include "store/memory/reader.hpp"

namespace reeve::store::memory {
namespace {

bool is_one_of(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

bool is_meant(const FailureQuery& query, const Task& task) {
  if (task.status != Status::failed || !task.error) return false;
  return is_one_of(query.kinds, task.kind) && is_one_of(query.queues, task.queue) && (!query.since || *task.finished_at >= *query.since);
}

void add_to(FailureGroup& group, const Task& task) {
  const Timestamp at = *task.finished_at;
  group.first = group.count == 0 ? at : std::min(group.first, at);
  if (group.count == 0 || at >= group.last) {   // tasks come in the order of their ids
    group.last = at;
    group.newest = task.id;
    group.code = task.error->code;
    group.message = task.error->message;
    group.last_words = last_words(*task.error);
  }
  group.count += 1;
}

}  // namespace

FailurePage MemoryReader::failures(const FailureQuery& query) {
  const std::lock_guard<std::mutex> guard(state_.mutex);
  std::map<std::pair<std::string, std::string>, FailureGroup> groups;
  for (const auto& [id, task] : state_.tasks) {
    if (!is_meant(query, task)) continue;
    FailureGroup& group = groups[{task.error->fingerprint, task.kind}];
    group.fingerprint = task.error->fingerprint;
    group.kind = task.kind;
    add_to(group, task);
  }
  FailurePage page;
  for (auto& [key, group] : groups) page.groups.push_back(std::move(group));
  std::stable_sort(page.groups.begin(), page.groups.end(), [](const FailureGroup& a, const FailureGroup& b) { return a.last > b.last; });
  const auto limit = static_cast<std::size_t>(page_limit(query.limit, failure_groups_max));
  page.more = page.groups.size() > limit;
  if (page.more) page.groups.resize(limit);
  return page;
}

}  // namespace reeve::store::memory
