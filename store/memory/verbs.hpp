// The verbs of the memory store: plain containers, plain loops. This is the model that the other stores are held against, so it is written
// to be obviously right, not fast: a claim looks at every task.
#pragma once

#include "store/life.hpp"
#include "store/memory/ends.hpp"
#include "store/memory/keys.hpp"
#include "store/memory/state.hpp"
#include "store/memory/waits.hpp"
#include "store/store.hpp"

namespace reeve::store::memory {

class MemoryTasks final : public Tasks {
 public:
  explicit MemoryTasks(State& state) : state_(state) {}
  EnqueueAnswer enqueue(const EnqueueRequest& request, Timestamp now) override;
  ClaimAnswer claim(const ClaimRequest& request, Timestamp now) override;
  bool start(ClaimKey claim, std::int64_t pid, std::string_view executor, Timestamp now) override;
  std::vector<ClaimKey> renew(std::span<const ClaimKey> claims, Timestamp lease_expires_at, Timestamp now) override;
  ExpireAnswer expire(Timestamp now, int limit) override;
  Finished finish(const Finish& finish, Timestamp now) override;
  CancelAnswer cancel(TaskId task, std::string_view reason, std::string_view actor, Timestamp now) override;
  RetryResult retry(TaskId task, std::string_view actor, Timestamp now, const std::optional<std::string>& payload) override;
  RerunAnswer rerun(const RerunRequest& request, Timestamp now) override;
  RemoveResult remove(TaskId task, std::string_view actor, Timestamp now) override;

  // Parts of verbs. Whoever calls them settles when it has done all of its own.
  Lost take_back(Task& task, LostBy cause, Timestamp now);
  EnqueueAnswer admit(const EnqueueRequest& request, Timestamp now);
  void cancel_queued(Task& task, std::string_view code, std::string_view reason, std::string_view actor, Timestamp now);
  Settled settle(Timestamp now) { return ends_.settle(now); }

 private:
  std::optional<EnqueueAnswer> replay(const EnqueueRequest& request) const;
  std::variant<Enqueued, EnqueueRefused> enqueue_item(const NewTask& wanted, std::optional<BatchId> fresh, std::span<const Enqueued> before, Timestamp now);
  void supersede(Task& task, Enqueued& successor, std::string_view actor, Timestamp now);
  std::vector<Task*> claimable(Timestamp now);
  std::vector<TaskId> cancel_expired(Timestamp now, int limit);
  std::vector<Enqueued> enqueue_staged(const Task& parent, const std::vector<NewTask>& staged, Timestamp now);
  State& state_;
  Keys keys_{state_};
  Waits waits_{state_};
  Ends ends_{state_, *this};
};

// A sign of life of the handler ends staleness.
void saw_life(State& state, Task& task, Timestamp now);

class MemoryJournal final : public Journal {
 public:
  explicit MemoryJournal(State& state) : state_(state) {}
  bool progress(ClaimKey claim, const Progress& progress, Timestamp now) override;
  bool log(ClaimKey claim, std::span<const LogLine> lines, Timestamp now) override;
  bool flag_stale(ClaimKey claim, std::string_view reason, Timestamp now) override;
  bool clear_stale(ClaimKey claim, Timestamp now) override;

 private:
  Task* held(ClaimKey claim);
  State& state_;
};

class MemorySteps final : public Steps {
 public:
  MemorySteps(State& state, MemoryTasks& tasks) : state_(state), tasks_(tasks) {}
  StepBegun begin_step(ClaimKey claim, std::string_view name, std::string_view input, Timestamp now) override;
  StepEnded end_step(ClaimKey claim, std::string_view name, std::string_view output, const std::optional<TaskError>& error,
                     Timestamp now) override;
  WaitAnswer wait(ClaimKey claim, const WaitRequest& request, Timestamp now) override;
  SignalTaken take_signal(ClaimKey claim, std::string_view name, std::string_view type, Timestamp now) override;
  TimerResult set_timer(ClaimKey claim, std::string_view name, Timestamp at, Timestamp now) override;
  TimerResult cancel_timer(ClaimKey claim, std::string_view name, Timestamp now) override;
  std::optional<EnqueueAnswer> enqueue_once(ClaimKey claim, std::string_view name, const NewTask& task, Timestamp now) override;
  SignalSent send_signal(TaskId task, std::string_view type, std::string_view payload, std::string_view actor, Timestamp now) override;

