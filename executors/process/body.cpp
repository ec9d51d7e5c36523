#include "executors/process/body.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "executors/process/proc.hpp"
#include "executors/protocol/sentences.hpp"

namespace reeve::executors::process {
namespace {

namespace asio = boost::asio;

// For pipes that a process holds open which could not be found: nobody writes to them any more that we care for.
constexpr std::chrono::milliseconds drain_time{300};

ExitStatus status_of(const siginfo_t& about) {
  if (about.si_code == CLD_EXITED) return {about.si_status, std::nullopt, false};
  return {std::nullopt, about.si_status, about.si_code == CLD_DUMPED};
}

}  // namespace

Body::Body(const asio::any_io_executor& loop, const Execution& execution, Child child, Tree& tree, Conversation& conversation, Bell& news,
           Brake& brake, scoreboard::Presence& presence)
    : execution_(execution), child_(std::move(child)), tree_(tree), conversation_(conversation), news_(news), brake_(brake),
      presence_(presence), watch_(loop) {
  tree_.born(child_.process.id());
  brake_.listen([this] { news_.ring(); });
}

Body::~Body() { brake_.listen({}); }

void Body::watch() {
  watch_.async_wait(asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
    if (error) return;   // dropped with the loop
    exited_ = has_exited(watch_.native_handle());
    if (exited_) news_.ring();
    else watch();        // woken for nothing: the loop hands an event on to the next owner of a slot now and then
  });
}

asio::awaitable<void> Body::live() {
  watch_.assign(child_.pidfd.get());
  (void)child_.pidfd.release();
  watch();
  while (!exited_) {
    const auto next = std::min(std::min(kill_at_, conversation_.frame_deadline()), gauge_.next());
    co_await news_.wait(next);
    if (exited_) break;
    gauge_.look_when_due(pid());
    heed_protocol();
    heed_suspension();
    heed_brake();
  }
}

void Body::heed_protocol() {
  if (Bell::past(conversation_.frame_deadline())) conversation_.frame_overdue();
  if (conversation_.broken()) kill();
}

void Body::heed_brake() {
  if (brake_.reason() && !stop_) ask_to_stop(*brake_.reason());
  if (stop_ && (brake_.kill_now() || Bell::past(kill_at_))) kill();
}

// It was told to suspend: what it waits for is on record, and it should end by itself.
void Body::heed_suspension() {
  if (!conversation_.suspending() || stop_) return;
  if (kill_at_ == Bell::never) kill_at_ = Bell::after(execution_.stop_grace);
  else if (Bell::past(kill_at_)) kill();
}

// A body that has exited already was not stopped by us, whatever its status says.
void Body::ask_to_stop(StopReason reason) {
  if (has_exited(watch_.native_handle())) return;
  stop_ = reason;
  presence_.stopping(reason);
  if (brake_.kill_now()) return;
  conversation_.say(protocol::cancel_notice({execution_.task, execution_.epoch}, reason, execution_.stop_grace));
  tree_.signal(execution_.process->stop_signal);
  tree_.signal(SIGCONT);   // a body that is suspended has to hear it too
  kill_at_ = Bell::after(execution_.stop_grace);
}

void Body::kill() {
  if (std::exchange(killed_, true)) return;
  kill_at_ = Bell::never;
  tree_.kill();
}

asio::awaitable<void> Body::bury() {
  brake_.listen({});
  if (!tree_.empty()) {
    left_ = co_await tree_.clear();
    if (killed_) left_.clear();   // they were not left, they were killed with the body
  }
  reap();
  conversation_.stop_waiting_for_observer();
  const auto deadline = Bell::after(drain_time);
  while (!conversation_.all_read() && !Bell::past(deadline)) co_await news_.wait(deadline);
  conversation_.close();
  while (!conversation_.all_read() || !conversation_.all_answered()) co_await news_.wait(Bell::never);
}

void Body::reap() {
  siginfo_t about{};
  rusage usage{};
  const StorageUse storage = storage_use_of(pid());
  if (::syscall(SYS_waitid, P_PIDFD, watch_.native_handle(), &about, WEXITED, &usage) == 0) {
    exit_ = status_of(about);
    use_ = use_of(usage, storage, gauge_, tree_);
    out_of_memory_ = exit_.signal == SIGKILL && !killed_ && tree_.limits().oom_kills() > 0;
  }
  child_.process.detach();
  tree_.reaped();
}

}  // namespace reeve::executors::process
