// One piece of retention: at most `limit` rows of each sort, in the order that the contract gives. What is known of tasks that have ended is
// in indexes of their own, so a piece costs what it deletes and not what is kept.
#pragma once

#include <string>
#include <vector>

#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {

class RetentionPiece {
 public:
  RetentionPiece(Session& session, SqliteTasks& tasks, const RetentionPolicy& policy, Timestamp now, int limit)
      : session_(session), db_(session.db), tasks_(tasks), policy_(policy), now_(now), limit_(limit) {}
  [[nodiscard]] RetentionReport run();

 private:
  void events();
  void tasks();
  void tasks_of(Status status, const std::string& kind, std::int64_t excess, std::optional<Timestamp> before);
  void log_of_each_task();
  void all_logs();
  void trim_log(TaskId task, std::int64_t excess);
  void steps();
  void trim_steps(TaskId task, std::int64_t excess);
  void requests();
  void empty_batches();
  void size();
  [[nodiscard]] std::vector<TaskId> ended_first();
  std::int64_t delete_events_to(std::int64_t seq);
  void let_go(TaskId task, Status status);
  void reached_limit() { report_.more = true; }
  [[nodiscard]] std::optional<Timestamp> next_due();

  Session& session_;
  Connection& db_;
  SqliteTasks& tasks_;
  const RetentionPolicy& policy_;
  Timestamp now_;
  std::int64_t limit_;
  RetentionReport report_{};
};

// A status of a kind, and how many tasks are there.
struct EndedGroup {
  Status status = Status::succeeded;
  std::string kind{};
  std::int64_t count = 0;
};
// The groups of tasks that have ended, by status and then by kind. Counts that are not written yet are not seen.
[[nodiscard]] std::vector<EndedGroup> ended_groups(Connection& db);
// Bytes of the file that hold something.
[[nodiscard]] std::int64_t used_bytes(Connection& db);
[[nodiscard]] std::int64_t sum_of_logs(Connection& db);
// At which moment `age` after `at` is over.
[[nodiscard]] inline Timestamp due_after(Timestamp at, Millis age) { return at + age + Millis{1}; }

}  // namespace reeve::store::sqlite
