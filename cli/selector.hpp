// Which tasks a command line means. The same words on every verb:
//
//   17 18           ids                    --kind K --queue Q --state S    repeatable, or separated by commas
//   40-52           a range of ids         --label key=value               repeatable; all must hold
//   ext:order/7     by external id         --since T --until T             created then; a moment or a duration ago
//   --fingerprint F                        --concurrency-key KEY, --dedupe-key KEY, --supersede-key KEY, --order-key KEY
//   --batch N              of one batch          --all                           every task
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve::cli {

// The command line is wrong; what() says how, and what to write.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// As it was typed.
struct SelectorWords {
  std::vector<std::string> tasks{};
  std::vector<std::string> kinds{};
  std::vector<std::string> queues{};
  std::vector<std::string> states{};
  std::vector<std::string> labels{};
  std::vector<std::string> fingerprints{};
  std::vector<std::string> concurrency_keys{};
  std::vector<std::string> dedupe_keys{};
  std::vector<std::string> supersede_keys{};
  std::vector<std::string> order_keys{};
  std::optional<std::string> since{};
  std::optional<std::string> until{};
  std::optional<std::string> batch{};
  bool all = false;
};

using IdRange = std::pair<std::int64_t, std::int64_t>;  // both ends included

// As it is meant.
struct Selection {
  std::vector<std::int64_t> ids{};
  std::vector<IdRange> ranges{};
  std::vector<std::string> external_ids{};
  std::vector<std::string> kinds{};
  std::vector<std::string> queues{};
  std::vector<std::string> states{};
  std::vector<std::string> labels{};
  std::vector<std::string> fingerprints{};
  std::vector<std::string> concurrency_keys{};
  std::vector<std::string> dedupe_keys{};
  std::vector<std::string> supersede_keys{};
  std::vector<std::string> order_keys{};
  std::string since{};
  std::string until{};
  std::optional<std::int64_t> batch{};
  bool all = false;

  [[nodiscard]] bool has_filters() const {
    return !kinds.empty() || !queues.empty() || !states.empty() || !labels.empty() || !since.empty() || !until.empty() || !fingerprints.empty() ||
           batch || has_keys();
  }
  [[nodiscard]] bool has_keys() const {
    return !concurrency_keys.empty() || !dedupe_keys.empty() || !supersede_keys.empty() || !order_keys.empty();
  }
  [[nodiscard]] bool names_tasks() const { return !ids.empty() || !ranges.empty() || !external_ids.empty(); }
  [[nodiscard]] bool empty() const { return !names_tasks() && !has_filters() && !all; }
  // Exactly one, typed as such.
  [[nodiscard]] bool names_one_task() const { return is_explicit() && ids.size() + external_ids.size() == 1; }
  // Only ids that were typed one by one: nothing must be looked up to know which tasks are meant.
  [[nodiscard]] bool is_explicit() const { return names_tasks() && ranges.empty() && !has_filters() && !all; }
};

// Throws UsageError, also when a word is empty: what is empty must never mean more tasks.
[[nodiscard]] Selection understand(const SelectorWords& words);

// The number of a batch. Throws UsageError.
[[nodiscard]] std::int64_t batch_number(std::string_view word);

// The part of a path that names one task: "17", "ext%3Aorder%2F7". Throws UsageError when `word` names none, or several.
[[nodiscard]] std::string path_of_task(std::string_view word);

// The query strings (without '?') of GET /v1/tasks that together list what is meant, external ids excepted. One when nothing names tasks.
[[nodiscard]] std::vector<std::string> list_queries(const Selection& selection);

[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace reeve::cli
