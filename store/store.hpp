// The durable truth about tasks: the contract of every store.
//
// A store is called by one thread at a time and it may block. It never reads a clock: a verb that depends on time is told `now`. It knows
// nothing of processes, sockets, YAML or logs. What another process got to first, or what a caller may not do, is an answer; only a store
// that cannot do its job throws StoreError.
//
// The verbs are cut by meaning into a few small interfaces: Tasks (the life of a task), Journal (what a running attempt reports), Runners
// (who works here), Queues (what an operator may stop), Schedules (ticks that are fired once), Batches (tasks that end together), Maintenance (the file itself), Door (what other
// programs wrote; store/door.hpp). Reading is apart (store/reader.hpp) and never waits
// for writing.
//
// Every verb is called inside batch(): that is the unit of durability. Each verb is atomic by itself - it changes everything it says or
// nothing - and is durable when the batch() it ran in returns. Every state change appends one event in the same transaction.
//
// Fencing: each claim of a task gets a strictly greater epoch. What an attempt writes carries its ClaimKey (task, epoch); a write whose
// epoch is not the current one, or whose task is no longer claimed or running, changes nothing and is answered as a lost claim.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "store/batches.hpp"
#include "store/door.hpp"
#include "store/reader.hpp"
#include "store/retention.hpp"
#include "store/rooms.hpp"
#include "store/schedules.hpp"
#include "store/step.hpp"
#include "store/task.hpp"

