// How waits come to an end: by time, by a signal, because other tasks have ended.
#pragma once

#include "store/life.hpp"
#include "store/memory/state.hpp"

namespace reeve::store::memory {

class Waits {
 public:
  explicit Waits(State& state) : state_(state) {}

  // Timers fire and waits end whose time has come. True: there may be more.
  bool ring(Timestamp now);
  [[nodiscard]] std::optional<Timestamp> next_alarm() const;

  // Called wherever a task has become terminal: its own waits and pending timers are over, and whoever waits for it is told.
  // True: tasks are queued again for that.
  enum class Completed { kept, forgotten };
  bool task_ended(const Task& task, Completed steps, Timestamp now);

  // A task has just been suspended. It goes straight back to its queue when something has come of which its last attempt was not told, or
  // when it waits for nothing. True: it did.
  bool resume_if_nothing_is_left(Task& task, Timestamp now);

  // What the wait is for is there already: its output, a signal being consumed.
  [[nodiscard]] std::optional<std::string> already_there(const StepRow& wait, std::int64_t epoch, Timestamp now);
  [[nodiscard]] std::optional<Signal> consume_oldest(TaskId task, std::string_view type, std::int64_t epoch, Timestamp now);

  // Puts a signal into the mailbox, or hands it to the oldest wait that it fits. Its number, and whether the task is queued again for it.
  struct Delivered {
    std::int64_t id = 0;
    bool resumed = false;
  };
  Delivered deliver(Task& task, std::string_view type, std::string_view payload, std::string_view actor, Timestamp now);
  [[nodiscard]] const StepRow* find_waiting_for(TaskId task, std::string_view signal_type) const;

 private:
  bool fire_timers(Timestamp now);
  bool end_by_time(Timestamp now);
  bool tell_waiting(const Task& ended, Timestamp now);
  bool complete(const StepRow& wait, std::string output, std::string_view actor, Timestamp now);
  State& state_;
};

}  // namespace reeve::store::memory
