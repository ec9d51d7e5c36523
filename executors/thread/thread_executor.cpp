#include "executors/thread/thread_executor.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "executors/function_end.hpp"
#include "executors/bell.hpp"
#include "executors/process/output.hpp"
#include "executors/thread/plugin_call.hpp"

namespace reeve::executors::thread {
namespace {

namespace asio = boost::asio;

constexpr std::int64_t most_backlog = 1 << 20;

// The loop's side of a call while its attempt lasts.
class Attempt {
 public:
  Attempt(const asio::any_io_executor& loop, Pool& pool, std::shared_ptr<Call> call, Observer& observer, Brake& brake)
      : pool_(pool), call_(std::move(call)), observer_(observer), brake_(brake), news_(loop),
        capture_(OutputLimits{}, [this](OutputLine line) { observer_.output(std::move(line)); }) {
    call_->listen([this] { news_.ring(); });
  }
  ~Attempt() {
    brake_.listen({});
    call_->abandon();
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  // Returns when the function has, or will never be run.
  asio::awaitable<Outcome> live() {
    pool_.submit(call_);
    brake_.listen([this] { stop(); });
    while (!withdrawn_ && !call_->end()) {
      if (may_hear()) hear();
      co_await news_.wait(Bell::never);
    }
    hear();
    capture_.finish();
    co_return outcome();
  }

 private:
  void stop() {
    withdrawn_ = withdrawn_ || pool_.withdraw(*call_);
    call_->stop();
    news_.ring();
  }

  // False while the observer holds too much.
  bool may_hear() {
    if (!call_->held() && observer_.backlog_bytes() > most_backlog) {
      call_->hold();
      observer_.when_drained([weak = std::weak_ptr(call_)] {   // maybe after the attempt
        if (const auto call = weak.lock()) call->resume();
      });
    }
    return !call_->held();
  }

  void hear() {
    for (auto& report : call_->take()) std::visit([this](auto& what) { pass(what); }, report);
  }
  void pass(Begun&) { observer_.started(0); }
  void pass(SignOfLife&) { observer_.alive(); }
  void pass(ProgressReport& report) { observer_.progress(std::move(report)); }
  void pass(OutputLine& line) { capture_.entry(std::move(line)); }

  Outcome outcome() {
    Outcome outcome;
    outcome.use.dropped_bytes = capture_.dropped_bytes();
    outcome.end = withdrawn_ ? End(Stopped{*brake_.reason()}) : under_stop(*call_->end(), brake_.reason());
    return outcome;
  }

  Pool& pool_;
  const std::shared_ptr<Call> call_;
  Observer& observer_;
  Brake& brake_;
  Bell news_;
  process::Capture capture_;
  bool withdrawn_ = false;
};

SpawnFailed no_thread(const std::system_error& problem) {
  return {"thread", problem.code().value(), std::string("the pool cannot start its first thread: ") + problem.what()};
}

// What the brake says counts instead of this reason.
End never_begun() { return Stopped{StopReason::shutdown}; }

// One more attempt has a place in the pool, or waits for one.
class Seat {
 public:
  explicit Seat(std::shared_ptr<int> taken) : taken_(std::move(taken)) { ++*taken_; }
  ~Seat() { --*taken_; }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

 private:
  std::shared_ptr<int> taken_;   // of the executor and of each attempt: a frame may be dropped with its loop, later than the executor
};

}  // namespace

asio::awaitable<Outcome> ThreadExecutor::run(Execution execution, Observer& observer, Brake& brake) {
  Outcome outcome;
  if (brake.reason()) outcome.end = Stopped{*brake.reason()};
  else outcome = co_await attempt(std::move(execution), observer, brake);
  if (room_changed_) room_changed_();
  co_return outcome;
}

asio::awaitable<Outcome> ThreadExecutor::attempt(Execution execution, Observer& observer, Brake& brake) {
  const Seat seat(attempts_);
  Outcome outcome;
  auto work = work_for(execution);
  if (auto* failed = std::get_if<SpawnFailed>(&work)) {
    outcome.end = std::move(*failed);
    co_return outcome;
  }
  auto call = std::make_shared<Call>(loop_, std::move(execution), std::get<Call::Work>(std::move(work)));
  Attempt attempt(loop_, pool_, std::move(call), observer, brake);
  try {
    outcome = co_await attempt.live();
  } catch (const std::system_error& problem) {
    outcome.end = no_thread(problem);
  }
  co_return outcome;
}

std::optional<int> ThreadExecutor::room(std::string_view) const { return std::max(0, threads_ - *attempts_); }

std::variant<Call::Work, SpawnFailed> ThreadExecutor::work_for(const Execution& execution) {
  const ThreadSpec* spec = execution.thread.get();
  if (spec == nullptr || spec->function.empty() == spec->plugin.empty())
    return SpawnFailed{"function", EINVAL, "the handler needs either a function or a plugin"};
  if (!spec->plugin.empty()) return plugin_work(spec->plugin);
  return function_work(spec->function);
}

std::variant<Call::Work, SpawnFailed> ThreadExecutor::function_work(const std::string& name) const {
  const auto at = std::find_if(functions_.begin(), functions_.end(), [&name](const ThreadFunction& function) { return function.name == name; });
  if (at == functions_.end())
    return SpawnFailed{"function", ENOENT, "the program that runs reeve registered no function \"" + name + "\"; correct the name, or use a plugin"};
  return [&function = *at](Call& call) {
    if (!call.begin()) return never_begun();
    return checked(function.call(call));
  };
}

Call::Work ThreadExecutor::plugin_work(const std::string& path) {
  return [this, path](Call& call) -> End {
    auto plugin = plugins_.find(path);   // on the pool's thread: it reads files, and runs what a library does when it is loaded
    if (auto* failed = std::get_if<SpawnFailed>(&plugin)) return std::move(*failed);
    if (!call.begin()) return never_begun();
    return run_plugin(*std::get<const Plugin*>(plugin), call);
  };
}

}  // namespace reeve::executors::thread
