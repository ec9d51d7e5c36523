// The last line that a process wrote while it had no task: what people are shown when it cannot start.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "executors/executor.hpp"

namespace reeve::executors::worker {

class LastWords {
 public:
  void hear(Stream stream, std::string_view bytes);
  [[nodiscard]] std::string line() const;           // valid UTF-8, at most 500 bytes; of stderr before one of stdout

 private:
  std::string out_{};
  std::string err_{};
};

}  // namespace reeve::executors::worker
