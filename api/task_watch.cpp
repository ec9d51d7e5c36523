#include "api/task_watch.hpp"

#include <utility>

#include "api/awaiting.hpp"
#include "api/json/reader.hpp"
#include "supervisor/event_feed.hpp"
#include "supervisor/log.hpp"
#include "supervisor/reader_thread.hpp"

namespace reeve::api {

namespace asio = boost::asio;

namespace {

constexpr int page = 1'000;
constexpr std::chrono::seconds idle_look{60};           // how long run() sleeps when nothing happens
constexpr std::chrono::milliseconds after_failure{100};

store::EventQuery ends_after(store::Cursor cursor) {
  store::EventQuery query;
  query.after = cursor;
  query.limit = page;
  query.types = {"task.succeeded", "task.failed", "task.cancelled", "task.deleted", "batch.finished"};
  return query;
}

std::optional<TaskWatch::Awaited> ended_in(const store::Event& event) {
  if (event.task) return TaskWatch::Awaited(TaskWatch::Sort::task, number(*event.task));
  for (const JsonMember& member : members_of(event.data))
    if (member.key == "batch") return TaskWatch::Awaited(TaskWatch::Sort::batch, integer_of(member.value).value_or(0));
  return std::nullopt;
}

}  // namespace

TaskWatch::TaskWatch(const Backend& backend) : backend_(backend), first_waiter_(backend.loop) {}

TaskWatch::Waiter::Waiter(TaskWatch& watch, store::TaskId task) : Waiter(watch, Awaited(Sort::task, number(task))) {}
TaskWatch::Waiter::Waiter(TaskWatch& watch, store::BatchId batch) : Waiter(watch, Awaited(Sort::batch, number(batch))) {}

TaskWatch::Waiter::Waiter(TaskWatch& watch, const Awaited& awaited) : watch_(watch), timer_(watch.backend_.loop) {
  if (watch.waiters_.empty()) {
    watch.seen_ = watch.backend_.feed.last();
    watch.first_waiter_.cancel();
  }
  place_ = watch.waiters_.emplace(awaited, this);
}

TaskWatch::Waiter::~Waiter() { watch_.waiters_.erase(place_); }

asio::awaitable<bool> TaskWatch::Waiter::wait(std::chrono::milliseconds timeout) {
  if (!ended_ && !watch_.backend_.feed.closed()) {
    timer_.expires_after(timeout);
    co_await timer_.async_wait(named_awaitable);
  }
  co_return std::exchange(ended_, false);
}

asio::awaitable<void> TaskWatch::run() {
  while (!backend_.feed.closed()) {
    if (waiters_.empty()) {
      first_waiter_.expires_at(asio::steady_timer::time_point::max());
      co_await first_waiter_.async_wait(named_awaitable);
      continue;
    }
    const bool grown = co_await backend_.feed.wait_beyond(seen_, idle_look);
    if (grown) co_await read_news();
  }
}

asio::awaitable<void> TaskWatch::read_news() {
  const store::Cursor last = backend_.feed.last();
  bool failed = false;
  try {
    for (bool more = true; more;) {
      auto read = [query = ends_after(seen_)](store::Reader& reader) { return reader.events(query); };
      const store::EventPage news = co_await backend_.reader.read(std::move(read));
      for (const store::Event& event : news.events)
        if (const auto ended = ended_in(event)) wake(*ended);
      more = news.more;
      seen_ = std::max(seen_, news.last);
    }
    seen_ = std::max(seen_, last);
  } catch (const std::exception& error) {
    backend_.log.warn("api.watch_failed", {{"error", error.what()}});
    failed = true;
  }
  if (!failed) co_return;
  asio::steady_timer pause(backend_.loop, after_failure);
  co_await pause.async_wait(named_awaitable);
}

void TaskWatch::wake(const Awaited& awaited) {
  const auto [first, last] = waiters_.equal_range(awaited);
  for (auto one = first; one != last; ++one) {
    one->second->ended_ = true;
    one->second->timer_.cancel();
  }
}

void TaskWatch::stop() {
  first_waiter_.cancel();
  for (const auto& [awaited, waiter] : waiters_) waiter->timer_.cancel();
}

}  // namespace reeve::api