namespace reeve::store {

// ---------------------------------------------------------------------------------------------------------------- enqueue

struct ClaimKey {
  TaskId task{};
  std::int64_t epoch = 0;
  auto operator<=>(const ClaimKey&) const = default;
};

// reused: an equal task stands for the dedupe key. coalesced: a pending one with the concurrency key stands in, nothing was stored.
// superseded: created, and older ones ended for it.
enum class EnqueueDisposition { created, reused, coalesced, superseded };
[[nodiscard]] std::string_view name(EnqueueDisposition disposition);
[[nodiscard]] constexpr bool stores_a_task(EnqueueDisposition disposition) {
  return disposition == EnqueueDisposition::created || disposition == EnqueueDisposition::superseded;
}
[[nodiscard]] std::optional<EnqueueDisposition> parse_disposition(std::string_view word);

struct Enqueued {
  TaskId id{};
  EnqueueDisposition disposition = EnqueueDisposition::created;
  bool payload_differs = false;        // reused or coalesced, and the payload given now is another than the stored one
  std::vector<TaskId> superseded{};    // cancelled, or asked to stop, in favour of this one; ascending
  std::vector<ClaimKey> stop{};        // those of them that run: their attempts are to be stopped; empty in an answer that is given again
};

struct EnqueueRequest {
  std::vector<NewTask> tasks{};               // one or many; items see each other's keys
  std::optional<std::string> request_key{};   // the caller's idempotency key: the same key again gives the first answer and stores nothing
  std::string fingerprint{};                  // of the request body; another fingerprint under the same key is a conflict
  std::optional<NewBatch> batch{};            // made in the same step, the tasks (there may be none) being its first
};

// Nothing was stored. `item` is the index of the task at fault.
struct EnqueueRefused {
  enum class Reason { external_id_taken, request_key_reused, step_refused, key_busy, unknown_dependency, unknown_batch, batch_closed };
  Reason reason{};
  std::size_t item = 0;
  TaskId holder{};                            // external_id_taken: the task that has it; key_busy: the oldest open one with the key; 0: an item before it
  std::string message{};                      // step_refused: the name belongs to something else, or the task has too many steps; unknown_dependency: which
};

struct EnqueueDone {
  std::vector<Enqueued> tasks{};              // in the order of the request
  std::optional<BatchId> batch{};             // that was made
  bool replayed = false;                      // the request key was known: this is the first answer again
};

using EnqueueAnswer = std::variant<EnqueueDone, EnqueueRefused>;

// ------------------------------------------------------------------------------------------------------------------ claim

// A concurrency token (store/life.hpp) and how many bodies live that no longer hold their claim.
struct HeldKey {
  std::string token{};
  int bodies = 0;
  bool operator==(const HeldKey&) const = default;
};

struct ClaimRequest {
  std::int64_t runner = 0;
  Timestamp lease_expires_at{};
  int limit = 1;
  std::vector<KindRoom> kinds{};          // only these kinds are claimed
  std::vector<QueueRoom> queues{};        // a queue that is not named has no limit
  std::vector<Room> resources{};          // what is free of each; a kind that needs another one is not claimed
  std::optional<Millis> ageing{};         // of queues that name none: each such time of waiting counts as one more priority, up to 9
  std::vector<HeldKey> held_keys{};       // bodies that lost their claims and still live count against their keys
  std::vector<std::string> held_lines{};  // order keys of such bodies: nothing of their lines starts
};

struct ClaimAnswer {
  std::vector<Task> tasks{};                 // complete, payload included; task.epoch is the new token
  // The earliest moment after `now` when time alone makes a task due, gives one its token of a rate, expires one, fires a timer or ends a wait.
  std::optional<Timestamp> next_due{};
  bool rate_limited = false;                 // something due waits for nothing but its token
};

// ----------------------------------------------------------------------------------------------------------------- finish

// Which budget a further attempt is charged to. Only `attempt` uses up max_attempts; `crash` uses max_crashes.
enum class Budget { attempt, crash, interruption, snooze };

struct Succeed { std::string result{}; };                       // JSON bytes; empty: no result
struct Requeue { Timestamp at{}; Budget budget = Budget::attempt; };
struct Fail {};
struct Cancel { std::string code = "cancelled"; };
// Waits for what it asked for; gives its try back. Goes straight back to the queue, due now, when something it was told to wait for in this
// attempt has come meanwhile, or when it waits for nothing.
struct Suspend {};
using NextState = std::variant<Succeed, Requeue, Fail, Cancel, Suspend>;

// How an attempt ended and what becomes of its task. The rule that chose `next` is not the store's; see handlers/decide.hpp.
struct Finish {
  ClaimKey claim{};
  Outcome outcome = Outcome::succeeded;
  NextState next{};
  std::optional<TaskError> error{};
  std::optional<int> exit_code{};
  ResourceUse use{};
  int left_children = 0;
  std::int64_t pid = 0;
  std::optional<Timestamp> started_at{};     // for an attempt that ended before its start was recorded
  std::string executor{};                    // the same
  std::vector<NewTask> staged{};             // enqueued in the same step if the attempt succeeds and holds its claim; else forgotten
  bool keep_steps = true;                    // false: a success deletes the steps
};

struct Finished {
  bool recorded = false;       // false: the claim was lost meanwhile and nothing was written
  Status status = Status::queued;            // of the task now
  std::optional<Timestamp> retry_at{};       // when it is queued again
  std::vector<Enqueued> staged{};
  bool woke_others = false;    // tasks that waited for this one are queued now
  bool let_go = false;         // tasks that its keys held back may start now; a store may say so too often
};

// An attempt that was taken from its runner because its lease ran out or its runner is dead.
struct Lost {
  ClaimKey claim{};
  Status status = Status::queued;            // queued again, failed (no crash budget left) or cancelled (a cancel had been requested)
};

struct ExpireAnswer {
  std::vector<Lost> lost{};                  // their leases had run out
  std::vector<TaskId> expired{};             // queued tasks past expires_at, now cancelled with code `expired`
  bool more = false;                         // the limit was reached; call again
};

// ----------------------------------------------------------------------------------------------------- cancel, retry, remove

enum class CancelResult { cancelled, requested, already_requested, already_terminal, not_found };
struct CancelAnswer {
  CancelResult result{};
  Status status = Status::cancelled;         // of the task now, when it was found
  std::optional<ClaimKey> running{};         // requested: the attempt to stop
};

enum class RetryResult { requeued, not_terminal, succeeded_already, not_found };

// A new task from one that has ended.
struct RerunRequest {
  TaskId task{};
  std::optional<std::string> payload{};       // in place of the stored one; the caller has checked it
  std::string actor{};
  std::optional<std::string> request_key{};   // as of an EnqueueRequest
  std::string fingerprint{};
};

enum class RerunResult {
  rerun,               // `task` is the new one; it may have superseded others
  coalesced,           // a pending one with its concurrency key stands in, nothing was stored
  not_terminal,
  not_found,
  key_busy,            // its concurrency key refuses another one while `holder` is open
  request_key_reused
};

struct RerunAnswer {
  RerunResult result{};
  Enqueued task{};
  TaskId holder{};
  bool replayed = false;                      // the request key was known: this is the first answer again
};

enum class RemoveResult { removed, not_terminal, not_found };

// The life of a task.
class Tasks {
 public:
  virtual ~Tasks() = default;

  // Stores all tasks of the request or none, item by item. Dedupe is looked at before everything else: a hit changes nothing. Then the
  // conflict policy of the concurrency key, then supersede; see docs/guides/keys.md.
  virtual EnqueueAnswer enqueue(const EnqueueRequest& request, Timestamp now) = 0;

