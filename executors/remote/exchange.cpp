#include "executors/remote/exchange.hpp"

#include <algorithm>
#include <utility>

#include "executors/remote/ticket.hpp"

namespace reeve::executors::remote {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds look_after_worker{1'000};   // one that went away is no longer counted on after this

}  // namespace

Exchange::Exchange(asio::any_io_executor loop, std::function<void()> room_changed) : loop_(std::move(loop)), room_changed_(std::move(room_changed)) {}

bool Exchange::wants(const Waiting& waiting, std::string_view kind) {
  const auto& kinds = waiting.offer.kinds;
  return !waiting.assignment && std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

int Exchange::room(std::string_view kind) const {
  return static_cast<int>(std::count_if(waiting_.begin(), waiting_.end(), [kind](const Waiting* waiting) { return wants(*waiting, kind); }));
}

asio::awaitable<std::optional<Assignment>> Exchange::claim(Offer offer, milliseconds wait, std::function<bool()> gone) {
  Waiting waiting{.offer = std::move(offer), .news = Bell(loop_)};
  const auto place = waiting_.insert(waiting_.end(), &waiting);
  const auto deadline = Bell::after(wait);
  if (room_changed_) room_changed_();
  while (!waiting.assignment && !Bell::past(deadline) && !gone()) co_await waiting.news.wait(std::min(deadline, Bell::after(look_after_worker)));
  waiting_.erase(place);
  if (room_changed_) room_changed_();
  co_return std::move(waiting.assignment);
}

std::optional<Exchange::Taken> Exchange::hand_over(const Execution& execution) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting* waiting) { return wants(*waiting, execution.kind); });
  if (found == waiting_.end()) return std::nullopt;
  Waiting& waiting = **found;
  const milliseconds wish = waiting.offer.lease.value_or(execution.remote ? execution.remote->lease : RemoteSpec{}.lease);
  const milliseconds lease = std::clamp(wish, shortest_lease, longest_lease);
  waiting.assignment = Assignment{execution, lease};
  waiting.news.ring();
  return Taken{lease, waiting.offer.worker};
}

}  // namespace reeve::executors::remote
