// How the payload reaches a body. On stdin it is a sealed memory file: complete before the body starts, whatever its size, so nobody has
// to write while the body runs, and a body that never reads it costs nothing.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "executors/execution.hpp"
#include "executors/outcome.hpp"
#include "executors/process/child_setup.hpp"
#include "executors/process/descriptor.hpp"

namespace reeve::executors::process {

// A file that is removed with its name's owner.
class PrivateFile {
 public:
  PrivateFile() = default;
  explicit PrivateFile(std::string path) : path_(std::move(path)) {}
  PrivateFile(PrivateFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PrivateFile& operator=(PrivateFile&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~PrivateFile();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Input {
  Descriptor in{};        // becomes fd 0
  PrivateFile file{};     // REEVE_PAYLOAD_FILE; no path when there is none
};

// `folder` is where payload files live. A file is readable by the body's user alone.
[[nodiscard]] std::variant<Input, SpawnFailed> prepare_input(const Execution& execution, PayloadBy by, const std::string& folder,
                                                             const std::optional<Credentials>& owner);

}  // namespace reeve::executors::process