  // Hands up to `limit` due tasks to the runner: priority first, then the one due longest, then the lower id; where queues have weights or
  // tasks have fair keys, as store/turn.hpp says. Paused queues, kinds and labels, tasks whose concurrency key has no room and those that are not
  // first in their line are passed over. Each task gets epoch + 1, attempt + 1, status claimed, and an attempt row. Cost does not depend on how many tasks are
  // queued for later, held back, or finished, nor on how many tenants wait. Queued tasks past their expires_at are cancelled on the way, timers
  // fire and waits end whose time has come. At most a thousand of each in one claim, and a thousand tasks that are found to be blocked: if there
  // may be more, next_due is `now`; claim again.
  virtual ClaimAnswer claim(const ClaimRequest& request, Timestamp now) = 0;

  // The body of the attempt runs. False: the claim is lost.
  [[nodiscard]] virtual bool start(ClaimKey claim, std::int64_t pid, std::string_view executor, Timestamp now) = 0;

  // Moves the lease of every claim to `lease_expires_at`. Returns those that are lost: their attempts must be stopped, their writes are
  // refused. A lease that has already run out but was not taken yet is lost too.
  virtual std::vector<ClaimKey> renew(std::span<const ClaimKey> claims, Timestamp lease_expires_at, Timestamp now) = 0;

  // Takes back at most `limit` tasks whose lease ran out before `now` (outcome `lost`, charged to the crash budget) and cancels queued
  // tasks that expired. A lease that has not run out is never touched.
  virtual ExpireAnswer expire(Timestamp now, int limit) = 0;

  // Ends an attempt: its outcome and the task's next status, in one step. A cancel requested meanwhile turns Requeue and Fail into
  // cancelled; Succeed stands (the completion came first).
  [[nodiscard]] virtual Finished finish(const Finish& finish, Timestamp now) = 0;

  // A queued or waiting task ends at once; of a claimed or running one the request is recorded, survives restarts and lease changes, and
  // `running` names the attempt to stop; the event is task.cancel_requested. A second request keeps the first reason and time. Terminal tasks are unchanged.
  virtual CancelAnswer cancel(TaskId task, std::string_view reason, std::string_view actor, Timestamp now) = 0;

  // A failed or cancelled task is queued again as a new generation with fresh budgets; its error, progress and expires_at are cleared. It
  // gives up its dedupe key when another open task has taken that meanwhile. With `payload`, which the caller has checked, it goes on with that
  // one; its steps are kept all the same.
  virtual RetryResult retry(TaskId task, std::string_view actor, Timestamp now, const std::optional<std::string>& payload = std::nullopt) = 0;

  // Enqueues what a task that has ended was enqueued with, as a task of its own: kind, queue, priority, payload, metadata, overrides, labels,
  // budgets and the keys of concurrency, supersede, order and fairness, whose policies apply. The old one is untouched.
  virtual RerunAnswer rerun(const RerunRequest& request, Timestamp now) = 0;

  // Deletes a terminal task and everything that belongs to it but its task.deleted event.
  virtual RemoveResult remove(TaskId task, std::string_view actor, Timestamp now) = 0;
};

// ---------------------------------------------------------------------------------------------------------------- journal

// What a running attempt reports. Each answers false (or changes nothing) when the claim is lost.
class Journal {
 public:
  virtual ~Journal() = default;

  // Keeps the latest; percent, current never go backwards within an attempt (a smaller percent keeps the larger one, the label is taken).
  [[nodiscard]] virtual bool progress(ClaimKey claim, const Progress& progress, Timestamp now) = 0;

  // Appends lines in the order given; `task` and `epoch` of the lines are those of the claim, `seq` is assigned. Also accepted in the
  // same batch before a finish; refused after it.
  [[nodiscard]] virtual bool log(ClaimKey claim, std::span<const LogLine> lines, Timestamp now) = 0;

  // No sign of life from the handler: sets stale_at and the reason, with an event. Idempotent.
  [[nodiscard]] virtual bool flag_stale(ClaimKey claim, std::string_view reason, Timestamp now) = 0;

