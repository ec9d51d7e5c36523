#include <algorithm>
#include <utility>

#include "api/stream/coalescer.hpp"
#include "api/stream/live.hpp"
#include "api/stream/pen.hpp"
#include "api/json/writer.hpp"
#include "supervisor/event_feed.hpp"
#include "supervisor/reader_thread.hpp"

namespace reeve::api {

namespace asio = boost::asio;

namespace {

class EventStream final : public LiveStream {
 public:
  EventStream(Service& service, store::EventQuery filter, StreamStart start)
      : slot_(service), service_(service), query_(std::move(filter)), start_(start) {
    query_.after = start.after;
  }

  asio::awaitable<void> run(Outlet& outlet) override {
    Pen pen(service_, outlet);
    if (start_.lost_before) announce_reset(pen);
    for (bool go_on = true; go_on;) {
      const store::Cursor newest = service_.backend.feed.last();
      auto read = [this](store::Reader& reader) { return reader.events(query_); };
      store::EventPage page = co_await service_.backend.reader.read(std::move(read));
      write(pen, std::move(page.events));
      query_.after = std::max(query_.after, page.last);
      go_on = co_await pen.flush();
      if (!go_on) co_return;
      if (!page.more) go_on = co_await pen.rest(std::max(newest, query_.after), coalescer_.next());
    }
    co_await pen.say_goodbye();
  }

 private:
  void announce_reset(Pen& pen) const {
    JsonWriter json;
    json.open_object().member("oldest", number(*start_.lost_before)).close_object();
    pen.message("reset", std::move(json).text());
  }

  void write(Pen& pen, std::vector<store::Event> events) {
    const supervisor::Moment now = service_.backend.clock.moment();
    Coalescer::Out passed;
    for (store::Event& event : events) coalescer_.take(std::move(event), now, passed);
    coalescer_.release_due(now, passed);
    pen.events(passed);
  }

  StreamSlot slot_;
  Service& service_;
  store::EventQuery query_;
  StreamStart start_;
  Coalescer coalescer_{};
};

}  // namespace

StreamStart start_of(std::optional<store::Cursor> given, std::int64_t last, store::Cursor first_kept, store::Cursor newest) {
  const std::int64_t before_kept = std::max<std::int64_t>(number(first_kept) - 1, 0);
  StreamStart start;
  if (!given) {
    start.after = store::Cursor{std::max(number(newest) - last, std::min(before_kept, number(newest)))};
  } else if (number(*given) < before_kept || *given > newest) {
    // Its events are gone, or it is from another life of this store.
    start.after = number(*given) < before_kept ? store::Cursor{before_kept} : newest;
    start.lost_before = first_kept;
  } else {
    start.after = *given;
  }
  return start;
}

std::unique_ptr<LiveStream> follow_events(Service& service, store::EventQuery filter, StreamStart start) {
  return std::make_unique<EventStream>(service, std::move(filter), start);
}

}  // namespace reeve::api
