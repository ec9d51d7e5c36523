// What may be said about any task that is enqueued, by `enqueue` and by `run`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/connection.hpp"
#include "cli/grammar.hpp"
#include "cli/json_object.hpp"

namespace reeve::cli {

class EnqueueOptions {
 public:
  void declare(Grammar& grammar);
  // Adds the members that were given. Throws UsageError.
  void add_to(JsonObject& task) const;
  // The headers of the request.
  [[nodiscard]] Headers headers() const;

 private:
  void add_keys_to(JsonObject& task) const;
  void add_company_to(JsonObject& task) const;
  std::optional<std::string> queue_{};
  std::optional<int> priority_{};
  std::optional<std::string> run_at_{};
  std::optional<std::string> delay_{};
  std::optional<std::string> expires_in_{};
  std::optional<std::string> timeout_{};
  std::vector<std::string> labels_{};
  std::optional<std::string> dedupe_key_{};
  std::optional<std::string> dedupe_scope_{};
  std::optional<std::string> dedupe_window_{};
  std::optional<std::string> concurrency_key_{};
  std::optional<int> concurrency_limit_{};
  std::optional<std::string> concurrency_scope_{};
  std::optional<std::string> on_conflict_{};
  std::optional<std::string> supersede_key_{};
  std::optional<std::string> order_key_{};
  std::optional<std::string> fair_key_{};
  std::vector<std::string> after_{};
  std::optional<std::string> after_policy_{};
  std::optional<std::string> batch_{};
  std::optional<std::string> idempotency_key_{};
  std::optional<std::string> external_id_{};
  std::optional<std::string> metadata_{};
};

}  // namespace reeve::cli