  // A sign of life came after all.
  [[nodiscard]] virtual bool clear_stale(ClaimKey claim, Timestamp now) = 0;
};

// --------------------------------------------------------------------------------------------------- steps, waits, signals

// Of every verb of an attempt below: `lost` means that its claim is gone and nothing changed.
struct StepBegun {
  enum class Result { begun, done, lost, refused };
  Result result{};
  std::string output{};          // done: of the completed step
  bool cancel_requested = false; // begun or done all the same; the body should stop
  std::string message{};         // refused: the name belongs to a wait, or the task has too many steps
};

struct StepEnded {
  enum class Result { recorded, already_completed, not_begun, lost };
  Result result{};
  bool cancel_requested = false;
};

struct WaitRequest {
  std::string name{};
  StepSort sort = StepSort::sleep;             // sleep, signal or tasks
  std::optional<Timestamp> until{};            // of a sleep: its end; of the others: when to give up waiting
  std::string signal_type{};                   // sort signal; empty: any
  std::vector<TaskId> tasks{};                 // sort tasks
  bool any = false;                            // sort tasks: one of them is enough
};

// What a wait gives when it is over: {"slept":true} | {"signal":{"id":..,"type":..,"payload":..,"sent_at":..}} | {"timeout":true} |
// {"tasks":[{"id":..,"status":..}, ...]}; a task that was deleted has the status "deleted".
struct WaitAnswer {
  enum class Result { done, waiting, lost, refused };
  Result result{};
  std::string output{};
  std::string message{};         // refused: the name belongs to something else, an unknown task, itself, too many
};

struct SignalTaken {
  enum class Result { taken, none, lost, refused };
  Result result{};
  Signal signal{};
};

enum class TimerResult { set, fires_now, already_fired, cancelled, unknown, lost, refused };

struct SignalSent {
  enum class Result { sent, terminal, not_found, too_many };
  Result result{};
  std::int64_t id = 0;
  bool resumed = false;          // the task waited for it and is queued again
};

// The parts of a task that outlive its attempts; see store/step.hpp. At most steps_max steps and waits, signals_max unconsumed signals and
// timers_max pending timers a task.
class Steps {
 public:
  static constexpr int steps_max = 10'000;
  static constexpr int signals_max = 10'000;
  static constexpr int timers_max = 1'000;
  virtual ~Steps() = default;

  // A completed step of that name: its output, and nothing is recorded. Else a try begins; one that is still marked running is tried again.
  virtual StepBegun begin_step(ClaimKey claim, std::string_view name, std::string_view input, Timestamp now) = 0;
  // The output, exactly once. `error` set: the try failed, the next attempt runs the step again. Event task.step.
  virtual StepEnded end_step(ClaimKey claim, std::string_view name, std::string_view output, const std::optional<TaskError>& error,
                             Timestamp now) = 0;
  // Asks for something to come. `until` of the first asking stands. An unconsumed signal that fits is consumed (oldest first), tasks that have
  // ended count. `waiting`: the attempt should now end with Suspend.
  virtual WaitAnswer wait(ClaimKey claim, const WaitRequest& request, Timestamp now) = 0;
  // The oldest unconsumed signal of the type (empty: of any). With a name, what was taken is given again under that name.
  virtual SignalTaken take_signal(ClaimKey claim, std::string_view name, std::string_view type, Timestamp now) = 0;
  // At `at` the signal `timer` with the payload {"name":...} arrives in the task's mailbox, once. The same name again moves it unless it
  // has fired. Event task.timer when it fires.
  virtual TimerResult set_timer(ClaimKey claim, std::string_view name, Timestamp at, Timestamp now) = 0;
  virtual TimerResult cancel_timer(ClaimKey claim, std::string_view name, Timestamp now) = 0;
  // An enqueue of a running attempt. With a name the task is stored the first time, and later the first answer is given again (nothing is
  // stored); with an empty name it is stored each time. Nullopt: the claim is lost.
  virtual std::optional<EnqueueAnswer> enqueue_once(ClaimKey claim, std::string_view name, const NewTask& task, Timestamp now) = 0;

  // Puts a signal into a task's mailbox; by anybody, also before the task asks for it. A task that waits for it consumes it and is queued
  // again. Event task.signal.
  virtual SignalSent send_signal(TaskId task, std::string_view type, std::string_view payload, std::string_view actor, Timestamp now) = 0;
};

// ---------------------------------------------------------------------------------------------------------------- runners

struct RunnerIdentity {
  std::string name{};         // of the host or the service
  std::string boot_id{};      // of the kernel's present boot
  std::string incarnation{};  // random, one per process life
  std::int64_t pid = 0;
};

// Supervisor incarnations.
class Runners {
 public:
  virtual ~Runners() = default;

