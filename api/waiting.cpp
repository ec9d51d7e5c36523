#include "api/waiting.hpp"

#include <algorithm>

#include "api/awaiting.hpp"
#include "api/json/records.hpp"
#include "api/problem.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/event_feed.hpp"

namespace reeve::api {

namespace asio = boost::asio;
using std::chrono::milliseconds;

store::Millis checked_wait(std::string_view name, store::Millis wish) {
  if (wish > wait_max)
    throw Problem(400, "invalid_parameter", std::string(name) + "=" + store::to_text(wish) + ": wait at most 1h and ask again", std::string(name));
  return wish;
}

asio::awaitable<Seen> wait_for_end(Service& service, const Request& request, store::TaskId id, store::Millis timeout) {
  const supervisor::Clock& clock = service.backend.clock;
  const supervisor::Moment deadline = clock.moment() + timeout;
  TaskWatch::Waiter waiter(service.watch, id);   // before the look, so that no end falls between
  Seen seen = co_await look_up(service, id);
  while (!is_terminal(seen.task.status) && !service.backend.feed.closed() && !request.gone()) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock.moment());
    if (left <= milliseconds::zero()) break;
    const bool ended = co_await waiter.wait(std::min(left, look_after_client));
    if (ended) seen = co_await look_up(service, id);
  }
  co_return seen;
}

void write_waited(JsonWriter& json, const Seen& seen, store::Timestamp now) {
  json.member("done", is_terminal(seen.task.status));
  write_task(json.key("task"), seen.task, state_of(seen.task, now, seen.paused), Body::with_payload);
}

}  // namespace reeve::api
