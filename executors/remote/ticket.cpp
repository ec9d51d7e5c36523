#include "executors/remote/ticket.hpp"

#include <utility>

#include "executors/remote/lease.hpp"

namespace reeve::executors::remote {

using std::chrono::milliseconds;

Ticket::Ticket(const Execution& execution, Observer& observer, Bell& news, milliseconds lease)
    : news_(news), lease_(bounded_lease(lease)), lease_ends_(Bell::after(lease_)),
      log_(OutputLimits{}, [&observer](OutputLine line) { observer.output(std::move(line)); }),
      dialogue_({execution.task, execution.epoch}, observer,
                {.log = [this](OutputLine line) { log_.entry(std::move(line)); },
                 .news = [this] { news_.ring(); },
                 .renew = [this](std::optional<milliseconds> wish) { return renew(wish); },
                 .release = [this] { release(); }},
                protocol::line_limit(ProcessSpec{}.result_bytes_max)) {}

void Ticket::hear(std::string_view line, std::function<void(std::string line)> reply) {
  renew(std::nullopt);
  dialogue_.hear(line, std::move(reply));
}

milliseconds Ticket::renew(std::optional<milliseconds> wish) {
  if (wish) lease_ = bounded_lease(*wish);
  lease_ends_ = Bell::after(lease_);
  news_.ring();
  return lease_;
}

void Ticket::release() {
  released_ = true;
  news_.ring();
}

}  // namespace reeve::executors::remote
