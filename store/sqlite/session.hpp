// What the verbs of one SQLite store share: the writing connection, the numbers given out next, the counts gathered during a batch, what is
// paused - and the transaction around all of it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "store/fair.hpp"
#include "store/life.hpp"
#include "store/rate_book.hpp"
#include "store/shares.hpp"
#include "store/sqlite/connection.hpp"
#include "store/store.hpp"

namespace reeve::store::sqlite {

// How many more or fewer tasks are where, since the batch began.
class CountDeltas {
 public:
  void add(const Task& task, Status status, int by);
  void moved(const Task& task, Status from) {
    add(task, from, -1);
    add(task, task.status, +1);
  }
  void write(Connection& db);
  void clear() { deltas_.clear(); }

 private:
  using Key = std::tuple<std::string, std::string, Status>;
  using View = std::tuple<std::string_view, std::string_view, Status>;
  // std::less<> would do, but clang 14 cannot compare tuples of different types.
  struct Less {
    using is_transparent = void;
    bool operator()(const View& one, const View& other) const { return one < other; }
  };
  std::map<Key, std::int64_t, Less> deltas_{};
};

using Label = std::pair<std::string, std::string>;   // key, value

class Session {
 public:
  Session(std::string path, Millis busy_timeout, int busy_retries, Millis busy_retry_delay);

  // The transaction of a batch.
  void begin();
  void commit();
  void rollback() noexcept;
  void require_batch() const;                    // throws std::logic_error outside a batch

  // Another program has written into this store, now or ever before.
  [[nodiscard]] bool others_write() const { return others_write_; }

  // Numbers. Held in memory; read again whenever a transaction was undone.
  TaskId next_task() { return TaskId{++last_task_}; }
  [[nodiscard]] std::int64_t last_event() const { return last_event_; }
  std::int64_t next_signal() { return ++last_signal_; }
  BatchId next_batch() { return BatchId{++last_batch_}; }
  [[nodiscard]] TaskId last_task() const { return TaskId{last_task_}; }
  std::int64_t next_runner() { return ++last_runner_; }
  // A place inside the transaction to which everything can be taken back. One at a time; each is gone back to or forgotten.
  struct Mark {
    std::int64_t last_task = 0;
    std::int64_t last_event = 0;
    std::int64_t last_signal = 0;
    std::int64_t last_batch = 0;
    std::vector<BatchId> ending{};
    CountDeltas counts{};
    std::map<Line, std::int64_t> lines{};
  };
  [[nodiscard]] Mark mark();
  void go_back(const Mark& mark);
  void forget(const Mark& mark);

  // Rows are about to be deleted: what was the newest number must not be forgotten with them.
  void keep_numbers() { numbers_at_risk_ = true; }
  void prune_events_to(std::int64_t seq);

  void append(const Event& event);               // assigns seq
  [[nodiscard]] bool is_paused(std::string_view queue) const { return paused_.contains(queue); }
  void pause(std::string_view queue) { paused_.emplace(queue); }
  void resume(std::string_view queue) { paused_.erase(std::string(queue)); }
  [[nodiscard]] bool is_kind_paused(std::string_view kind) const { return paused_kinds_.contains(kind); }
  void pause_kind(std::string_view kind) { paused_kinds_.emplace(kind); }
  void resume_kind(std::string_view kind) { paused_kinds_.erase(std::string(kind)); }

  Connection db;
  CountDeltas counts{};
  Shares shares{};                               // between queues with weights; as it was before when a transaction is undone
  std::map<Line, std::int64_t> lines{};          // reeve_line: those that have tenants, and the place served last
  std::vector<BatchId> ending{};                 // a task of theirs has ended in this verb, or they were closed
  bool releasing = false;                        // reeve_release may have rows
  bool tell_now = false;                         // and this verb begins with them
  std::set<Label> paused_labels{};               // reeve_label_pause: those that hold tasks back,
  std::set<Label> resumed_labels{};              // and those whose tasks are still to be let go
  bool key_waits = false;                        // there may be rows of reeve_key_wait
  RateBook rate_book{};

 private:
  void load();
  void load_pauses();
  void load_key_waits();
  void notice_others();
  void write_numbers();
  std::int64_t last_task_ = 0;
  std::int64_t last_event_ = 0;
  std::int64_t last_signal_ = 0;
  std::int64_t last_batch_ = 0;
  std::int64_t last_runner_ = 0;
  bool numbers_at_risk_ = false;
  bool loaded_ = false;
  Shares committed_shares_{};
  bool others_write_ = false;
  bool others_are_news_ = false;                 // not yet written down
  std::int64_t data_version_ = 0;                // changes when somebody else commits
  std::set<std::string, std::less<>> paused_{};
  std::set<std::string, std::less<>> paused_kinds_{};
  int busy_retries_;
  Millis busy_retry_delay_;
};

}  // namespace reeve::store::sqlite
