// Reading single values. Each returns nothing after it has said what is wrong, what was found and what to write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/reading.hpp"
#include "store/time.hpp"

namespace reeve::config {

// Both ends included.
template <class Value>
struct Range {
  Value low{};
  Value high{};
};

// Words of which one must be written; `later` are words of the product that this version does not have yet.
struct Words {
  std::vector<std::string_view> known{};
  std::vector<std::string_view> later{};
};

[[nodiscard]] std::optional<std::string> read_text(Reading& reading, const Node& node);
// Not empty.
[[nodiscard]] std::optional<std::string> read_filled_text(Reading& reading, const Node& node);
// A kind or a queue.
[[nodiscard]] std::optional<std::string> read_name(Reading& reading, const Node& node);
// Resolved against the folder of the file.
[[nodiscard]] std::optional<std::string> read_path(Reading& reading, const Node& node);
[[nodiscard]] std::optional<std::vector<std::string>> read_texts(Reading& reading, const Node& node);
[[nodiscard]] std::optional<store::Millis> read_duration(Reading& reading, const Node& node, Range<store::Millis> range);
[[nodiscard]] std::optional<std::int64_t> read_size(Reading& reading, const Node& node, Range<std::int64_t> range);
[[nodiscard]] std::optional<std::int64_t> read_integer(Reading& reading, const Node& node, Range<std::int64_t> range);
// As many as may run at once: 1 and more, with a hint for 0.
[[nodiscard]] std::optional<std::int64_t> read_limit(Reading& reading, const Node& node);
[[nodiscard]] std::optional<double> read_number(Reading& reading, const Node& node, Range<double> range);
[[nodiscard]] std::optional<bool> read_flag(Reading& reading, const Node& node);
[[nodiscard]] std::optional<unsigned> read_mode(Reading& reading, const Node& node);
[[nodiscard]] std::optional<int> read_signal(Reading& reading, const Node& node);
// The index of the word in `words.known`.
[[nodiscard]] std::optional<std::size_t> read_word(Reading& reading, const Node& node, const Words& words);
// The node as JSON bytes: plain numbers, true, false and null are what they look like, everything else is text.
[[nodiscard]] std::string to_json(const Node& node);

// False after saying so when the node is no mapping.
[[nodiscard]] bool is_mapping(Reading& reading, const Node& node, std::string_view of_what);

}  // namespace reeve::config
