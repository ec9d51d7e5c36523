// Reads the memory store from another thread: each call takes the mutex once.
#pragma once

#include "store/memory/state.hpp"
#include "store/reader.hpp"

namespace reeve::store::memory {

class MemoryReader final : public Reader {
 public:
  explicit MemoryReader(State& state) : state_(state) {}
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
  [[nodiscard]] Task with_block(Task task) const;     // what holds it back now is nowhere kept
  State& state_;
};

}  // namespace reeve::store::memory
