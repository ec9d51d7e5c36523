// One YAML file as a small tree of plain values with places. The rest of config/ knows no YAML library.
//
// Hostile files end here: the tree is only built as far as the limits go, and it has no anchors, aliases, tags, duplicate keys or further
// documents, so whoever walks it needs no guard.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.hpp"

namespace reeve::config {

inline constexpr std::size_t file_bytes_max = 1 << 20;
inline constexpr int depth_max = 32;
inline constexpr int nodes_max = 10'000;

struct Place {
  int line = 1;    // 1-based
  int column = 1;  // in characters, 1-based
};

struct Entry;

struct Node {
  enum class Type { nothing, scalar, list, mapping };
  Type type = Type::nothing;
  Place place{};
  std::string text{};            // scalar
  bool quoted = false;           // scalar: "5", '5' and blocks; text, whatever it looks like
  std::vector<Node> items{};     // list
  std::vector<Entry> entries;    // mapping, in the order of the file; keys are unique

  // The value of a key; nullptr when the mapping lacks it.
  [[nodiscard]] const Node* find(std::string_view key) const;
};

struct Entry {
  std::string key{};
  Place place{};
  Node value{};
};

// "a list", "a mapping", "\"5x\"", "nothing": what was found, for messages.
[[nodiscard]] std::string described(const Node& node);

// The tree of `bytes`; a node of type nothing for an empty document. Nullopt when the file cannot be read further; what is wrong is
// appended to `findings` in any case, with `file` as its name.
[[nodiscard]] std::optional<Node> read_document(std::string_view bytes, const std::string& file, std::vector<Finding>& findings);

}  // namespace reeve::config