  // Registers an incarnation and returns its number, greater than any before. Queues with weights begin to share anew.
  virtual std::int64_t open_runner(const RunnerIdentity& identity, Timestamp now) = 0;

  // The incarnation ends in good order; its tasks have all been finished or returned.
  virtual void close_runner(std::int64_t runner, Timestamp now) = 0;

  // The caller has proof that every incarnation other than `survivor` is dead (it holds the store's lock): takes back at most `limit` of
  // their claimed and running tasks at once, without waiting for leases. Outcome `lost`, charged to the crash budget. Call until `more` is
  // false.
  virtual ExpireAnswer requeue_dead(std::int64_t survivor, Timestamp now, int limit) = 0;
};

// ----------------------------------------------------------------------------------------------------------------- queues

class Queues {
 public:
  virtual ~Queues() = default;
  // False: it was so already. Running attempts go on; nothing is claimed from a paused queue. Queues need not be declared.
  virtual bool pause(std::string_view queue, std::string_view reason, std::string_view actor, Timestamp now) = 0;
  virtual bool resume(std::string_view queue, std::string_view actor, Timestamp now) = 0;

  // The same for a kind, known or not. A pause of a handler's name also holds back what was stored under its other names.
  virtual bool pause_kind(std::string_view kind, std::string_view reason, std::string_view actor, Timestamp now) = 0;
  virtual bool resume_kind(std::string_view kind, std::string_view actor, Timestamp now) = 0;
  // The same for every task that has the label. Held tasks cost a claim nothing once it has met them; the claims after a resume let them go,
  // at most a thousand each.
  virtual bool pause_label(std::string_view key, std::string_view value, std::string_view reason, std::string_view actor, Timestamp now) = 0;
  virtual bool resume_label(std::string_view key, std::string_view value, std::string_view actor, Timestamp now) = 0;
};

// -------------------------------------------------------------------------------------------------------------- revisions

struct RevisionRecorded {
  std::int64_t number = 0;
  bool fresh = false;         // false: the newest revision has this very text; nothing was stored
};

// The configurations that were in force, in order.
class Revisions {
 public:
  static constexpr int kept_max = 1'000;
  virtual ~Revisions() = default;
  // Keeps what came into force as the next number, with the event config.applied; `number` and `at` are assigned. The same hash as the newest
  // changes nothing. The oldest beyond kept_max are forgotten; numbers are never used again.
  virtual RevisionRecorded record(const Revision& revision, Timestamp now) = 0;
};

// -------------------------------------------------------------------------------------------------------------- schedules

enum class SchedulePut { created, changed, unchanged, taken };   // taken: the name belongs to the other origin
enum class ScheduleRemoved { removed, not_found, taken };

struct FireAnswer {
  enum class Result {
    fired,     // `task` says what became of the enqueue: it may have been reused, or stood in for
    already,   // the tick was taken before, or lies before one that was
    paused,    // nothing was taken
    unknown,   // there is no such schedule
    refused    // the store refuses the task; the tick is not taken
  };
  Result result{};
  Enqueued task{};
};

class Schedules {
 public:
  virtual ~Schedules() = default;

  // Makes the schedule known from `now` on; an added one gets the new spec. Events schedule.added and schedule.changed for added ones.
  virtual SchedulePut put(std::string_view name, ScheduleOrigin origin, std::string_view spec, std::string_view actor, Timestamp now) = 0;
  // Forgets it; its tasks stay. Event schedule.removed for added ones.
  virtual ScheduleRemoved remove(std::string_view name, ScheduleOrigin origin, std::string_view actor, Timestamp now) = 0;

  // False: it was so already, or there is none. Ticks that pass meanwhile are not made up for: resuming takes those up to `now`.
  virtual bool pause(std::string_view name, std::string_view reason, std::string_view actor, Timestamp now) = 0;
  virtual bool resume(std::string_view name, std::string_view actor, Timestamp now) = 0;

