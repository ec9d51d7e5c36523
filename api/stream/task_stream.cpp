#include <algorithm>
#include <string>
#include <utility>

#include "api/json/records.hpp"
#include "api/stream/coalescer.hpp"
#include "api/stream/live.hpp"
#include "api/stream/pen.hpp"
#include "supervisor/event_feed.hpp"
#include "supervisor/reader_thread.hpp"

namespace reeve::api {

namespace asio = boost::asio;
using supervisor::Moment;

namespace {

constexpr std::chrono::milliseconds log_interval{250};   // lines come without events, so a running task's log is looked at this often
constexpr int lines_page = 500;

// What a client needs to draw the task at once. The cursor is read first: what happens between is sent again, never lost.
struct Bootstrap {
  StreamStart start{};
  store::Cursor newest{};
  std::optional<Seen> seen{};
  std::vector<store::LogLine> lines{};
};

Bootstrap read_bootstrap(store::Reader& reader, const TaskStreamOptions& options) {
  Bootstrap bootstrap;
  bootstrap.newest = reader.last_event();
  bootstrap.start = start_of(options.since, 0, reader.first_event(), bootstrap.newest);
  store::LogQuery query;
  query.task = options.task;
  query.last = std::max(options.last, 1);
  bootstrap.lines = reader.log(query).lines;
  bootstrap.seen = see(reader, options.task);
  return bootstrap;
}

class TaskStream final : public LiveStream {
 public:
  TaskStream(Service& service, TaskStreamOptions options) : slot_(service), service_(service), options_(options) {
    query_.task = options.task;
  }

  asio::awaitable<void> run(Outlet& outlet) override {
    Pen pen(service_, outlet);
    auto read = [this](store::Reader& reader) { return read_bootstrap(reader, options_); };
    const Bootstrap bootstrap = co_await service_.backend.reader.read(std::move(read));
    begin(pen, bootstrap);
    for (bool go_on = true; go_on;) {
      const store::Cursor newest = service_.backend.feed.last();
      const bool more = co_await write_events(pen);
      go_on = co_await pen.flush();
      if (!go_on) co_return;
      if (more) continue;
      if (ended_) break;
      go_on = co_await pen.rest(std::max(newest, query_.after), next_look());
    }
    if (!ended_) co_await pen.say_goodbye();
    else co_await write_end(pen);
  }

 private:
  void begin(Pen& pen, const Bootstrap& bootstrap) {
    query_.after = bootstrap.start.after;
    if (bootstrap.start.lost_before) {
      JsonWriter reset;
      reset.open_object().member("oldest", number(*bootstrap.start.lost_before)).close_object();
      pen.message("reset", std::move(reset).text());
    }
    JsonWriter json;
    json.open_object();
    if (bootstrap.seen) {
      const store::Task& task = bootstrap.seen->task;
      write_task(json.key("task"), task, state_of(task, service_.backend.clock.now(), bootstrap.seen->paused), Body::with_payload);
      running_ = task.status == store::Status::claimed || task.status == store::Status::running;
      ended_ = is_terminal(task.status);
      status_ = name(task.status);
    } else {
      ended_ = true;                       // deleted since the request was looked at
      status_ = "deleted";
    }
    json.key("lines").open_array();
    if (!bootstrap.lines.empty()) lines_after_ = bootstrap.lines.back().seq;
    if (options_.log && options_.last > 0)
      for (const store::LogLine& line : bootstrap.lines) write_log_line(json, line);
    json.close_array().member("cursor", number(bootstrap.start.after)).close_object();
    pen.message("bootstrap", std::move(json).text());
  }

  // One page of events, and the lines of the log up to it. True: there is more.
  asio::awaitable<bool> write_events(Pen& pen) {
    auto read = [this](store::Reader& reader) { return reader.events(query_); };
    store::EventPage page = co_await service_.backend.reader.read(std::move(read));
    query_.after = std::max(query_.after, page.last);
    const bool lines_first = std::any_of(page.events.begin(), page.events.end(), [](const store::Event& event) { return ends(event); });
    if (lines_first) co_await write_lines(pen);
    const Moment now = service_.backend.clock.moment();
    Coalescer::Out passed;
    for (store::Event& event : page.events) {
      follow(event);
      coalescer_.take(std::move(event), now, passed);
    }
    coalescer_.release_due(now, passed);
    pen.events(passed);
    if (!lines_first) co_await write_lines(pen);
    co_return page.more;
  }

  asio::awaitable<void> write_lines(Pen& pen) {
    if (!options_.log) co_return;
    looked_ = service_.backend.clock.moment();
    store::LogQuery query;
    query.task = options_.task;
    query.limit = lines_page;
    for (bool more = true; more;) {
      query.after = lines_after_;
      auto read = [&query](store::Reader& reader) { return reader.log(query); };
      const store::LogPage page = co_await service_.backend.reader.read(std::move(read));
      for (const store::LogLine& line : page.lines) {
        JsonWriter json;
        write_log_line(json, line);
        pen.message("log", std::move(json).text());
        lines_after_ = line.seq;
      }
      const bool alive = co_await pen.flush();
      more = page.more && alive;
    }
  }

  asio::awaitable<void> write_end(Pen& pen) {
    JsonWriter json;
    json.open_object().member("id", number(options_.task)).member("status", status_).close_object();
    pen.message("end", std::move(json).text());
    co_await pen.flush();
  }

  static bool ends(const store::Event& event) {
    return event.type == "task.succeeded" || event.type == "task.failed" || event.type == "task.cancelled" || event.type == "task.deleted";
  }

  static bool leaves_runner(const store::Event& event) {
    return ends(event) || event.type == "task.retried" || event.type == "task.snoozed" || event.type == "task.suspended" ||
           event.type == "task.lease_lost";
  }

  void follow(const store::Event& event) {
    if (event.type == "task.claimed" || event.type == "task.started") running_ = true;
    if (leaves_runner(event)) running_ = false;
    if (ends(event)) {
      ended_ = true;
      status_ = event.type.substr(event.type.find('.') + 1);
    }
    if (event.type == "task.reopened") ended_ = false;
  }

  std::optional<Moment> next_look() const {
    std::optional<Moment> next = coalescer_.next();
    if (!running_ || !options_.log) return next;
    const Moment look = looked_ + log_interval;
    return next ? std::min(*next, look) : look;
  }

  StreamSlot slot_;
  Service& service_;
  TaskStreamOptions options_;
  store::EventQuery query_{};
  Coalescer coalescer_{};
  std::int64_t lines_after_ = 0;
  Moment looked_{};
  bool running_ = false;
  bool ended_ = false;
  std::string status_{};
};

}  // namespace

std::unique_ptr<LiveStream> follow_task(Service& service, TaskStreamOptions options) {
  return std::make_unique<TaskStream>(service, options);
}

}  // namespace reeve::api
