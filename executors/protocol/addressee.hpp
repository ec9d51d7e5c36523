// Which attempt somebody speaks for or to: a process may have several.
#pragma once

#include <cstdint>

namespace reeve::executors::protocol {

struct Addressee {
  std::int64_t task = 0;
  std::int64_t epoch = 0;
};

}  // namespace reeve::executors::protocol
