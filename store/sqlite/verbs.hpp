// The verbs of the SQLite store, one source file a verb. Each reads what it needs, applies the rule of store/life.hpp, and writes what
// changed; the transaction around it is the batch's.
#pragma once

#include "store/sqlite/after.hpp"
#include "store/sqlite/ends.hpp"
#include "store/sqlite/key_rates.hpp"
#include "store/sqlite/keys.hpp"
#include "store/sqlite/label_pauses.hpp"
#include "store/sqlite/lines.hpp"
#include "store/sqlite/session.hpp"
#include "store/sqlite/step_row.hpp"
#include "store/sqlite/task_row.hpp"
#include "store/sqlite/waits.hpp"
#include "store/store.hpp"
#include "store/turn.hpp"

namespace reeve::store::sqlite {

class KeyJudge;

class SqliteTasks final : public Tasks {
 public:
  explicit SqliteTasks(Session& session) : session_(session) {}
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
  // A claimed or running task is taken from its runner.
  Lost take_back(TaskId task, LostBy cause, Timestamp now);
  EnqueueAnswer admit(const EnqueueRequest& request, Timestamp now);
  void cancel_queued(HotTask& task, std::string_view code, std::string_view reason, std::string_view actor, Timestamp now);
  Settled settle(Timestamp now) { return ends_.settle(now); }

 private:
  std::optional<EnqueueAnswer> replay(const EnqueueRequest& request);
  void remember(const EnqueueRequest& request, const EnqueueDone& done, Timestamp now);
  // `fresh`: the batch that is made with it; `before`: the items before it in the request.
  std::variant<Enqueued, EnqueueRefused> enqueue_item(const NewTask& wanted, std::optional<BatchId> fresh, std::span<const Enqueued> before, Timestamp now);
  std::optional<Enqueued> find_twin(const NewTask& wanted, const std::string& token, Timestamp now);
  std::optional<TaskId> stands_for(const std::string& token, Timestamp now);   // a dedupe key
  std::optional<TaskId> find_external(const std::string& external_id);
  Enqueued coalesce(TaskId standing, const NewTask& skipped, Timestamp now);
  void supersede(TaskId id, Enqueued& successor, std::string_view actor, Timestamp now);
  void insert(const NewTask& fresh, TaskId id, std::optional<BatchId> batch, const std::optional<std::string>& token, const std::vector<Dependency>& after,
              Timestamp now);
  void insert_payload(const NewTask& fresh, TaskId id);

  bool promote(Timestamp now);                                              // true: there may be more
  bool promote_into_lines(Timestamp now);
  struct Choice {
    std::vector<Head> heads{};              // taken when all is chosen: taking changes the index that the lanes read
    std::optional<Timestamp> token{};       // when a rate lets go the next one that it holds back
  };
  std::optional<Timestamp> hand_out(const ClaimRequest& request, Timestamp now, std::vector<Task>& taken, bool& tired);
  std::optional<Choice> choose(const ClaimRequest& request, KeyJudge& judge, Timestamp now);
  bool take(const Head& head, const ClaimRequest& request, Timestamp now, std::vector<Task>& taken);
  void cut_rates(const ClaimRequest& request, Timestamp now);
  std::optional<Timestamp> next_due(Timestamp now);

  Finished end(HotTask& task, const Finish& finish, Timestamp now);
  void write_ended(const Task& task, Timestamp now);
  void write_attempt(const Finish& finish, Timestamp now);
  std::vector<TaskId> cancel_expired(Timestamp now, int limit);
  void give_up_dedupe(TaskId id);
  std::vector<Enqueued> enqueue_staged(const Task& parent, const std::vector<NewTask>& staged, Timestamp now);
  Session& session_;
  Keys keys_{session_.db};
  Waits waits_{session_};
  Lines lines_{session_};
  After after_{session_.db};
  Ends ends_{session_, *this, keys_, lines_};
  LabelPauses pauses_{session_, keys_, lines_};
  KeyRates key_rates_{session_, keys_};
};

// A sign of life of the handler ends staleness.
void saw_life(Session& session, const Task& task, Timestamp now);

class SqliteJournal final : public Journal {
 public:
  explicit SqliteJournal(Session& session) : session_(session) {}
  bool progress(ClaimKey claim, const Progress& progress, Timestamp now) override;
  bool log(ClaimKey claim, std::span<const LogLine> lines, Timestamp now) override;
  bool flag_stale(ClaimKey claim, std::string_view reason, Timestamp now) override;
  bool clear_stale(ClaimKey claim, Timestamp now) override;

