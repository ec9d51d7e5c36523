// The tables of the memory store, and the way back: every change notes how to undo it until the batch has committed.
//
// One mutex: batch() holds it from the first operation to the last, a reader for one call. So a reader sees committed states only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/composition.hpp"
#include "store/fair.hpp"
#include "store/rate_book.hpp"
#include "store/shares.hpp"
#include "store/steps.hpp"
#include "store/store.hpp"

namespace reeve::store::memory {

struct StepRow : KeptStep {
  std::int64_t number = 0;                        // order in which steps were first begun
  std::vector<AwaitedTask> awaited{};             // of a wait for tasks, while it waits
};

struct RememberedRequest {
  std::string fingerprint{};
  std::vector<Enqueued> tasks{};
  std::optional<BatchId> batch{};
  Timestamp at{};
};

// A task that has ended and whose dependents were not all told.
struct Release {
  TaskId task{};
  Status status = Status::succeeded;
};

struct BatchRow {
  Batch batch{};                                  // `counts`: of the tasks that were deleted
  Callbacks callbacks{};
  bool empty = false;                             // it ended when no task of it was there
};

class State {
 public:
  // Changed through the functions below only.
  std::map<TaskId, Task> tasks{};
  std::map<TaskId, std::vector<Attempt>> attempts{};
  std::map<TaskId, std::vector<LogLine>> logs{};
  std::map<TaskId, std::int64_t> logs_let_go{};   // the number of the last line that retention took
  std::map<TaskId, Timestamp> progress_events{};  // when the newest task.progress event of the attempt was appended
  std::map<std::pair<TaskId, std::string>, StepRow> steps{};
  std::map<std::pair<TaskId, std::int64_t>, StepTry> step_tries{};  // by a number that grows over all tasks
  std::map<std::pair<TaskId, std::int64_t>, Signal> signals{};
  std::map<std::pair<TaskId, std::string>, Timer> timers{};
  std::map<std::int64_t, Event> events{};
  std::map<std::string, RememberedRequest, std::less<>> requests{};
  std::map<std::string, QueuePause, std::less<>> pauses{};
  std::map<std::string, KindPause> kind_pauses{};
  std::map<std::pair<std::string, std::string>, LabelPause> label_pauses{};
  std::map<std::pair<RateRow::Of, std::string>, std::int64_t> rates{};
  std::map<Line, std::int64_t> lines{};                            // those that have tenants, and the place of the task served last
  std::map<std::pair<Line, std::string>, Tenant> tenants{};
  std::map<TaskId, std::int64_t> places{};                         // of queued tasks that are ready
  Shares shares{};
  RateBook rate_book{};                                            // not undone: forgotten
  std::map<std::int64_t, Revision> revisions{};
  std::map<std::string, ScheduleRow, std::less<>> schedules{};
  std::map<std::pair<TaskId, TaskId>, std::optional<Status>> dependencies{};   // task, after: how that had ended when it was told
  std::map<TaskId, AfterPolicy> after_policies{};
  std::map<std::int64_t, Release> releases{};     // by a number that grows
  std::map<BatchId, BatchRow> batches{};
  std::vector<BatchId> ending{};                  // a task of theirs has ended in this verb, or they were closed
  bool tell_now = false;                          // this verb begins with `releases`
  std::vector<RunnerRow> runners{};
  std::map<std::int64_t, DoorRow> inbox{};
  std::map<std::int64_t, RefusedRow> refused{};
  std::map<std::string, Timestamp, std::less<>> taken{};   // tokens of outboxes
  std::int64_t last_task = 0;
  std::int64_t last_event = 0;
  std::int64_t last_step = 0;
  std::int64_t last_try = 0;
  std::int64_t last_signal = 0;
  std::int64_t last_release = 0;
  std::int64_t last_batch = 0;
  std::int64_t last_revision = 0;
  std::int64_t last_left = 0;
  std::int64_t last_refused = 0;
  std::int64_t pruned_events = 0;                 // retention has let go everything up to here
  mutable std::mutex mutex{};

  void begin();                                   // a batch
  void commit();
  void rollback();
  void require_batch() const;                     // throws std::logic_error outside a batch
  [[nodiscard]] std::size_t mark() const { return undo_.size(); }
  void go_back(std::size_t mark);                 // undoes what was changed since

  [[nodiscard]] Task* find(TaskId id);
  [[nodiscard]] const Task* find(TaskId id) const;
  [[nodiscard]] bool is_paused(const Task& task) const;                // its queue, its kind, or a label of it
  [[nodiscard]] Paused paused() const;
  Task& edit(Task& task);                         // notes its present value first
  Task& add(Task task);                           // its number was taken from last_task
  Attempt& add(Attempt attempt);
  Attempt& edit_attempt(ClaimKey claim);
  void append(Event event);                       // assigns seq
  void append_log(ClaimKey claim, const LogLine& line);
  void note_progress_event(TaskId id, std::optional<Timestamp> at);
  void erase_task(TaskId id);                     // and all that belongs to it, its events included
  void erase_event(std::int64_t seq);
  void set_pruned(std::int64_t seq);
  void remember(const std::string& key, RememberedRequest request);
  void forget_request(const std::string& key);
  void set_pause(const QueuePause& pause);
  void erase_pause(std::string_view queue);
  RunnerRow& add(RunnerRow runner);
  void stop_runner(RunnerRow& runner, Timestamp at);
  void set_tell_now(bool tell) {
    note(tell_now);
    tell_now = tell;
  }
  std::vector<BatchId>& edit_ending() {
    note(ending);
    return ending;
  }
  Shares& edit_shares() {
    note(shares);
    return shares;
  }
  std::int64_t next(std::int64_t& counter) {      // one of the last_ numbers
    note(counter);
    return ++counter;
  }
  // A row of `table` to be changed, made when there is none.
  template <class Table>
  auto& edit(Table& table, const typename Table::key_type& key) {
    note_row(table, key);
    return table[key];
  }
  template <class Table>
  void erase(Table& table, const typename Table::key_type& key) {
    note_row(table, key);
    table.erase(key);
  }
  // The keys of the rows of one task, in a table that is keyed by task and something else.
  template <class Table>
  [[nodiscard]] static std::vector<typename Table::key_type> keys_of(const Table& table, TaskId task) {
    std::vector<typename Table::key_type> keys;
    for (auto row = table.lower_bound({task, {}}); row != table.end() && row->first.first == task; ++row) keys.push_back(row->first);
    return keys;
  }

 private:
  template <class Value>
  void note(Value& place) {
    undo_.push_back([&place, before = place] { place = before; });
  }
  template <class Table>
  void note_row(Table& table, const typename Table::key_type& key) {
    const auto row = table.find(key);
    if (row == table.end()) undo_.push_back([&table, key] { table.erase(key); });
    else undo_.push_back([&table, key, before = row->second] { table[key] = before; });
  }
  std::vector<std::function<void()>> undo_{};
  bool in_batch_ = false;
};

}  // namespace reeve::store::memory
