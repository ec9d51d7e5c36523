// How waits come to an end: by time, by a signal, because other tasks have ended. Costs nothing to a task that has no part in any.
#pragma once

#include "store/life.hpp"
#include "store/sqlite/keys.hpp"
#include "store/sqlite/session.hpp"
#include "store/sqlite/step_row.hpp"
#include "store/sqlite/task_row.hpp"

namespace reeve::store::sqlite {

class Waits {
 public:
  explicit Waits(Session& session) : session_(session) {}

  // Timers fire and waits end whose time has come. True: there may be more.
  bool ring(Timestamp now);

  // Called wherever a task has become terminal: its own waits and pending timers are over, and whoever waits for it is told.
  // True: tasks are queued again for that.
  enum class Completed { kept, forgotten };
  bool task_ended(const HotTask& task, Completed steps, Timestamp now);

  // A task has just been suspended. It goes straight back to its queue when something has come of which its last attempt was not told, or
  // when it waits for nothing. True: it did.
  bool resume_if_nothing_is_left(Task& task, Timestamp now);

  // What the wait is for is there already: its output, a signal being consumed.
  [[nodiscard]] std::optional<std::string> already_there(const StepRow& wait, const std::vector<AwaitedTask>& tasks, std::int64_t epoch,
                                                         Timestamp now);
  [[nodiscard]] std::optional<Signal> consume_oldest(TaskId task, std::string_view type, std::int64_t epoch, Timestamp now);

  // Puts a signal into the mailbox, or hands it to the oldest wait that it fits. True: the task is queued again for it.
  bool deliver(Signal& signal, const HotTask& task, Timestamp now);
  [[nodiscard]] bool is_full(TaskId task);          // the mailbox
  [[nodiscard]] std::optional<std::int64_t> find_waiting_for(TaskId task, std::string_view signal_type);

 private:
  bool fire_timers(Timestamp now);
  bool end_by_time(Timestamp now);
  void forget_own(const HotTask& task, Completed steps);
  bool tell_waiting(const HotTask& ended, Timestamp now);
  bool complete(std::int64_t step, std::string output, std::string_view actor, Timestamp now);
  void resume(Task& task, std::string_view wait, std::string_view by, std::string_view actor, Timestamp now);
  Session& session_;
};

}  // namespace reeve::store::sqlite
