#include "store/task.hpp"

#include "store/life.hpp"

namespace reeve::store {
namespace {

// Tried before, in this generation: whatever an attempt was charged to, it left a mark.
bool was_tried(const Task& task) { return task.attempt + task.crashes + task.interruptions + task.snoozes > 0; }

State state_of_queued(const Task& task, Timestamp now, bool paused) {
  if (task.run_at > now) return was_tried(task) ? State::retrying : State::scheduled;
  // The bit of a pause comes and goes with claims; `paused` is told exactly.
  return paused || (task.block & ~static_cast<int>(Block::pause)) != 0 ? State::blocked : State::queued;
}

State state_of_running(const Task& task) {
  if (task.cancel_requested_at) return State::cancelling;
  return task.stale_at ? State::stale : State::running;
}

}  // namespace

State state_of(const Task& task, Timestamp now, bool paused) {
  switch (task.status) {
    case Status::queued: return state_of_queued(task, now, paused);
    case Status::claimed: return task.cancel_requested_at ? State::cancelling : State::claimed;
    case Status::running: return state_of_running(task);
    case Status::waiting: return State::waiting;
    case Status::succeeded: return State::succeeded;
    case Status::failed: return State::failed;
    case Status::cancelled: return State::cancelled;
  }
  return State::queued;
}

}  // namespace reeve::store