  // Takes the tick and stores its task, in one step. Event schedule.fired with the tick and the task.
  virtual FireAnswer fire(std::string_view name, Timestamp tick, const NewTask& task, Timestamp now) = 0;
  // Ticks up to `tick` are left out because they were missed. Event schedule.missed.
  virtual bool pass_over(std::string_view name, Timestamp tick, std::string_view why, Timestamp now) = 0;
};

// ------------------------------------------------------------------------------------------------------------ maintenance

class Maintenance {
 public:
  virtual ~Maintenance() = default;
  // One piece of what the policy lets go at `now`: at most `limit` rows of each sort. In this order: events from the front of the log; tasks by
  // age and number, status by status (succeeded, failed, cancelled) and kind by kind (by name), the one that ended first goes first; logs,
  // oldest lines first; steps; requests; and then whole tasks, until the store is no larger than it may be. Call until `more` is false.
  virtual RetentionReport retain(const RetentionPolicy& policy, Timestamp now, int limit) = 0;
  // Gives up to `bytes` of the space that deleted rows have left back to the file system. A store that leaves none answers so.
  virtual SpaceGiven give_space_back(std::int64_t bytes) = 0;
  // Appends an event of the caller's own making (runner.started, config.applied, ...).
  virtual Cursor append_event(const Event& event) = 0;
};

// ------------------------------------------------------------------------------------------------------------------ store

class Store;

// One client's piece of work in a batch: it calls verbs and keeps their answers until the batch has committed.
class Operation {
 public:
  virtual ~Operation() = default;
  // May be called more than once: when a neighbour fails, the transaction is rolled back and the others are run again. Overwrite, don't add.
  virtual void run(Store& store) = 0;
  // run() threw `reason` and left no trace; its neighbours were committed all the same.
  virtual void refuse(std::exception_ptr reason) = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // Runs all operations in the given order in one transaction and commits it durably. On return every operation either took effect or was
  // told refuse(). Throws StoreError when the transaction could not be committed: then none took effect.
  virtual void batch(std::span<Operation* const> operations) = 0;

  virtual Tasks& tasks() = 0;
  virtual Journal& journal() = 0;
  virtual Steps& steps() = 0;
  virtual Runners& runners() = 0;
  virtual Queues& queues() = 0;
  virtual Revisions& revisions() = 0;
  virtual Schedules& schedules() = 0;
  virtual Batches& batches() = 0;
  virtual Maintenance& maintenance() = 0;
  virtual Door& door() = 0;

  // Another view of the same store for reading, for use by one other thread, at the same time as this. May outlive nothing: close it first.
  virtual std::unique_ptr<Reader> open_reader() = 0;

  // A look at the inbox for one other thread, as open_reader(). Null: no other program can write into this store.
  virtual std::unique_ptr<Peephole> open_peephole() = 0;

  // Sequence number of the last committed event.
  [[nodiscard]] virtual Cursor last_event() const = 0;

  // Idle work outside any batch, by the thread that calls batch(): checkpoints and gives space back. Cheap when there is nothing to do;
  // false: nothing is left to do until something is written again.
  virtual bool tidy_up() = 0;
};

// The store cannot do its job. what() is for the operator: it names the file, what happened and the next step.
class StoreError : public std::exception {
 public:
  enum class Kind {
    busy,      // another program holds the write lock too long; nothing was written, try again
    full,      // no space; nothing was written, service resumes when there is space
    io,        // a read, write or fsync failed: fail-stop, exit, recover at the next start
    corrupt,   // the file is damaged: untouched, fail-stop
    foreign,   // the file is something else: untouched
    newer,     // a newer reeve wrote it: untouched
    in_use,    // another daemon holds it
    unusable   // permissions, missing directory, network file system, defective library: says which
  };
  StoreError(Kind kind, std::string message) : kind_(kind), message_(std::move(message)) {}
  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  // No further call of the store makes sense in this process.
  [[nodiscard]] bool fatal() const noexcept { return kind_ != Kind::busy && kind_ != Kind::full; }

 private:
  Kind kind_;
  std::string message_;
};
[[nodiscard]] std::string_view name(StoreError::Kind kind);

// Runs `work(store)` as a batch of its own and returns its answer. For start-up, tools and tests; the daemon groups (StoreThread).
template <class Work>
auto transact(Store& store, Work work) -> decltype(work(store)) {
  using Answer = decltype(work(store));
  struct One final : Operation {
    explicit One(Work& job) : work(job) {}
    void run(Store& inside) override {
      if constexpr (std::is_void_v<Answer>) work(inside);
      else answer.emplace(work(inside));
    }
    void refuse(std::exception_ptr why) override { reason = why; }
    Work& work;
    std::conditional_t<std::is_void_v<Answer>, std::monostate, std::optional<std::conditional_t<std::is_void_v<Answer>, int, Answer>>> answer{};
    std::exception_ptr reason{};
  } one{work};
  Operation* const operations[] = {&one};
  store.batch(operations);
  if (one.reason) std::rethrow_exception(one.reason);
  if constexpr (!std::is_void_v<Answer>) return std::move(*one.answer);
}

}  // namespace reeve::store
