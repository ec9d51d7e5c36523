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

#include "store/store.hpp"

namespace reeve::store::memory {

struct RememberedRequest {
  std::string fingerprint{};
  std::vector<Enqueued> tasks{};
  Timestamp at{};
};

class State {
 public:
  // Changed through the functions below only.
  std::map<TaskId, Task> tasks{};
  std::map<TaskId, std::vector<Attempt>> attempts{};
  std::map<TaskId, std::vector<LogLine>> logs{};
  std::map<TaskId, Timestamp> progress_events{};  // when the newest task.progress event of the attempt was appended
  std::map<std::int64_t, Event> events{};
  std::map<std::string, RememberedRequest, std::less<>> requests{};
  std::map<std::string, QueuePause, std::less<>> pauses{};
  std::vector<RunnerRow> runners{};
  std::int64_t last_task = 0;
  std::int64_t last_event = 0;
  std::int64_t pruned_events = 0;                 // retention has let go everything up to here
  mutable std::mutex mutex{};

  void begin();                                   // a batch
  void commit();
  void rollback();
  void require_batch() const;                     // throws std::logic_error outside a batch

  [[nodiscard]] Task* find(TaskId id);
  [[nodiscard]] const Task* find(TaskId id) const;
  Task& edit(Task& task);                         // notes its present value first
  Task& add(Task task);
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

 private:
  template <class Value>
  void note(Value& place) {
    undo_.push_back([&place, before = place] { place = before; });
  }
  std::vector<std::function<void()>> undo_{};
  bool in_batch_ = false;
};

}  // namespace reeve::store::memory
