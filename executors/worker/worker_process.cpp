#include "executors/worker/worker_process.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <exception>
#include <utility>
#include <variant>

#include "executors/process/proc.hpp"
#include "executors/protocol/sentences.hpp"
#include "executors/worker/errand.hpp"
#include "executors/worker/pool.hpp"

namespace reeve::executors::worker {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr std::size_t most_unread = 1 << 20;
constexpr milliseconds drain_time{300};

// A worker is told of each task over the protocol; its input is empty.
Execution birth_of(const WorkerSpec& spec) {
  auto process = std::make_shared<ProcessSpec>(*spec.process);
  process->payload = PayloadBy::none;
  Execution birth;
  birth.kind = spec.kind;
  birth.process = std::move(process);
  return birth;
}

std::string words_of(const End& end) {
  if (const auto* failed = std::get_if<SpawnFailed>(&end)) return failed->message;
  if (const auto* rejected = std::get_if<Rejected>(&end)) return rejected->message;
  return "the worker cannot be started";
}

ExitStatus status_of(const siginfo_t& about) {
  if (about.si_code == CLD_EXITED) return {about.si_status, std::nullopt, false};
  return {std::nullopt, about.si_status, about.si_code == CLD_DUMPED};
}

std::string words_of(const ExitStatus& exit) {
  if (exit.code) return "exited with " + std::to_string(*exit.code);
  if (exit.signal) return "died by signal " + std::to_string(*exit.signal);
  return "ended";
}

}  // namespace

WorkerProcess::WorkerProcess(Ground& ground, Pool& pool, WorkerId id)
    : ground_(ground), pool_(pool), id_(id), birth_(birth_of(pool.spec())), number_(++ground.workers),
      tree_(ground.containment, {"REEVE_WORKER_NUMBER=" + std::to_string(number_)}, birth_.process->limits),
      presence_(ground.scoreboard, "worker", birth_.kind), news_(ground.loop), watch_(ground.loop), out_(ground.loop),
      err_(ground.loop), talk_(ground.loop), room_{Bell(ground.loop), Bell(ground.loop), Bell(ground.loop)}, line_(std::make_shared<Line>()),
      decoder_(protocol::line_limit(birth_.process->result_bytes_max)),
      outbox_(talk_, most_unread, [this] { break_off("it does not read what it is answered: more than 1 MiB wait"); }) {
  line_->owner = this;
}

WorkerProcess::~WorkerProcess() {
  line_->owner = nullptr;
  for (Errand* errand : errands_) errand->drop();
}

asio::awaitable<void> WorkerProcess::live() {
  if (!start()) co_return;
  while (!exited_) {
    co_await news_.wait(next_deadline());
    if (!exited_) heed_deadlines();
  }
  stop_serving();
  co_await bury();
}

void WorkerProcess::stop_serving() {
  if (stage_ == Stage::serving && !killed_ && !ending_) pool_.exited(*this);
  stage_ = Stage::dying;
}

bool WorkerProcess::start() {
  static const std::string no_payload_folder;
  process::Preparation preparation(birth_, ground_.surroundings, no_payload_folder, process::WorkerIdentity{number_});
  if (const auto end = preparation.make(tree_)) {
    problem_ = words_of(*end);
    return false;
  }
  const std::string page = shows_tasks() ? presence_.open_page(preparation.owner()) : std::string();
  if (!page.empty()) preparation.tell("REEVE_SCOREBOARD", page);
  if (!connect(preparation.pipes()) || !be_born(preparation)) return false;
  ready_deadline_ = Bell::after(pool_.spec().start_timeout);
  watch();
  begin_reading();
  return true;
}

bool WorkerProcess::connect(process::Pipes& pipes) {
  try {
    out_.assign(pipes.out.ours.get());
    (void)pipes.out.ours.release();
    err_.assign(pipes.err.ours.get());
    (void)pipes.err.ours.release();
    talk_.assign(pipes.talk.ours.get());
    (void)pipes.talk.ours.release();
    return true;
  } catch (const std::exception& problem) {
    problem_ = std::string("the loop cannot watch its pipes: ") + problem.what();
    return false;
  }
}

