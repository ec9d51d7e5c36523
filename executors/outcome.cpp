#include "executors/outcome.hpp"

#include <string_view>

namespace reeve::executors {

std::string_view name(StopReason reason) {
  switch (reason) {
    case StopReason::cancel: return "cancel";
    case StopReason::timeout: return "timeout";
    case StopReason::stalled: return "stalled";
    case StopReason::shutdown: return "shutdown";
    case StopReason::lease_lost: return "lease_lost";
  }
  return "unknown";
}

}  // namespace reeve::executors
