// What the shell does for the attempts that run: their starts, their pages of the scoreboard, what is said with their tokens.
#include "supervisor/shell.hpp"

#include <utility>

#include "executors/make.hpp"
#include "supervisor/log.hpp"

namespace reeve::supervisor {

namespace {

// An attempt that is shorter than this never costs a write for its start: the write of its end tells both.
constexpr std::chrono::milliseconds start_lag{3};
constexpr std::chrono::seconds pages_interval{1};

}  // namespace

// ---------------------------------------------------------------------------------------------------------------- starts

void Supervisor::Shell::write_start_soon(store::ClaimKey claim) {
  fresh_starts_.push_back(claim);
  if (fresh_starts_.size() > 1) return;
  starts_timer_.expires_after(start_lag);
  starts_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) write_starts();
  });
}

void Supervisor::Shell::write_starts() {
  for (const store::ClaimKey& claim : std::exchange(fresh_starts_, {}))
    if (const auto found = bodies_.find(claim); found != bodies_.end()) found->second->journal.flush();
}

// ----------------------------------------------------------------------------------------------------------------- pages

// What was written before the first look was written by this body; beats may be an earlier task's of the same process. What was written last is
// looked at before the page goes.
void Supervisor::Shell::watch_page(Body& body, std::function<executors::Glance()> look) {
  if (!look) look_at_page(body);
  body.look = std::move(look);
  body.seen = {};
  if (body.look) body.seen.beats = body.look().beats;
}

// Only while something runs: an idle daemon does not wake.
void Supervisor::Shell::look_at_pages_later() {
  if (std::exchange(pages_watched_, true)) return;
  parts_.executors.beat();
  pages_timer_.expires_after(pages_interval);
  pages_timer_.async_wait([this](const boost::system::error_code& error) {
    pages_watched_ = false;
    if (error) return;
    look_at_pages();
    if (core_.admission().running() > 0) look_at_pages_later();
  });
}

void Supervisor::Shell::look_at_pages() {
  for (const auto& [claim, body] : bodies_) look_at_page(*body);
}

void Supervisor::Shell::look_at_page(Body& body) {
  if (!body.look) return;
  executors::Glance glance = body.look();
  if (glance == body.seen) return;
  const bool moved = glance.progress && glance.progress != body.seen.progress;
  body.seen = glance;
  if (moved) body.observer.progress(std::move(*glance.progress));
  else body.observer.alive();
}

// ---------------------------------------------------------------------------------------------------------------- tokens

bool Supervisor::Shell::hear(const std::string& token, std::string_view line, std::function<void(std::string)> reply) {
  const auto found = by_token_.find(token);
  if (found == by_token_.end() || found->second->ear == nullptr) return false;
  found->second->ear->hear(line, std::move(reply));
  return true;
}

// -------------------------------------------------------------------------------------------------------- rooms and pools

void Supervisor::Shell::declare_rooms() {
  roomed_ = core_.handlers();
  runs_.clear();
  rooms_.clear();
  for (const handlers::Handler& handler : roomed_->all()) {
    const executors::Executor* executor = parts_.executors.find(handler.executor);
    if (executor == nullptr) continue;
    runs_.push_back(executor);
    rooms_.push_back({.kind = handler.kind});
  }
  room_changed();
}

void Supervisor::Shell::room_changed() {
  rooms_limited_ = false;
  for (std::size_t i = 0; i < rooms_.size(); ++i) {
    rooms_[i].room = runs_[i]->room(rooms_[i].kind);
    rooms_limited_ |= rooms_[i].room.has_value();
  }
  on([this](Core& core, Now at) { core.rooms_changed(rooms_, at); });
}

// An attempt that took room and never came to its executor gives it back here.
void Supervisor::Shell::look_at_rooms() {
  if (rooms_limited_) room_changed();
}

void Supervisor::Shell::log_pool(const executors::PoolStatus& pool) {
  if (pool.degraded) parts_.log.warn("pool.degraded", {{"kind", pool.kind}, {"error", pool.trouble}});
  else parts_.log.info("pool.recovered", {{"kind", pool.kind}});
}

void Supervisor::Shell::declare_pools() {
  std::vector<std::shared_ptr<const executors::WorkerSpec>> pools;
  for (const handlers::Handler& handler : core_.handlers()->all())
    if (handler.worker) pools.push_back(handler.worker);
  parts_.executors.declare(std::move(pools));
}

}  // namespace reeve::supervisor
