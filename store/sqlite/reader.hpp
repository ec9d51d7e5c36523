// Reads the file through a connection of its own that never writes and never checkpoints.
#pragma once

#include "store/open.hpp"
#include "store/reader.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/step_row.hpp"

namespace reeve::store::sqlite {

class SqliteReader final : public Reader {
 public:
  SqliteReader(std::string path, Durability durability, Millis busy_timeout);
  std::optional<Task> get(TaskId id) override;
  std::optional<TaskId> find_external(std::string_view external_id) override;
  TaskPage list(const ListQuery& query, Timestamp now) override;
  FailurePage failures(const FailureQuery& query) override;
  std::vector<Attempt> attempts(TaskId id) override;
  LogPage log(const LogQuery& query) override;
  StepPage steps(const StepQuery& query) override;
  std::vector<Step> pending_waits(TaskId id) override;
  std::vector<StepTry> step_tries(TaskId id) override;
  SignalPage signals(const SignalQuery& query) override;
  std::vector<Timer> timers(TaskId id) override;
  std::vector<StepTimings> step_timings(std::string_view kind, int newest) override;
  EventPage events(const EventQuery& query) override;
  Cursor last_event() override;
  Cursor first_event() override;
  std::vector<CountRow> counts() override;
  Paused pauses() override;
  std::vector<RateRow> rates() override;
  std::optional<RateRow> key_rate(std::string_view kind, std::string_view token) override;
  std::vector<Revision> revisions(std::optional<std::int64_t> before, int limit) override;
  std::optional<Revision> revision(std::int64_t number) override;
  std::vector<ScheduleRow> schedules() override;
  std::vector<RunnerRow> runners(int limit) override;
  Position position(TaskId id, Timestamp now, std::int64_t limit) override;
  KeyHolds key_holds(TaskId id, Timestamp now, std::int64_t limit) override;
  Dependencies dependencies(TaskId id) override;
  std::optional<Batch> batch(BatchId id) override;
  BatchPage batches(const BatchQuery& query) override;
  KindTimings timings(std::string_view kind, int newest) override;
  StoreFacts facts() override;
  std::vector<RefusedRow> refused(int limit) override;
  StoreAnatomy anatomy() override;
  RetentionReport would_let_go(const RetentionPolicy& policy, Timestamp now) override;
  std::vector<std::string> check() override;
  void backup(const std::string& path) override;

 private:
  LogPage next_lines(const LogQuery& query);
  LogPage newest_lines(const LogQuery& query);
  std::vector<Step> with_awaited(std::vector<StepRow> rows);
  void tell_of_door(StoreFacts& facts, bool defective);
  Connection db_;
  Durability durability_;
};

}  // namespace reeve::store::sqlite
