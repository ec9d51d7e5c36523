// The texts that make up one configuration: the file, what it includes, the schemas it names. Not the secrets: those are references in it.
//
// A bundle is all that is needed to load the configuration again, wherever its files are by then.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::config {

enum class Role { main, include, schema };

struct BundledFile {
  Role role = Role::main;
  std::string name{};          // its path as it was read
  std::string text{};
};

// The main file first; the others in the order in which they were read.
using Bundle = std::vector<BundledFile>;

inline constexpr std::size_t bundle_bytes_max = 8 << 20;

// {"files":[{"role":"main","name":"/etc/reeve/reeve.yaml","text":"..."}]}
[[nodiscard]] std::string to_json(const Bundle& bundle);
// Nullopt when it is none, or has no main file.
[[nodiscard]] std::optional<Bundle> bundle_in(std::string_view json);

}  // namespace reeve::config
