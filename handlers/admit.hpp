// Turning what somebody wants enqueued into a task that may be stored: defaults of the handler, checks of names, sizes and JSON.
//
// Pure: the same wish and the same declarations give the same answer. Every refusal names the field, the value and the next step.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "handlers/handler.hpp"
#include "store/task.hpp"

namespace reeve::handlers {

// What the caller says of its keys; what it leaves out comes from the handler.
struct DedupeWish {
  std::optional<std::string> key{};
  std::optional<store::KeyScope> scope{};
  std::optional<std::optional<store::Millis>> window{};  // as in store::Dedupe
  bool operator==(const DedupeWish&) const = default;
};
struct ConcurrencyWish {
  std::optional<std::string> key{};
  std::optional<int> limit{};
  std::optional<store::KeyScope> scope{};
  std::optional<store::OnConflict> on_conflict{};
  bool operator==(const ConcurrencyWish&) const = default;
};

// What the caller wants; everything but the kind is optional.
struct Wish {
  std::string kind{};
  std::string payload = "null";                 // JSON bytes, any value
  std::optional<std::string> queue{};
  std::optional<int> priority{};
  std::optional<store::Timestamp> run_at{};
  std::optional<store::Millis> delay{};         // run_at or delay, not both
  std::optional<store::Millis> expires_in{};
  std::optional<int> max_attempts{};
  std::optional<int> max_crashes{};
  std::string overrides{};                      // see overrides.hpp
  store::Labels labels{};
  std::string metadata{};
  std::optional<std::string> external_id{};
  std::optional<DedupeWish> dedupe{};
  std::string traceparent{};
  std::string created_by{};
  std::optional<std::string> fair_key{};        // the tenant; by default the value of the label that the handler or the queue names
  bool allow_unknown = false;                   // store it although no handler has the kind; it waits until one has
  std::optional<ConcurrencyWish> concurrency{};
  std::optional<std::string> supersede_key{};
  std::optional<std::string> order_key{};
  std::vector<store::AfterTask> after{};        // tasks that must end first
  store::AfterPolicy after_policy = store::AfterPolicy::success;
  std::optional<store::BatchId> batch{};
};

struct Refusal {
  std::string code{};                           // "unknown_kind", "payload_too_large", "invalid_json", "invalid_name", "invalid_value",
                                                // "invalid_payload", "invalid_labels": not what the handler's schema says
  std::string field{};                          // "labels.team", "payload/to/0"
  std::string message{};                        // a full sentence with the value, the limit and the next step
};

[[nodiscard]] std::variant<store::NewTask, Refusal> admit(const Handlers& handlers, Wish wish, store::Timestamp now);

// What admit() would refuse about the payload alone, of a task that is stored already. A kind that no handler has takes any JSON.
[[nodiscard]] std::optional<Refusal> refuse_payload(const Handlers& handlers, std::string_view kind, std::string_view payload);

// [A-Za-z0-9_.:-]{1,128}: kinds and queues.
[[nodiscard]] bool is_name(std::string_view text);
// [A-Za-z0-9-_./]{1,128}: keys of labels.
[[nodiscard]] bool is_label_key(std::string_view text);

}  // namespace reeve::handlers
