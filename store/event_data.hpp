// The small JSON objects that events carry. One function a sort of event, so that every store writes the same bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.hpp"
#include "store/task.hpp"

namespace reeve::store::event_data {

// `after`: how many tasks it comes after. Empty when there is nothing to say.
[[nodiscard]] std::string enqueued(const Task& task, std::size_t after, Timestamp now);
[[nodiscard]] std::string coalesced(const NewTask& skipped);                          // its key and its payload, or the payload's size when it is large
[[nodiscard]] std::string staged_refused(const NewTask& refused, std::string_view reason);   // its kind, the reason, its payload as in coalesced()
[[nodiscard]] std::string claimed(const Task& task);
[[nodiscard]] std::string started(const Task& task, std::int64_t pid, std::string_view executor);
[[nodiscard]] std::string ended(Status from, const Task& after, const Finish& finish);
[[nodiscard]] std::string lease_lost(std::string_view cause, Status after);
[[nodiscard]] std::string cancelled(Status from, std::string_view code, std::string_view reason);
[[nodiscard]] std::string reopened(Status from, int generation, bool payload_changed);
[[nodiscard]] std::string removed(Status status);
[[nodiscard]] std::string progress(const Progress& progress);
[[nodiscard]] std::string reason(std::string_view reason);                            // empty when there is none
[[nodiscard]] std::string label(std::string_view key, std::string_view value, std::string_view reason);   // `reason` may be empty
[[nodiscard]] std::string stale_cleared();
[[nodiscard]] std::string step(std::string_view name, StepStatus status, int tries);
[[nodiscard]] std::string resumed(std::string_view wait, std::string_view by);        // `wait` empty: it waited for nothing
[[nodiscard]] std::string signal(std::int64_t id, std::string_view type);
[[nodiscard]] std::string timer(std::string_view name, std::int64_t signal);
[[nodiscard]] std::string inbox_refused(const DoorRow& row, const DoorRefusal& why);
[[nodiscard]] std::string schedule(std::string_view name, std::string_view reason);   // `reason` may be empty
[[nodiscard]] std::string schedule_fired(std::string_view name, Timestamp tick, EnqueueDisposition disposition);
[[nodiscard]] std::string schedule_missed(std::string_view name, Timestamp tick, std::string_view reason);
[[nodiscard]] std::string batch_created(BatchId id, const NewBatch& batch);
[[nodiscard]] std::string batch_closed(BatchId id);
// `refused`: callbacks that could not be stored, and why.
[[nodiscard]] std::string batch_finished(const Batch& batch, const std::vector<std::pair<std::string_view, std::string_view>>& refused);
[[nodiscard]] std::string runner(std::string_view name, std::int64_t pid);
[[nodiscard]] std::string runner_dead();
[[nodiscard]] std::string config_applied(const Revision& revision);
[[nodiscard]] std::string retained(const RetentionReport& report);                    // what is zero is left out

}  // namespace reeve::store::event_data
