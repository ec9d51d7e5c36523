#include "supervisor/retention.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "store/event_data.hpp"
#include "supervisor/log.hpp"
#include "supervisor/store_thread.hpp"

namespace reeve::supervisor {

namespace {

using namespace std::chrono_literals;

constexpr int fewest_rows = 20;
constexpr int most_rows = 500;
constexpr auto quick = 5ms;       // a piece that took less may be larger next time,
constexpr auto slow = 20ms;       // one that took more has to be smaller
constexpr auto longest_sleep = std::chrono::hours{24};   // then it looks again: wall clocks are set

}  // namespace

Retention::Retention(boost::asio::any_io_executor loop, StoreThread& store, Clock& clock, Log& log, store::RetentionPolicy policy, store::Millis interval)
    : store_(store), clock_(clock), log_(log), policy_(policy), interval_(interval), timer_(std::move(loop)), rows_(fewest_rows) {}

void Retention::change(const store::RetentionPolicy& policy, store::Millis interval) {
  const bool differs = !(policy == policy_);
  policy_ = policy;
  interval_ = interval;
  if (differs) begin();
}

void Retention::begin() {
  if (stopped_) return;
  if (in_pass_) again_ = true;
  else pass();
}

void Retention::work_done() {
  if (!stopped_ && !in_pass_) wake_at(clock_.moment() + interval_);
  else again_ = true;
}

void Retention::stop() {
  stopped_ = true;
  timer_.cancel();
}

// An earlier moment that is set already stands.
void Retention::wake_at(Moment moment) {
  if (stopped_ || (wakes_ && *wakes_ <= moment)) return;
  wakes_ = moment;
  timer_.expires_after(std::max(std::chrono::nanoseconds{0}, std::chrono::nanoseconds(moment - clock_.moment())));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    wakes_.reset();
    if (!under_way_) in_pass_ ? piece() : pass();
  });
}

void Retention::pass() {
  timer_.cancel();
  wakes_.reset();
  in_pass_ = true;
  again_ = false;
  so_far_ = {};
  piece();
}

void Retention::piece() {
  under_way_ = true;
  piece_begun_ = clock_.moment();
  store_.send([policy = policy_, at = clock_.now(), rows = rows_](store::Store& store) { return store.maintenance().retain(policy, at, rows); },
              [this](const std::exception_ptr& failed, store::RetentionReport* report) { took(failed, report); });
}

void Retention::took(const std::exception_ptr& failed, const store::RetentionReport* report) {
  under_way_ = false;
  if (stopped_) return;
  if (failed) {   // a full or busy store: later
    in_pass_ = false;
    return wake_at(clock_.moment() + interval_);
  }
  const auto ms = clock_.moment() - piece_begun_;
  if (ms < quick) rows_ = std::min(rows_ * 2, most_rows);
  else if (ms > slow) rows_ = std::max(rows_ / 2, fewest_rows);
  so_far_.add(*report);
  // As long a pause as it took, so that it never has more than half of the store thread.
  if (report->more) wake_at(clock_.moment() + std::max<std::chrono::nanoseconds>(ms, 1ms));
  else pass_is_over();
}

void Retention::pass_is_over() {
  in_pass_ = false;
  if (so_far_.deleted_anything()) tell();
  if (so_far_.over_bytes > 0 && !told_too_large_)
    log_.warn("retention.store_too_large", {{"over_bytes", so_far_.over_bytes},
                                            {"message", "everything that may go is gone, and the store is still larger than retention.store_max"}});
  told_too_large_ = so_far_.over_bytes > 0;
  if (again_) wake_at(clock_.moment() + interval_);
  if (!so_far_.next_due) return;
  const store::Millis until = std::min<store::Millis>(*so_far_.next_due - clock_.now(), longest_sleep);
  wake_at(clock_.moment() + std::max(until, interval_));
}

// Events that were let go are no event, or letting them go would never end.
void Retention::tell() {
  log_.info("retention.deleted", {{"tasks", so_far_.tasks},
                                  {"succeeded", so_far_.succeeded},
                                  {"failed", so_far_.failed},
                                  {"cancelled", so_far_.cancelled},
                                  {"log_lines", so_far_.log_lines},
                                  {"log_bytes", so_far_.log_bytes},
                                  {"steps", so_far_.steps},
                                  {"events", so_far_.events},
                                  {"requests", so_far_.requests}});
  if (so_far_.tasks + so_far_.log_lines + so_far_.steps == 0) return;
  store::Event event;
  event.at = clock_.now();
  event.type = "retention.deleted";
  event.actor = "retention";
  event.data = store::event_data::retained(so_far_);
  store_.send([event](store::Store& store) { return store.maintenance().append_event(event); }, [](const std::exception_ptr&, store::Cursor*) {});
}

}  // namespace reeve::supervisor
