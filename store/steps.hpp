// How steps and waits (store/step.hpp) change, and what the completed ones hold. Pure, as store/life.hpp is: every store applies these rules
// and then keeps what changed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/step.hpp"
#include "store/store.hpp"

namespace reeve::store {

// A step as a store keeps it.
struct KeptStep : Step {
  bool pending = false;   // a wait from the asking until the task was told its outcome
  bool any = false;       // of a wait for tasks: one of them is enough
};

// One of the tasks that a wait is for, in the order in which they were named.
struct AwaitedTask {
  TaskId id{};
  std::string status{};   // how it ended; empty while it has not
  bool operator==(const AwaitedTask&) const = default;
};

// Why a name cannot be asked for as `wanted`; nullopt when it can.
[[nodiscard]] std::optional<std::string> name_refused(const Step& known, StepSort wanted);
// Why a task that has `count` steps and waits cannot have another; nullopt when it can.
[[nodiscard]] std::optional<std::string> step_refused(TaskId task, std::int64_t count);
// Why nothing can be waited for in this way; `newest` is the newest task there ever was.
[[nodiscard]] std::optional<std::string> wait_refused(TaskId asking, const WaitRequest& request, TaskId newest);

// A try begins: the first one or a further one.
void begin_try(Step& step, std::string_view input, std::int64_t epoch, Timestamp now);
// It ends, in the attempt that began it.
void end_try(Step& step, std::string_view output, const std::optional<TaskError>& error, Timestamp now);
[[nodiscard]] bool is_running_in(const Step& step, std::int64_t epoch);
[[nodiscard]] KeptStep make_wait(TaskId task, const WaitRequest& request, std::int64_t epoch, Timestamp now);
// A step that is complete when it is first written: a signal that was taken, a named enqueue.
[[nodiscard]] KeptStep make_completed(TaskId task, std::string_view name, StepSort sort, std::string output, std::int64_t epoch, Timestamp now);
// What it waited for came.
void complete_wait(Step& wait, std::string output, Timestamp now);

// Enough of the tasks have ended.
[[nodiscard]] bool is_enough(std::span<const AwaitedTask> tasks, bool any);
[[nodiscard]] bool fits(const Signal& signal, std::string_view wanted_type);  // empty: any

// What completed waits hold.
[[nodiscard]] std::string time_output(StepSort sort);                         // {"slept":true}, or {"timeout":true} for what was given up
[[nodiscard]] std::string signal_output(const Signal& signal);
[[nodiscard]] std::string tasks_output(std::span<const AwaitedTask> tasks);   // those that have ended
[[nodiscard]] std::optional<std::int64_t> signal_of(std::string_view output); // the number of the signal that an output holds
[[nodiscard]] std::string_view ended_by(const Step& completed);               // sleep, signal, tasks or timeout

// What a named enqueue holds.
[[nodiscard]] std::string enqueue_output(const Enqueued& enqueued);
[[nodiscard]] EnqueueDone parse_enqueue(std::string_view output);

// The payload of the signal of a timer.
[[nodiscard]] std::string timer_payload(std::string_view name);
inline constexpr std::string_view timer_signal = "timer";

// Durations of completed tries, in any order, as figures by name.
struct StepSample {
  std::string name{};
  double ms = 0;
};
[[nodiscard]] std::vector<StepTimings> step_timings_of(const std::vector<StepSample>& samples);

}  // namespace reeve::store
