#include "supervisor/core/attempt_watch.hpp"

#include <catch2/catch.hpp>

using namespace reeve;
using namespace reeve::supervisor;
using namespace std::chrono_literals;
using executors::StopReason;

namespace {

const Moment start{std::chrono::hours{100}};
const Moment never = Moment::max();

handlers::Handler handler_with(std::optional<store::Millis> timeout, std::optional<store::Millis> soft, std::optional<store::Millis> watchdog,
                               handlers::OnStale on_stale = handlers::OnStale::mark) {
  handlers::Handler handler;
  handler.timeout = timeout;
  handler.soft_timeout = soft;
  handler.watchdog = watchdog;
  handler.on_stale = on_stale;
  return handler;
}

}  // namespace

TEST_CASE("an attempt without limits is never disturbed before its lease ends", "[watch]") {
  AttemptWatch watch(handler_with({}, {}, {}), start, start + 12s);
  CHECK(watch.next() == start + 12s);
  CHECK(watch.due(start + 11s) == Due{});
}

TEST_CASE("the timeout stops an attempt once", "[watch][timeout]") {
  AttemptWatch watch(handler_with(5s, {}, {}), start, never);
  CHECK(watch.next() == start + 5s);
  CHECK(watch.due(start + 4999ms) == Due{});
  CHECK(watch.due(start + 5s).stop == StopReason::timeout);
  CHECK(watch.due(start + 6s) == Due{});
  CHECK(watch.next() == never);
}

TEST_CASE("the soft timeout warns once and lets the attempt run", "[watch][timeout]") {
  AttemptWatch watch(handler_with(5s, 3s, {}), start, never);
  CHECK(watch.next() == start + 3s);
  const Due due = watch.due(start + 3s);
  CHECK(due.warn_soft_timeout);
  CHECK_FALSE(due.stop.has_value());
  CHECK(watch.due(start + 4s) == Due{});
  CHECK(watch.next() == start + 5s);
}

TEST_CASE("an attempt is stale after a watchdog interval without a sign of life, and no longer after one", "[watch][watchdog]") {
  AttemptWatch watch(handler_with({}, {}, 10s), start, never);
  CHECK_FALSE(watch.alive(start + 5s));
  CHECK(watch.next() == start + 15s);
  CHECK(watch.due(start + 14s) == Due{});
  CHECK(watch.due(start + 15s).flag_stale);
  CHECK(watch.stale());
  CHECK(watch.next() == never);  // flagged once, not again and again
  CHECK(watch.alive(start + 20s));
  CHECK_FALSE(watch.stale());
  CHECK(watch.next() == start + 30s);
}

TEST_CASE("the supervisor's own renewal is no sign of life of a handler", "[watch][watchdog][promise-I12]") {
  AttemptWatch watch(handler_with({}, {}, 10s), start, start + 12s);
  watch.renewed(start + 60s);
  CHECK(watch.due(start + 10s).flag_stale);
}

TEST_CASE("a stale attempt is stopped when its handler says so", "[watch][watchdog]") {
  AttemptWatch watch(handler_with({}, {}, 10s, handlers::OnStale::kill), start, never);
  const Due due = watch.due(start + 10s);
  CHECK(due.flag_stale);
  CHECK(due.stop == StopReason::stalled);
}

TEST_CASE("an attempt whose lease could not be renewed is killed before the lease ends, even while it is stopping", "[watch][lease][promise-I12]") {
  AttemptWatch watch(handler_with(5s, {}, {}), start, start + 12s);
  const bool already_stopping = GENERATE(false, true);
  if (already_stopping) watch.stopping();
  const Due due = watch.due(start + 12s);
  CHECK(due.kill);
  CHECK(due.stop == StopReason::lease_lost);
}

TEST_CASE("a renewed lease moves the fence", "[watch][lease]") {
  AttemptWatch watch(handler_with({}, {}, {}), start, start + 12s);
  watch.renewed(start + 17s);
  CHECK(watch.due(start + 12s) == Due{});
  CHECK(watch.due(start + 17s).kill);
}

TEST_CASE("nothing asks again once an attempt was asked to end", "[watch]") {
  AttemptWatch watch(handler_with(5s, 1s, 2s), start, never);
  watch.stopping();
  CHECK(watch.due(start + 1h) == Due{});
  CHECK(watch.next() == never);
}
