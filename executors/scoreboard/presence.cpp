#include "executors/scoreboard/presence.hpp"

#include <utility>

namespace reeve::executors::scoreboard {

std::string Presence::open_page(Owner owner) {
  page_ = scoreboard_->page(owner);
  seat_.has_page(page_.number());
  return page_.path();
}

void Presence::takes(const Execution& execution) {
  seat_.takes(execution);
  page_.forget_report();
  seen_.progress.reset();
}

void Presence::watched_by(Observer& observer) {
  if (page_) observer.visible([this] { return look(); });
}

void Presence::unwatched_by(Observer& observer) {
  if (page_) observer.visible({});
}

void Presence::stopping(StopReason reason) {
  seat_.stopping(reason);
  page_.cancel(reason);
}

Glance Presence::look() {
  const Glance& now = page_.look();
  if (now == seen_) return now;
  if (now.progress && now.progress != seen_.progress) seat_.progress(*now.progress);
  else seat_.alive();
  seen_ = now;
  return now;
}

}  // namespace reeve::executors::scoreboard