 private:
  Task* held(ClaimKey claim, Timestamp now);                               // a sign of life, too
  StepRow* find(TaskId task, std::string_view name);
  std::optional<std::string> refuse_new(TaskId task) const;
  void add(KeptStep step);
  StepRow begin_wait(const Task& task, const WaitRequest& request, Timestamp now) const;
  SignalTaken again(const StepRow& known) const;
  State& state_;
  MemoryTasks& tasks_;
  Waits waits_{state_};
};

class MemoryRunners final : public Runners {
 public:
  MemoryRunners(State& state, MemoryTasks& tasks) : state_(state), tasks_(tasks) {}
  std::int64_t open_runner(const RunnerIdentity& identity, Timestamp now) override;
  void close_runner(std::int64_t runner, Timestamp now) override;
  ExpireAnswer requeue_dead(std::int64_t survivor, Timestamp now, int limit) override;

 private:
  void stop(RunnerRow& runner, std::string data, Timestamp now);
  State& state_;
  MemoryTasks& tasks_;
};

class MemoryQueues final : public Queues {
 public:
  explicit MemoryQueues(State& state) : state_(state) {}
  bool pause(std::string_view queue, std::string_view reason, std::string_view actor, Timestamp now) override;
  bool resume(std::string_view queue, std::string_view actor, Timestamp now) override;
  bool pause_kind(std::string_view kind, std::string_view reason, std::string_view actor, Timestamp now) override;
  bool resume_kind(std::string_view kind, std::string_view actor, Timestamp now) override;
  bool pause_label(std::string_view key, std::string_view value, std::string_view reason, std::string_view actor, Timestamp now) override;
  bool resume_label(std::string_view key, std::string_view value, std::string_view actor, Timestamp now) override;

 private:
  void let_go(const std::string& key, const std::string& value, Timestamp now);
  State& state_;
};

class MemoryRevisions final : public Revisions {
 public:
  explicit MemoryRevisions(State& state) : state_(state) {}
  RevisionRecorded record(const Revision& revision, Timestamp now) override;

 private:
  State& state_;
};

class MemorySchedules final : public Schedules {
 public:
  MemorySchedules(State& state, MemoryTasks& tasks) : state_(state), tasks_(tasks) {}
  SchedulePut put(std::string_view name, ScheduleOrigin origin, std::string_view spec, std::string_view actor, Timestamp now) override;
  ScheduleRemoved remove(std::string_view name, ScheduleOrigin origin, std::string_view actor, Timestamp now) override;
  bool pause(std::string_view name, std::string_view reason, std::string_view actor, Timestamp now) override;
  bool resume(std::string_view name, std::string_view actor, Timestamp now) override;
  FireAnswer fire(std::string_view name, Timestamp tick, const NewTask& task, Timestamp now) override;
  bool pass_over(std::string_view name, Timestamp tick, std::string_view why, Timestamp now) override;

 private:
  State& state_;
  MemoryTasks& tasks_;
};

class MemoryBatches final : public Batches {
 public:
  MemoryBatches(State& state, MemoryTasks& tasks) : state_(state), tasks_(tasks) {}
  BatchClosed close(BatchId batch, std::string_view actor, Timestamp now) override;

 private:
  State& state_;
  MemoryTasks& tasks_;
};

class MemoryMaintenance final : public Maintenance {
 public:
  explicit MemoryMaintenance(State& state) : state_(state) {}
  RetentionReport retain(const RetentionPolicy& policy, Timestamp now, int limit) override;
  SpaceGiven give_space_back(std::int64_t bytes) override;
  Cursor append_event(const Event& event) override;

 private:
  State& state_;
};

}  // namespace reeve::store::memory