bool WorkerProcess::be_born(process::Preparation& preparation) {
  auto spawned = process::spawn(ground_.loop, preparation.plan(), tree_.cgroup());
  preparation.close_childs_ends();
  if (const auto* failed = std::get_if<SpawnFailed>(&spawned)) {
    problem_ = failed->message;
    return false;
  }
  auto& child = std::get<process::Child>(spawned);
  boost::system::error_code error;
  watch_.assign(child.pidfd.get(), error);
  if (error) {   // dropping the child kills and reaps it
    problem_ = "the loop cannot watch it: " + error.message();
    return false;
  }
  (void)child.pidfd.release();
  child_.emplace(std::move(child));
  pid_ = child_->process.id();
  tree_.born(static_cast<int>(pid_));
  presence_.born(pid_);
  return true;
}

void WorkerProcess::watch() {
  watch_.async_wait(asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
    if (error) return;   // dropped with the loop
    exited_ = process::has_exited(watch_.native_handle());
    if (exited_) news_.ring();
    else watch();        // woken for nothing: the loop hands an event on to the next owner of a slot now and then
  });
}

Bell::Moment WorkerProcess::next_deadline() const { return std::min({frame_.deadline(), closed_deadline_, ready_deadline_, end_deadline_}); }

void WorkerProcess::heed_deadlines() {
  if (Bell::past(ready_deadline_)) {
    ready_deadline_ = Bell::never;
    problem_ = "was not ready within " + std::to_string(pool_.spec().start_timeout.count()) + " ms";
    kill();
  }
  if (Bell::past(end_deadline_)) {
    end_deadline_ = Bell::never;
    kill();
  }
  if (Bell::past(frame_.deadline())) {
    frame_.end();
    break_off(protocol::FrameWatch::overdue);
  }
  if (Bell::past(closed_deadline_)) {
    closed_deadline_ = Bell::never;
    break_off("it closed its end of the protocol and did not end");
  }
}

void WorkerProcess::end(milliseconds grace) {
  if (ending_ || stage_ == Stage::dying) return;
  ending_ = true;
  if (stage_ == Stage::starting) return kill();
  say(protocol::shutdown_notice(grace));
  hang_up();
  end_deadline_ = Bell::after(grace);
  news_.ring();
}

// One that reads until the end needs no more words.
void WorkerProcess::hang_up() {
  if (ending_ && errands_.empty() && outbox_.waiting() == 0) ::shutdown(talk_.native_handle(), SHUT_WR);
}

void WorkerProcess::kill() {
  if (exited_ || std::exchange(killed_, true)) return;
  if (stage_ == Stage::serving) pool_.doomed(*this);
  tree_.kill();
}

void WorkerProcess::break_off(const std::string& why) {
  if (broken_ || killed_ || exited_) return;
  broken_ = why;
  problem_ = "broke the protocol: " + why;
  if (stage_ == Stage::serving && !ending_) pool_.exited(*this);
  kill();
}

asio::awaitable<void> WorkerProcess::bury() {
  std::vector<LeftChild> left;
  if (!tree_.empty()) left = co_await tree_.clear();
  reap();
  heeding_ = false;
  for (Bell& room : room_) room.ring();
  const auto deadline = Bell::after(drain_time);
  while (readers_ > 0 && !Bell::past(deadline)) co_await news_.wait(deadline);
  boost::system::error_code ignored;
  out_.close(ignored);
  err_.close(ignored);
  talk_.close(ignored);
  while (readers_ > 0) co_await news_.wait(Bell::never);
  death_.asked = (killed_ && !broken_) || ending_;
  if (!errands_.empty() && !killed_) errands_.front()->leave_behind(std::move(left));
  for (Errand* errand : std::exchange(errands_, {})) errand->bereave(death_, broken_);
}

void WorkerProcess::reap() {
  siginfo_t about{};
  if (::syscall(SYS_waitid, P_PIDFD, watch_.native_handle(), &about, WEXITED, nullptr) == 0) death_.exit = status_of(about);
  death_.oom = death_.exit.signal == SIGKILL && !killed_ && tree_.limits().oom_kills() > 0;
  child_->process.detach();
  tree_.reaped();
}

std::string WorkerProcess::why_gone() const {
  const std::string said = last_words_.line();
  std::string why = problem_.empty() ? words_of(death_.exit) + (ready_deadline_ == Bell::never ? "" : " before it was ready") : problem_;
  return said.empty() ? why : why + ": " + said;
}

}  // namespace reeve::executors::worker
