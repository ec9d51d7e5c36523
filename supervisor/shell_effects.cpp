// How each effect of the core is carried out.
#include "supervisor/shell.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "executors/make.hpp"
#include "supervisor/log.hpp"

namespace reeve::supervisor {

namespace asio = boost::asio;
using store::ClaimKey;

namespace {

constexpr int expiry_chunk = 500;  // leases looked at in one transaction, so that nothing else waits long

std::string text_of(const std::exception_ptr& failed) {
  try {
    std::rethrow_exception(failed);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

// --------------------------------------------------------------------------------------------------------------- effects

void Supervisor::Shell::carry_out(ClaimTasks effect) {
  const Now asked = now();
  parts_.store.send(
      [request = std::move(effect.request), at = asked.wall](store::Store& store) { return store.tasks().claim(request, at); },
      [this, asked](const std::exception_ptr& failed, store::ClaimAnswer* answer) {
        if (failed) {
          trouble_ = "tasks cannot be claimed: " + text_of(failed);
          parts_.log.warn("claim.failed", {{"error", trouble_}});
          on([](Core& core, Now at) { core.claim_failed(at); });
          return;
        }
        trouble_.clear();
        on([&](Core& core, Now at) { core.claimed(std::move(*answer), asked, at); });
      },
      urgency());
}

void Supervisor::Shell::carry_out(Launch effect) {
  const ClaimKey key{effect.task.id, effect.task.epoch};
  auto body = std::make_unique<Body>(*this, effect.task, effect.handler);
  Body& running = *body;
  by_token_.emplace(running.token, &running);
  bodies_.emplace(key, std::move(body));
  look_at_pages_later();
  executors::Executor* executor = parts_.executors.find(effect.handler.executor);
  AttemptContext context{.executor = *executor,
                         .journal = running.journal,
                         .requests = running.requests,
                         .observer = running.observer,
                         .brake = running.brake,
                         .clock = parts_.clock,
                         .log = parts_.log,
                         .dice = parts_.dice,
                         .token = running.token,
                         .ended = [this, key] { on([key](Core& core, Now at) { core.ended(key, at); }); },
                         .resources = std::move(effect.resources)};
  asio::co_spawn(parts_.loop, run_attempt(std::move(context), std::move(effect.handler), std::move(effect.task)),
                 [this, key](const std::exception_ptr& failed, const store::Finished& finished) {
                   if (failed) not_recorded(key, failed);
                   else settled(key, finished);
                 });
}

// The slot is free; the task is taken back when its lease runs out, or by the next incarnation. The body's journal stays: a write of it may
// still be on its way.
void Supervisor::Shell::not_recorded(ClaimKey claim, const std::exception_ptr& failed) {
  parts_.log.error("attempt.not_recorded", {{"task", number(claim.task)}, {"epoch", claim.epoch}, {"error", text_of(failed)}});
  on([claim](Core& core, Now at) { core.settled(claim, std::nullopt, at); });
  look_at_rooms();
}

void Supervisor::Shell::settled(ClaimKey claim, const store::Finished& finished) {
  if (const auto found = bodies_.find(claim); found != bodies_.end()) {
    by_token_.erase(found->second->token);
    bodies_.erase(found);
  }
  retention_.work_done();
  // A wait or a timer it left may end by time alone, staged tasks are due, and others may have waited for it or for its keys.
  const bool look_again = finished.status == store::Status::waiting || !finished.staged.empty() || finished.woke_others || finished.let_go;
  on([&](Core& core, Now at) {
    core.settled(claim, finished.retry_at, at);
    for (const store::Enqueued& staged : finished.staged)
      for (const ClaimKey& superseded : staged.stop) core.cancel(superseded, at);
    if (look_again) core.work_arrived(at);
  });
  look_at_rooms();
}

// Claimed, but it must not be started: back to where it was, at no cost to it.
void Supervisor::Shell::carry_out(GiveBack effect) {
  const ClaimKey key = effect.claim;
  const store::Timestamp at = parts_.clock.now();
  const store::Finish finish{.claim = key,
                             .outcome = store::Outcome::interrupted,
                             .next = store::Requeue{.at = effect.run_at, .budget = store::Budget::interruption}};
  parts_.store.send([finish, at](store::Store& store) { return store.tasks().finish(finish, at); },
                    [this, key](const std::exception_ptr&, const store::Finished* finished) {
                      // If it could not be written, the lease runs out or the next incarnation takes it back.
                      const bool let_go = finished != nullptr && finished->let_go;
                      on([key, let_go](Core& core, Now moment) {
                        core.settled(key, std::nullopt, moment);
                        if (let_go) core.work_arrived(moment);
                      });
                      look_at_rooms();
                    });
}

void Supervisor::Shell::carry_out(StopBody effect) {
  const auto found = bodies_.find(effect.claim);
  if (found == bodies_.end()) return;
  parts_.log.info("attempt.stopping", {{"task", number(effect.claim.task)},
                                       {"epoch", effect.claim.epoch},
                                       {"reason", executors::name(effect.reason)},
                                       {"kill", effect.kill}});
  if (effect.kill) found->second->brake.kill(effect.reason);
  else found->second->brake.stop(effect.reason);
}

void Supervisor::Shell::carry_out(RenewLeases effect) {
  const Now asked = now();
  auto claims = std::make_shared<const std::vector<ClaimKey>>(std::move(effect.claims));  // two owners: the work and its answer
  parts_.store.send(
      [claims, until = effect.lease_expires_at, at = asked.lease](store::Store& store) { return store.tasks().renew(*claims, until, at); },
      [this, claims, asked](const std::exception_ptr& failed, std::vector<ClaimKey>* lost) {
        if (failed) {
          parts_.log.warn("lease.renewal_failed", {{"attempts", claims->size()}, {"error", text_of(failed)}});
          on([](Core& core, Now at) { core.renew_failed(at); });
          return;
        }
        on([&](Core& core, Now at) { core.renewed(*claims, *lost, asked, at); });
      });
}

void Supervisor::Shell::carry_out(ExpireLeases) {
  const store::Timestamp at = now().lease;
  parts_.store.send([at](store::Store& store) { return store.tasks().expire(at, expiry_chunk); },
                    [this](const std::exception_ptr& failed, store::ExpireAnswer* answer) {
                      if (failed) return;  // looked at again with the next claim
                      for (const store::Lost& lost : answer->lost)
                        parts_.log.warn("task.lease_lost", {{"task", number(lost.claim.task)}, {"epoch", lost.claim.epoch}});
                      if (answer->more) carry_out(ExpireLeases{});
                      if (!answer->lost.empty() || !answer->expired.empty()) on([](Core& core, Now moment) { core.work_arrived(moment); });
                    });
}

void Supervisor::Shell::carry_out(FlagStale effect) {
  const auto found = bodies_.find(effect.claim);
  if (found == bodies_.end()) return;
  parts_.log.warn("attempt.stale", {{"task", number(effect.claim.task)}, {"epoch", effect.claim.epoch}, {"reason", effect.reason}});
  found->second->journal.flag_stale(std::move(effect.reason));
}

void Supervisor::Shell::carry_out(ClearStale effect) {
  const auto found = bodies_.find(effect.claim);
  if (found != bodies_.end()) found->second->journal.clear_stale();
}

void Supervisor::Shell::carry_out(WarnSoftTimeout effect) {
  const auto found = bodies_.find(effect.claim);
  if (found == bodies_.end()) return;
  parts_.log.warn("attempt.soft_timeout", {{"task", number(effect.claim.task)}, {"epoch", effect.claim.epoch}});
  executors::OutputLine line{.stream = executors::Stream::entry, .level = "warn", .message = "soft timeout reached", .meta = {}};
  found->second->journal.line(std::move(line));
}

}  // namespace reeve::supervisor
