// Reading files that an operator named, whatever they turn out to be: never hangs on a FIFO, never reads more than it was told.
#pragma once

#include <string>
#include <variant>

namespace reeve::config {

struct SourceText {
  std::string bytes{};
  unsigned mode = 0;       // permission bits of the file
};

// Why a file gave no text: "is a directory; ...", "does not exist; ...", without the name of the file.
struct SourceFault {
  std::string message{};
};

[[nodiscard]] std::variant<SourceText, SourceFault> read_source(const std::string& path, std::size_t bytes_max);

}  // namespace reeve::config
