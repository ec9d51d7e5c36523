#include "supervisor/attempt_journal.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>
#include <utility>

#include "supervisor/store_thread.hpp"

namespace reeve::supervisor {

namespace asio = boost::asio;
using store::StoreError;

namespace {

constexpr std::chrono::milliseconds first_pause{50};
constexpr std::chrono::milliseconds longest_pause{2'000};
// What a line costs beside its text, so that a flood of empty lines is bounded too.
constexpr std::int64_t line_overhead = 128;

store::LogStream stream_of(executors::Stream stream) {
  switch (stream) {
    case executors::Stream::stdout_: return store::LogStream::stdout_;
    case executors::Stream::stderr_: return store::LogStream::stderr_;
    case executors::Stream::entry: return store::LogStream::entry;
  }
  return store::LogStream::entry;
}

bool is_fatal(const std::exception_ptr& failed) {
  try {
    std::rethrow_exception(failed);
  } catch (const StoreError& error) {
    return error.fatal();
  } catch (...) {
    return true;
  }
}

}  // namespace

AttemptJournal::AttemptJournal(asio::any_io_executor loop, StoreThread& store, const Clock& clock, store::ClaimKey claim, std::string executor,
                               Hooks hooks)
    : store_(store), clock_(clock), claim_(claim), executor_(std::move(executor)), hooks_(std::move(hooks)), pause_(loop), landed_(loop) {}

void AttemptJournal::started(std::int64_t pid) {
  pid_ = pid;
  started_at_ = clock_.now();
  gathering_.start = Start{pid, *started_at_};
  hooks_.on_started();
}

void AttemptJournal::progress(executors::ProgressReport report) {
  if (report.current) latest_.current = report.current;
  if (report.total) latest_.total = report.total;
  if (report.percent) latest_.percent = std::max(latest_.percent, *report.percent);
  else if (latest_.current && latest_.total && *latest_.total > 0)
    latest_.percent = std::max(latest_.percent, std::clamp(100.0 * *latest_.current / *latest_.total, 0.0, 100.0));
  if (!report.label.empty()) latest_.label = std::move(report.label);
  if (!report.meta.empty()) latest_.meta = std::move(report.meta);
  gathering_.progress = latest_;
  flush();
}

void AttemptJournal::line(executors::OutputLine line) {
  const std::int64_t bytes = line_overhead + static_cast<std::int64_t>(line.message.size() + line.meta.size());
  gathering_.lines.push_back({.task = claim_.task,
                              .epoch = claim_.epoch,
                              .at = clock_.now(),
                              .stream = stream_of(line.stream),
                              .level = std::move(line.level),
                              .message = std::move(line.message),
                              .meta = std::move(line.meta)});
  gathering_.bytes += bytes;
  backlog_bytes_ += bytes;
  flush();
}

void AttemptJournal::flag_stale(std::string reason) {
  gathering_.staleness.push_back({true, std::move(reason), clock_.now()});
  flush();
}

void AttemptJournal::clear_stale() {
  gathering_.staleness.push_back({false, {}, clock_.now()});
  flush();
}

bool AttemptJournal::write(store::Store& store, store::ClaimKey claim, const std::string& executor, const Page& page, store::Timestamp now) {
  bool current = true;
  if (page.start) current = store.tasks().start(claim, page.start->pid, executor, page.start->at);
  if (current && !page.lines.empty()) current = store.journal().log(claim, page.lines, now);
  if (current && page.progress) current = store.journal().progress(claim, *page.progress, now);
  for (const Staleness& change : page.staleness) {
    if (!current) break;
    current = change.stale ? store.journal().flag_stale(claim, change.reason, change.at) : store.journal().clear_stale(claim, change.at);
  }
  return current;
}

void AttemptJournal::flush() {
  if (in_flight_ || closing_ || gathering_.empty()) return;
  if (lost_) {
    release(std::exchange(gathering_, {}).bytes);
    return;
  }
  in_flight_ = true;
  writing_ = std::exchange(gathering_, {});
  store_.send([this, now = clock_.now()](store::Store& store) { return write(store, claim_, executor_, writing_, now); },
              [this](const std::exception_ptr& failed, const bool* current) { written(failed, current); }, Urgency::soon);
}

void AttemptJournal::written(std::exception_ptr failed, const bool* current) {
  in_flight_ = false;
  if (failed) {
    put_back();
    if (!is_fatal(failed) && !closing_) {
      pause_.expires_after(longest_pause / 8);
      in_flight_ = true;  // nobody else may flush during the pause
      pause_.async_wait([this](boost::system::error_code) {
        in_flight_ = false;
        landed_.cancel();
        flush();
      });
    }
  } else {
    release(std::exchange(writing_, {}).bytes);
    if (!*current && !std::exchange(lost_, true)) hooks_.on_lost();
    flush();
  }
  landed_.cancel();
}

// What could not be written comes before what was gathered meanwhile.
void AttemptJournal::put_back() {
  Page later = std::exchange(gathering_, std::exchange(writing_, {}));
  if (later.start) gathering_.start = later.start;
  if (later.progress) gathering_.progress = std::move(later.progress);
  std::move(later.lines.begin(), later.lines.end(), std::back_inserter(gathering_.lines));
  std::move(later.staleness.begin(), later.staleness.end(), std::back_inserter(gathering_.staleness));
  gathering_.bytes += later.bytes;
}

void AttemptJournal::when_drained(std::function<void()> resume) {
  resume_ = std::move(resume);
  drain_mark_ = backlog_bytes_ / 2;
}

void AttemptJournal::release(std::int64_t bytes) {
  backlog_bytes_ -= bytes;
  if (resume_ && backlog_bytes_ <= drain_mark_) std::exchange(resume_, nullptr)();
}

asio::awaitable<void> AttemptJournal::in_flight_written() {
  while (in_flight_) {
    landed_.expires_at(asio::steady_timer::time_point::max());
    pause_.cancel();
    co_await landed_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<store::Finished> AttemptJournal::finish(store::Finish finish) {
  closing_ = true;
  const Urgency urgency = hooks_.end_urgency();
  if (in_flight_ && urgency == Urgency::now) store_.hurry();
  co_await in_flight_written();
  finish.pid = pid_;
  finish.started_at = started_at_;
  finish.executor = executor_;
  gathering_.start.reset();   // the end tells it
  std::chrono::milliseconds pause = first_pause;
  for (;;) {
    if (lost_) co_return store::Finished{};
    const store::Timestamp now = clock_.now();
    auto end = [this, &finish, now](store::Store& store) {
      if (!gathering_.empty() && !write(store, claim_, executor_, gathering_, now)) return store::Finished{};
      return store.tasks().finish(finish, now);
    };
    bool again = false;
    try {
      co_return co_await store_.run(end, urgency);
    } catch (const StoreError& error) {
      if (error.fatal()) throw;
      again = true;
    }
    if (again) {
      pause_.expires_after(pause);
      co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
      pause = std::min(pause * 2, longest_pause);
    }
  }
}

}  // namespace reeve::supervisor
