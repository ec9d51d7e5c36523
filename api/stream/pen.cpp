#include "api/stream/pen.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "api/awaiting.hpp"
#include "api/json/records.hpp"
#include "api/problem.hpp"
#include "api/stream/sse.hpp"
#include "supervisor/event_feed.hpp"

namespace reeve::api {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using supervisor::Moment;

namespace {

constexpr std::chrono::seconds keep_alive_interval{15};
constexpr milliseconds reading_gap{20};

}  // namespace

StreamSlot::StreamSlot(Service& service) : service_(service) {
  if (service.streams >= service.options.streams_max) {
    Problem problem(503, "too_many_streams",
                    std::to_string(service.streams) + " live streams are open, the most there may be (api.streams_max); close some or raise it");
    problem.retry_after_s = 5;
    throw problem;
  }
  ++service_.streams;
}

StreamSlot::~StreamSlot() { --service_.streams; }

Pen::Pen(Service& service, Outlet& outlet)
    : service_(service), outlet_(outlet), written_(service.backend.clock.moment()), rested_(written_) {}

void Pen::append(std::string_view event, std::string_view id, std::string_view data) { append_sse(buffer_, event, id, data); }

void Pen::events(const Coalescer::Out& passed) {
  for (const Coalescer::Passed& one : passed) {
    JsonWriter json;
    write_event(json, one.event);
    const std::string id = one.late ? std::string() : std::to_string(number(one.event.seq));
    append("event", id, std::move(json).text());
  }
}

asio::awaitable<bool> Pen::flush() {
  if (buffer_.empty()) co_return true;
  written_ = service_.backend.clock.moment();
  std::string bytes = std::exchange(buffer_, {});
  co_return co_await outlet_.write(std::move(bytes));
}

asio::awaitable<bool> Pen::rest(store::Cursor seen, std::optional<Moment> until) {
  supervisor::EventFeed& feed = service_.backend.feed;
  const supervisor::Clock& clock = service_.backend.clock;
  const Moment gap_end = rested_ + reading_gap;
  if (clock.moment() < gap_end) {
    asio::steady_timer gap(service_.backend.loop, gap_end - clock.moment());
    co_await gap.async_wait(named_awaitable);
  }
  while (!feed.closed()) {
    const Moment now = clock.moment();
    if (feed.last() > seen || (until && *until <= now)) break;
    milliseconds slice = look_after_client;
    if (until) slice = std::min(slice, std::chrono::ceil<milliseconds>(*until - now));
    co_await feed.wait_beyond(seen, slice);
    if (outlet_.gone()) co_return false;
    const bool alive = co_await keep_alive();
    if (!alive) co_return false;
  }
  rested_ = clock.moment();
  co_return !feed.closed();
}

asio::awaitable<bool> Pen::keep_alive() {
  if (service_.backend.clock.moment() - written_ < keep_alive_interval) co_return true;
  buffer_ += sse_comment;
  co_return co_await flush();
}

asio::awaitable<void> Pen::say_goodbye() {
  if (outlet_.gone()) co_return;
  buffer_ += "retry: 1000\n";
  message("shutdown", R"({"reason":"the daemon stops; reconnect with Last-Event-ID"})");
  co_await flush();
}

}  // namespace reeve::api
