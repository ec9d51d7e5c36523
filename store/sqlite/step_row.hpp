// Steps and waits as rows: read, written, and what a wait for tasks waits for.
#pragma once

#include <string_view>
#include <vector>

#include "store/sqlite/connection.hpp"
#include "store/steps.hpp"

namespace reeve::store::sqlite {

struct StepRow : KeptStep {
  std::int64_t id = 0;         // 0: not stored yet
  std::int64_t newest_try = 0;
};

#define REEVE_STEP_COLUMNS                                                                                                               \
  "s.id, s.task, s.name, s.sort, s.status, s.input, s.output, s.error_code, s.error_message, s.tries, s.newest_try, s.epoch, s.begun_at, " \
  "s.ended_at, s.wake_at, s.signal_type, s.any_task, s.pending"

[[nodiscard]] StepRow read_step(Row row);
[[nodiscard]] std::optional<StepRow> load_step(Connection& db, TaskId task, std::string_view name);
[[nodiscard]] std::optional<StepRow> load_step(Connection& db, std::int64_t id);

// Stores it as a further one of its task and gives it its id.
void insert_step(Connection& db, StepRow& step);
// Everything but who it is.
void update_step(Connection& db, const StepRow& step);

// In the order in which they were named; empty unless the wait waits.
[[nodiscard]] std::vector<AwaitedTask> load_awaited(Connection& db, std::int64_t step);

}  // namespace reeve::store::sqlite
