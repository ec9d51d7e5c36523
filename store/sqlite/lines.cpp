#include "store/sqlite/lines.hpp"

namespace reeve::store::sqlite {

std::int64_t* Lines::time_of(const Line& line) {
  const auto found = session_.lines.find(line);
  return found == session_.lines.end() ? nullptr : &found->second;
}

Tenant Lines::load(const Line& line, std::string_view fair_key) {
  Query query = session_.db.query("SELECT served, next FROM reeve_tenant WHERE queue = ? AND priority = ? AND fair_key = ?");
  query.bind(line.queue, line.priority, fair_key);
  Tenant tenant;
  if (!query.step()) return tenant;
  Row row = query.row();
  tenant.served = row.integer();
  tenant.next = row.integer();
  return tenant;
}

void Lines::keep(const Line& line, std::string_view fair_key, const Tenant& tenant) {
  Query row = session_.db.query("INSERT OR REPLACE INTO reeve_tenant (queue, priority, fair_key, served, next) VALUES (?, ?, ?, ?, ?)");
  row.bind(line.queue, line.priority, fair_key, tenant.served, tenant.next).run();
}

void Lines::open(const Task& task) {
  if (task.fair_key.empty()) return;
  const auto [line, fresh] = session_.lines.try_emplace(Line{task.queue, task.priority}, 0);
  if (!fresh) return;
  Query row = session_.db.query("INSERT INTO reeve_line (queue, priority, now) VALUES (?, ?, 0)");
  row.bind(line->first.queue, line->first.priority).run();
}

std::int64_t Lines::enter(const Task& task) {
  if (none()) return 0;
  const Line line{task.queue, task.priority};
  const std::int64_t* now = time_of(line);
  if (!now) return 0;
  Tenant tenant = load(line, task.fair_key);
  const std::int64_t place = tenant.enter(*now);
  keep(line, task.fair_key, tenant);
  return place;
}

bool Lines::has_passed(const Task& task, std::int64_t place) {
  const std::int64_t* now = none() ? nullptr : time_of(Line{task.queue, task.priority});
  return now && place < *now;
}

void Lines::started(const Task& task, std::int64_t place) {
  if (none()) return;
  const Line line{task.queue, task.priority};
  std::int64_t* now = time_of(line);
  if (!now) return;
  Tenant tenant = load(line, task.fair_key);
  tenant.started(place);
  keep(line, task.fair_key, tenant);
  if (place <= *now) return;
  *now = place;
  {
    Query row = session_.db.query("UPDATE reeve_line SET now = ? WHERE queue = ? AND priority = ?");
    row.bind(place, line.queue, line.priority).run();
  }
  Query stale = session_.db.query("DELETE FROM reeve_tenant WHERE queue = ? AND priority = ? AND next <= ?");
  stale.bind(line.queue, line.priority, place).run();
}

void Lines::left(const Task& task) {
  if (task.fair_key.empty()) return;
  const Line line{task.queue, task.priority};
  {
    Query other = session_.db.query(
        "SELECT 1 FROM reeve_task INDEXED BY reeve_task_tenant WHERE hold = 0 AND fair_key IS NOT NULL AND block & 4 = 0 AND queue = ? AND priority = ? AND fair_key = ?");
    if (other.bind(line.queue, line.priority, task.fair_key).step()) return;
  }
  Tenant tenant = load(line, task.fair_key);
  if (tenant.next == tenant.served) return;
  tenant.nothing_waits();
  keep(line, task.fair_key, tenant);
}

}  // namespace reeve::store::sqlite
