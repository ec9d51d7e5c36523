#include "executors/worker/verdict.hpp"

#include <string>
#include <utility>
#include <variant>

#include "executors/protocol/terminal.hpp"

namespace reeve::executors::worker {
namespace {

End by_word(protocol::Terminal said, const std::optional<StopReason>& stop) {
  End end = protocol::meaning(std::move(said));
  const bool stands = !stop || std::holds_alternative<Succeeded>(end) || std::holds_alternative<Suspended>(end);
  if (stands) return end;
  return Stopped{*stop};
}

End by_exit(int code) { return Failed{"worker_exit", "the worker exited with " + std::to_string(code) + " while it had the task", {}, {}}; }

End by_death(const Death& death, const std::optional<StopReason>& stop) {
  if (death.oom && death.exit.signal) return Crashed{*death.exit.signal, death.exit.core, true};
  if (death.asked) return Stopped{stop.value_or(StopReason::shutdown)};
  if (death.exit.signal) return Crashed{*death.exit.signal, death.exit.core, death.oom};
  if (stop) return Stopped{*stop};
  if (death.exit.code) return by_exit(*death.exit.code);
  return Failed{"worker_exit", "the worker's exit status was taken by somebody else in the daemon's process", {}, {}};
}

}  // namespace

End verdict(Facts facts) {
  if (facts.broken) return ProtocolError{std::move(*facts.broken)};
  if (facts.said) return by_word(std::move(*facts.said), facts.stop);
  if (facts.suspending) return Suspended{};
  return by_death(facts.death.value_or(Death{}), facts.stop);
}

}  // namespace reeve::executors::worker