 private:
  std::optional<Task> held(ClaimKey claim);
  Session& session_;
};

class SqliteSteps final : public Steps {
 public:
  SqliteSteps(Session& session, SqliteTasks& tasks) : session_(session), tasks_(tasks) {}
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
  std::optional<HotTask> held(ClaimKey claim, Timestamp now);              // a sign of life, too
  std::vector<AwaitedTask> look_at(const std::vector<TaskId>& tasks);
  void expect(const StepRow& wait, const std::vector<AwaitedTask>& tasks);
  SignalTaken again(const StepRow& known);
  Session& session_;
  SqliteTasks& tasks_;
  Waits waits_{session_};
};

class SqliteRunners final : public Runners {
 public:
  SqliteRunners(Session& session, SqliteTasks& tasks) : session_(session), tasks_(tasks) {}
  std::int64_t open_runner(const RunnerIdentity& identity, Timestamp now) override;
  void close_runner(std::int64_t runner, Timestamp now) override;
  ExpireAnswer requeue_dead(std::int64_t survivor, Timestamp now, int limit) override;

 private:
  void stop(std::int64_t runner, std::string data, Timestamp now);
  Session& session_;
  SqliteTasks& tasks_;
};

class SqliteQueues final : public Queues {
 public:
  explicit SqliteQueues(Session& session) : session_(session) {}
  bool pause(std::string_view queue, std::string_view reason, std::string_view actor, Timestamp now) override;
  bool resume(std::string_view queue, std::string_view actor, Timestamp now) override;
  bool pause_kind(std::string_view kind, std::string_view reason, std::string_view actor, Timestamp now) override;
  bool resume_kind(std::string_view kind, std::string_view actor, Timestamp now) override;
  bool pause_label(std::string_view key, std::string_view value, std::string_view reason, std::string_view actor, Timestamp now) override;
  bool resume_label(std::string_view key, std::string_view value, std::string_view actor, Timestamp now) override;

 private:
  Session& session_;
};

class SqliteRevisions final : public Revisions {
 public:
  explicit SqliteRevisions(Session& session) : session_(session) {}
  RevisionRecorded record(const Revision& revision, Timestamp now) override;

 private:
  Session& session_;
};

class SqliteSchedules final : public Schedules {
 public:
  SqliteSchedules(Session& session, SqliteTasks& tasks) : session_(session), tasks_(tasks) {}
  SchedulePut put(std::string_view name, ScheduleOrigin origin, std::string_view spec, std::string_view actor, Timestamp now) override;
  ScheduleRemoved remove(std::string_view name, ScheduleOrigin origin, std::string_view actor, Timestamp now) override;
  bool pause(std::string_view name, std::string_view reason, std::string_view actor, Timestamp now) override;
  bool resume(std::string_view name, std::string_view actor, Timestamp now) override;
  FireAnswer fire(std::string_view name, Timestamp tick, const NewTask& task, Timestamp now) override;
  bool pass_over(std::string_view name, Timestamp tick, std::string_view why, Timestamp now) override;

 private:
  Session& session_;
  SqliteTasks& tasks_;
};

class SqliteBatches final : public Batches {
 public:
  SqliteBatches(Session& session, SqliteTasks& tasks) : session_(session), tasks_(tasks) {}
  BatchClosed close(BatchId batch, std::string_view actor, Timestamp now) override;

 private:
  Session& session_;
  SqliteTasks& tasks_;
};

class SqliteMaintenance final : public Maintenance {
 public:
  SqliteMaintenance(Session& session, SqliteTasks& tasks) : session_(session), tasks_(tasks) {}
  RetentionReport retain(const RetentionPolicy& policy, Timestamp now, int limit) override;
  SpaceGiven give_space_back(std::int64_t bytes) override;
  Cursor append_event(const Event& event) override;

 private:
  Session& session_;
  SqliteTasks& tasks_;
};

// Errors are kept per attempt, and under epoch 0 for the task itself.
void write_error(Connection& db, TaskId task, std::int64_t epoch, const TaskError& error);

}  // namespace reeve::store::sqlite
