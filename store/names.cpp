// The words that SQL, YAML, JSON, CLI and logs share. One table per enum, in the order of its declaration.
#include <algorithm>
#include <array>
#include <cstddef>

#include "store/store.hpp"
#include "store/task.hpp"

namespace reeve::store {
namespace {

constexpr std::array<std::string_view, 7> statuses{"queued", "claimed", "running", "waiting", "succeeded", "failed", "cancelled"};
constexpr std::array<std::string_view, 12> states{"scheduled", "queued",  "blocked",    "retrying", "claimed", "running",
                                                  "stale",     "cancelling", "waiting", "succeeded", "failed", "cancelled"};
constexpr std::array<std::string_view, 15> outcomes{"succeeded", "failed",      "rejected", "crashed", "oom_killed",
                                                    "timed_out", "stalled",     "cancelled", "interrupted", "lost",
                                                    "snoozed",   "suspended",   "spawn_failed", "invalid", "protocol_error"};
constexpr std::array<std::string_view, 3> streams{"stdout", "stderr", "entry"};
constexpr std::array<std::string_view, 5> step_sorts{"step", "sleep", "signal", "tasks", "enqueue"};
constexpr std::array<std::string_view, 4> step_statuses{"running", "waiting", "completed", "failed"};
constexpr std::array<std::string_view, 4> dispositions{"created", "reused", "coalesced", "superseded"};
constexpr std::array<std::string_view, 2> key_scopes{"kind", "global"};
constexpr std::array<std::string_view, 5> conflict_policies{"queue", "reject", "skip", "queue_latest", "supersede"};
constexpr std::array<std::string_view, 2> schedule_origins{"declared", "added"};
constexpr std::array<std::string_view, 2> after_policies{"success", "finished"};
constexpr std::array<std::string_view, 4> batch_states{"open", "closed", "succeeded", "failed"};
constexpr std::array<std::string_view, 8> error_kinds{"busy", "full", "io", "corrupt", "foreign", "newer", "in_use", "unusable"};

template <class Words, class Enum>
std::string_view word(const Words& words, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < words.size() ? words[index] : std::string_view{"unknown"};
}

template <class Enum, class Words>
std::optional<Enum> parse(const Words& words, std::string_view text) {
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == text) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace

std::string_view name(Status status) { return word(statuses, status); }
std::string_view name(State state) { return word(states, state); }
std::string_view name(Outcome outcome) { return word(outcomes, outcome); }
std::string_view name(LogStream stream) { return word(streams, stream); }
std::string_view name(StepSort sort) { return word(step_sorts, sort); }
std::string_view name(StepStatus status) { return word(step_statuses, status); }
std::string_view name(EnqueueDisposition disposition) { return word(dispositions, disposition); }
std::string_view name(KeyScope scope) { return word(key_scopes, scope); }
std::string_view name(OnConflict policy) { return word(conflict_policies, policy); }
std::string_view name(ScheduleOrigin origin) { return word(schedule_origins, origin); }
std::string_view name(AfterPolicy policy) { return word(after_policies, policy); }
std::string_view name(BatchState state) { return word(batch_states, state); }
std::string_view name(StoreError::Kind kind) { return word(error_kinds, kind); }

std::optional<Status> parse_status(std::string_view text) { return parse<Status>(statuses, text); }
std::optional<State> parse_state(std::string_view text) { return parse<State>(states, text); }
std::optional<Outcome> parse_outcome(std::string_view text) { return parse<Outcome>(outcomes, text); }
std::optional<KeyScope> parse_key_scope(std::string_view text) { return parse<KeyScope>(key_scopes, text); }
std::optional<OnConflict> parse_on_conflict(std::string_view text) { return parse<OnConflict>(conflict_policies, text); }
std::optional<EnqueueDisposition> parse_disposition(std::string_view text) { return parse<EnqueueDisposition>(dispositions, text); }
std::optional<AfterPolicy> parse_after_policy(std::string_view text) { return parse<AfterPolicy>(after_policies, text); }
std::optional<BatchState> parse_batch_state(std::string_view text) { return parse<BatchState>(batch_states, text); }
std::optional<StepSort> parse_step_sort(std::string_view text) { return parse<StepSort>(step_sorts, text); }
std::optional<StepStatus> parse_step_status(std::string_view text) { return parse<StepStatus>(step_statuses, text); }

bool is_called(const KindRoom& room, std::string_view name) {
  return room.name == name || std::find(room.also.begin(), room.also.end(), name) != room.also.end();
}

}  // namespace reeve::store
