// Where the texts of a configuration come from: the disk, or a bundle that was taken of it before.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "config/bundle.hpp"
#include "config/include.hpp"
#include "config/source.hpp"

namespace reeve::config {

class Sources {
 public:
  // `given` null: the disk. It must outlive this.
  explicit Sources(const Bundle* given) : given_(given) {}

  // Every text that was given is kept for taken(), once.
  [[nodiscard]] std::variant<SourceText, SourceFault> read(Role role, const std::string& path, std::size_t bytes_max);
  // A text that came another way.
  void keep(Role role, const std::string& path, std::string_view text);
  // The files that a pattern of `include` names; of a bundle all that were included.
  [[nodiscard]] Included included(const std::string& folder, const std::string& pattern) const;

  [[nodiscard]] Bundle take() { return std::move(taken_); }

 private:
  const Bundle* given_;
  Bundle taken_{};
};

}  // namespace reeve::config
