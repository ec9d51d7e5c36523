// How the fields of a task change at each step of its life. Pure: no I/O, no clock. Every store applies these and then keeps what changed,
// so that the rules exist once and a store is only about keeping.
//
// A change of status goes through move_to(), which knows the published table and refuses everything else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/store.hpp"
#include "store/task.hpp"

namespace reeve::store {

// A held task is not ready for a claim; see docs/decisions/003. Persisted as its number.
enum class Hold { ready = 0, time = 1 };
[[nodiscard]] inline Hold hold_of(const Task& task, Timestamp now) { return task.run_at > now ? Hold::time : Hold::ready; }

// What holds a queued task back beside time, each a bit of its own: whoever sets one clears it. Persisted as their sum; ready means none.
// See docs/decisions/015.
enum class Block { key = 1, order = 2, dependency = 4, pause = 8 };

// At most this many tasks become due, timers fire, waits end or tasks expire on the way of one claim; the claim then asks to be repeated at once.
inline constexpr int promotion_chunk = 1'000;
// A task's progress is an event at most this often; the latest value is kept in any case.
inline constexpr Millis progress_event_interval{1'000};

[[nodiscard]] Task make_task(TaskId id, const NewTask& fresh, Timestamp now);

// The value that is unique among the tasks that stand for it, or nullopt when the task is not deduplicated.
[[nodiscard]] std::optional<std::string> dedupe_token(std::string_view kind, const std::optional<Dedupe>& dedupe);
// Until when a task with a window other than `open` stands for its key; nullopt: as long as it is stored.
[[nodiscard]] std::optional<Timestamp> stands_until(const Dedupe& dedupe, Timestamp enqueued);

// What tasks with the same concurrency key have in common; and back.
[[nodiscard]] std::optional<std::string> concurrency_token(std::string_view kind, const std::optional<Concurrency>& concurrency);
[[nodiscard]] Concurrency parse_concurrency_token(std::string_view token, int limit);

// The bucket of a concurrency token, for the tasks of a kind.
[[nodiscard]] std::string key_rate_name(std::string_view kind, std::string_view token);

// Claimed or running, under exactly this epoch.
[[nodiscard]] bool holds(const Task& task, ClaimKey claim);

// queued -> claimed. Gives the row of the new attempt.
[[nodiscard]] Attempt begin_attempt(Task& task, const ClaimRequest& request, Timestamp now);

// claimed -> running.
void begin_run(Task& task, Timestamp now);

// The same for an attempt whose start comes with its end: gives the event of the start. Nullopt: it was recorded before, or there was none.
[[nodiscard]] std::optional<Event> begin_run_at_end(Task& task, const Finish& finish);

struct Ended {
  Event event{};            // of the transition; seq is the store's
  Finished answer{};
};
// claimed or running -> what `finish` says, or cancelled when a cancel was requested and the completion was not first.
[[nodiscard]] Ended end_attempt(Task& task, const Finish& finish, Timestamp now);

enum class LostBy { lease, death };
// How an attempt ends that was taken from its runner: charged to the crash budget.
[[nodiscard]] Finish lost_attempt(const Task& task, LostBy cause, Timestamp now);
// The event beside the transition's own; taken before end_attempt and completed with where the task went.
[[nodiscard]] Event lease_lost_event(const Task& before, LostBy cause, Status after, Timestamp now);

// What finish() says about the attempt itself.
void complete(Attempt& attempt, const Finish& finish, Timestamp now);

// waiting -> queued, due now, because its wait `wait` was ended by `by`.
[[nodiscard]] Event resume(Task& task, std::string_view wait, std::string_view by, std::string_view actor, Timestamp now);

// queued or waiting -> cancelled.
[[nodiscard]] Event cancel_before_start(Task& task, std::string_view code, std::string_view reason, std::string_view actor, Timestamp now);

// What is written of a task that ends, or is asked to stop, in favour of `successor`.
[[nodiscard]] std::string superseded_reason(TaskId successor);
inline constexpr std::string_view superseded_code = "superseded";
// claimed or running: a stop is requested. Whatever it does but succeed, it then ends cancelled with the code `superseded`.
[[nodiscard]] Event supersede_running(Task& task, TaskId successor, std::string_view actor, Timestamp now);
// Nothing was stored for `skipped`: `standing` stands in.
[[nodiscard]] Event coalesced_event(const Task& standing, const NewTask& skipped, Timestamp now);

// failed or cancelled -> queued, as a new generation, with another payload if one is given. The dedupe key is kept only when no other open task
// has taken it meanwhile.
[[nodiscard]] Event reopen(Task& task, bool keep_dedupe, const std::optional<std::string>& payload, std::string_view actor, Timestamp now);

// What a rerun of the task enqueues. Not its dedupe key, external id, schedule, parent, times: those belong to the one that has ended.
[[nodiscard]] NewTask again(const Task& ended, const RerunRequest& request);
// What became of that.
[[nodiscard]] RerunAnswer rerun_answer(const EnqueueAnswer& answer);

// Latest wins, but percent and current never fall within an attempt. Numbers that are not finite are dropped.
[[nodiscard]] Progress merge(const std::optional<Progress>& before, const Progress& next);

// An event about the task, as it is now; the second: one that no attempt of it has caused.
[[nodiscard]] Event event_about(const Task& task, std::string_view type, std::string_view actor, Timestamp now);
[[nodiscard]] Event outside_event(const Task& task, std::string_view type, std::string_view actor, Timestamp now);

}  // namespace reeve::store
