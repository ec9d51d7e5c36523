#include "supervisor/schedule_keeper.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "supervisor/log.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"

namespace reeve::supervisor {

namespace asio = boost::asio;
using store::ScheduleOrigin;

namespace {

constexpr std::string_view keeper = "schedule";

bool is_declared(const handlers::Handlers& handlers, std::string_view name) {
  return std::any_of(handlers.schedules().begin(), handlers.schedules().end(), [&](const auto& one) { return one->name == name; });
}

}  // namespace

ScheduleKeeper::ScheduleKeeper(const Supervisor::Parts& parts, Hooks hooks) : parts_(parts), hooks_(std::move(hooks)), timer_(parts.loop) {}

asio::awaitable<void> ScheduleKeeper::declare() {
  const auto handlers = hooks_.handlers();
  auto put = [&handlers, at = parts_.clock.now()](store::Store& store) {
    for (const auto& schedule : handlers->schedules())
      (void)store.schedules().put(schedule->name, ScheduleOrigin::declared, schedule->timing.text() + " " + schedule->timing.zone().name(), keeper, at);
  };
  co_await parts_.store.run(put);
  auto read = [](store::Reader& reader) { return reader.schedules(); };
  const std::vector<store::ScheduleRow> rows = co_await parts_.reader.read(std::move(read));
  std::vector<std::string> gone;
  for (const store::ScheduleRow& row : rows)
    if (row.origin == ScheduleOrigin::declared && !is_declared(*handlers, row.name)) gone.push_back(row.name);
  auto forget = [&gone, at = parts_.clock.now()](store::Store& store) {
    for (const std::string& name : gone) (void)store.schedules().remove(name, ScheduleOrigin::declared, keeper, at);
  };
  if (!gone.empty()) co_await parts_.store.run(forget);
  for (const std::string& name : gone) book_.erase(name);

  for (const store::ScheduleRow& row : rows) {
    if (row.origin == ScheduleOrigin::added) {
      auto schedule = parts_.read_schedule ? parts_.read_schedule(row.name, row.spec) : nullptr;
      if (schedule) book_.put(std::move(schedule), row);
      else parts_.log.error("schedule.unreadable", {{"schedule", row.name}, {"message", "its stored form is not understood; add it again"}});
      continue;
    }
    for (const auto& schedule : handlers->schedules())
      if (schedule->name == row.name) book_.put(schedule, row);
  }
  for (const auto& schedule : handlers->schedules()) {
    const KeptSchedule* kept = book_.find(schedule->name);
    if (kept != nullptr && kept->origin == ScheduleOrigin::added)
      parts_.log.error("schedule.name_taken", {{"schedule", schedule->name}, {"declared_at", schedule->declared_at},
                                               {"message", "one of this name was added at run time and goes on; remove that, or declare another name"}});
  }
  wake();
}

void ScheduleKeeper::begin() {
  if (life_ != Life::before) return;
  life_ = Life::running;
  asio::co_spawn(parts_.loop, work(), [this](const std::exception_ptr& failed) { report(failed); });
}

void ScheduleKeeper::declare_again() {
  asio::co_spawn(parts_.loop, declare(), [this](const std::exception_ptr& failed) { report(failed); });
}

// A store that cannot be read or written ends the daemon by itself; this says what the schedules lost by it.
void ScheduleKeeper::report(const std::exception_ptr& failed) {
  if (!failed) return;
  try {
    std::rethrow_exception(failed);
  } catch (const std::exception& error) {
    parts_.log.error("schedule.keeper_failed", {{"error", error.what()}});
  }
}

void ScheduleKeeper::end() {
  life_ = Life::over;
  wake();
}

asio::awaitable<void> ScheduleKeeper::work() {
  while (life_ == Life::running) {
    co_await fire_due();
    const auto next = book_.next();
    if (life_ != Life::running) break;
    if (next) timer_.expires_after(std::clamp(*next - parts_.clock.now(), store::Millis{0}, look_again));
    else timer_.expires_at(asio::steady_timer::time_point::max());
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<void> ScheduleKeeper::fire_due() {
  const std::vector<DueSchedule> all = book_.due(parts_.clock.now());
  for (const DueSchedule& one : all) {
    if (one.left_out) co_await leave_out(one.schedule, *one.left_out);
    for (const store::Timestamp tick : one.ticks) {
      if (life_ != Life::running) co_return;
      const bool done = co_await fire(one.schedule, tick);
      if (!done) break;
    }
  }
}

// False: it is tried again later, and so is what comes after it.
asio::awaitable<bool> ScheduleKeeper::fire(std::shared_ptr<const handlers::Schedule> schedule, store::Timestamp tick) {
  const store::Timestamp now = parts_.clock.now();
  auto wanted = handlers::task_of(*hooks_.handlers(), *schedule, tick, now);
  if (const auto* refusal = std::get_if<handlers::Refusal>(&wanted)) {
    could_not(*schedule, tick, refusal->message);
    co_return false;
  }
  const store::NewTask& task = std::get<store::NewTask>(wanted);
  store::FireAnswer answer;
  std::string failed;
  try {
    auto work = [&](store::Store& store) { return store.schedules().fire(schedule->name, tick, task, now); };
    answer = co_await parts_.store.run(work);
  } catch (const std::exception& error) {
    failed = error.what();
  }
  if (!failed.empty() || answer.result == store::FireAnswer::Result::refused) {
    could_not(*schedule, tick, failed.empty() ? "the store refuses its task; look at its keys" : failed);
    co_return false;
  }
  using Result = store::FireAnswer::Result;
  // Paused or removed while this was on its way: the book follows.
  if (answer.result == Result::paused) book_.set_paused(schedule->name, true, now);
  if (answer.result == Result::unknown) book_.erase(schedule->name);
  if (answer.result == Result::paused || answer.result == Result::unknown) co_return false;
  book_.taken(schedule->name, tick);
  if (answer.result == Result::already) co_return true;
  for (const store::ClaimKey claim : answer.task.stop) hooks_.stop(claim);
  parts_.log.info("schedule.fired", {{"schedule", schedule->name}, {"tick", store::to_rfc3339(tick)}, {"task", number(answer.task.id)},
                                     {"disposition", store::name(answer.task.disposition)}});
  hooks_.due();
  co_return true;
}

void ScheduleKeeper::could_not(const handlers::Schedule& schedule, store::Timestamp tick, const std::string& why) {
  const store::Millis pause = book_.failed(schedule.name, why, parts_.clock.now());
  parts_.log.error("schedule.not_fired", {{"schedule", schedule.name}, {"tick", store::to_rfc3339(tick)}, {"error", why}, {"again_in_ms", pause.count()}});
}

asio::awaitable<void> ScheduleKeeper::leave_out(std::shared_ptr<const handlers::Schedule> schedule, store::Timestamp tick) {
  bool noted = false;
  try {
    auto work = [&, at = parts_.clock.now()](store::Store& store) { return store.schedules().pass_over(schedule->name, tick, "missed", at); };
    noted = co_await parts_.store.run(work);
  } catch (const std::exception& error) {
    could_not(*schedule, tick, error.what());
    co_return;
  }
  book_.taken(schedule->name, tick);
  if (noted) parts_.log.warn("schedule.missed", {{"schedule", schedule->name}, {"up_to", store::to_rfc3339(tick)}});
}

// ------------------------------------------------------------------------------------------------------------ what people say

asio::awaitable<store::SchedulePut> ScheduleKeeper::add(std::shared_ptr<const handlers::Schedule> schedule, std::string spec, std::string actor) {
  auto work = [&, at = parts_.clock.now()](store::Store& store) {
    return store.schedules().put(schedule->name, ScheduleOrigin::added, spec, actor, at);
  };
  const store::SchedulePut put = co_await parts_.store.run(work);
  if (put != store::SchedulePut::taken) co_await take_row(std::move(schedule));
  co_return put;
}

asio::awaitable<void> ScheduleKeeper::take_row(std::shared_ptr<const handlers::Schedule> schedule) {
  auto read = [](store::Reader& reader) { return reader.schedules(); };
  const std::vector<store::ScheduleRow> rows = co_await parts_.reader.read(std::move(read));
  for (const store::ScheduleRow& row : rows)
    if (row.name == schedule->name) book_.put(schedule, row);
  wake();
}

asio::awaitable<store::ScheduleRemoved> ScheduleKeeper::remove(std::string name, std::string actor) {
  auto work = [&, at = parts_.clock.now()](store::Store& store) { return store.schedules().remove(name, ScheduleOrigin::added, actor, at); };
  const store::ScheduleRemoved removed = co_await parts_.store.run(work);
  if (removed == store::ScheduleRemoved::removed) book_.erase(name);
  wake();
  co_return removed;
}

asio::awaitable<bool> ScheduleKeeper::pause(std::string name, std::string reason, std::string actor) {
  const store::Timestamp now = parts_.clock.now();
  auto work = [&](store::Store& store) { return store.schedules().pause(name, reason, actor, now); };
  const bool changed = co_await parts_.store.run(work);
  book_.set_paused(name, true, now);
  co_return changed;
}

asio::awaitable<bool> ScheduleKeeper::resume(std::string name, std::string actor) {
  const store::Timestamp now = parts_.clock.now();
  auto work = [&](store::Store& store) { return store.schedules().resume(name, actor, now); };
  const bool changed = co_await parts_.store.run(work);
  if (changed) book_.set_paused(name, false, now);
  wake();
  co_return changed;
}

}  // namespace reeve::supervisor
