#include "supervisor/attempt.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "handlers/decide.hpp"
#include "handlers/prepare.hpp"
#include "handlers/typed.hpp"
#include "supervisor/log.hpp"

namespace reeve::supervisor {

namespace asio = boost::asio;

namespace {

// A handler that floods the protocol with nonsense must not flood the daemon's log.
constexpr int faults_logged_max = 10;

std::string_view word(executors::Stream stream) {
  switch (stream) {
    case executors::Stream::stdout_: return "stdout";
    case executors::Stream::stderr_: return "stderr";
    case executors::Stream::entry: return "entry";
  }
  return "";
}

LogLevel level_of(std::string_view level) {
  if (level == "error") return LogLevel::error;
  if (level == "warn") return LogLevel::warn;
  if (level == "debug") return LogLevel::debug;
  return LogLevel::info;
}

void log_finish(Log& log, const store::Task& task, const store::Finish& finish, const store::Finished& finished, store::Millis took) {
  const bool good = finish.outcome == store::Outcome::succeeded || finish.outcome == store::Outcome::suspended;
  const std::string retry_at = finished.retry_at ? store::to_rfc3339(*finished.retry_at) : std::string{};
  log.write(good ? LogLevel::info : LogLevel::warn, "attempt.finished",
            {{"task", number(task.id)},
             {"kind", task.kind},
             {"queue", task.queue},
             {"attempt", task.attempt},
             {"epoch", task.epoch},
             {"outcome", store::name(finish.outcome)},
             {"status", finished.recorded ? store::name(finished.status) : std::string_view("lease_lost")},
             {"ms", took.count()},
             {"cpu_ms", finish.use.cpu_user_ms + finish.use.cpu_system_ms},
             {"code", finish.error ? std::string_view(finish.error->code) : std::string_view{}},
             {"error", finish.error ? std::string_view(finish.error->message) : std::string_view{}},
             {"retry_at", retry_at}});
}

void log_left_children(Log& log, const store::Task& task, const executors::Outcome& outcome) {
  for (const executors::LeftChild& child : outcome.left_children)
    log.warn("attempt.left_child", {{"task", number(task.id)}, {"kind", task.kind}, {"pid", child.pid}, {"command", child.command}});
}

executors::Outcome executor_broke(std::string message) {
  executors::Outcome outcome;
  outcome.end = executors::SpawnFailed{.step = "executor", .error = 0, .message = std::move(message)};
  return outcome;
}

}  // namespace

AttemptObserver::AttemptObserver(AttemptJournal& journal, AttemptRequests& requests, Hooks hooks, Log& log, const store::Task& task, bool forward_output)
    : journal_(journal),
      requests_(requests),
      hooks_(std::move(hooks)),
      log_(log),
      task_(number(task.id)),
      epoch_(task.epoch),
      kind_(task.kind),
      forward_output_(forward_output) {}

void AttemptObserver::started(std::int64_t pid) {
  hooks_.started(pid);
  journal_.started(pid);
  log_.debug("attempt.started", {{"task", task_}, {"kind", kind_}, {"epoch", epoch_}, {"pid", pid}});
}

void AttemptObserver::alive() { hooks_.alive(); }

void AttemptObserver::progress(executors::ProgressReport report) {
  hooks_.alive();
  journal_.progress(std::move(report));
}

void AttemptObserver::output(executors::OutputLine line) {
  hooks_.alive();
  if (forward_output_)
    log_.write(level_of(line.level), "task.output",
               {{"task", task_}, {"kind", kind_}, {"epoch", epoch_}, {"stream", word(line.stream)}, {"message", line.message}});
  journal_.line(std::move(line));
}

void AttemptObserver::protocol_fault(std::string_view what) {
  if (faults_logged_ == faults_logged_max) return;
  ++faults_logged_;
  log_.warn("attempt.protocol_fault", {{"task", task_},
                                       {"kind", kind_},
                                       {"epoch", epoch_},
                                       {"fault", what},
                                       {"last_logged", faults_logged_ == faults_logged_max}});
}

void AttemptObserver::request(executors::Request request, std::function<void(executors::Answer)> answer) {
  requests_.take(std::move(request), std::move(answer));
}
void AttemptObserver::listening(executors::Ear* ear) { hooks_.listening(ear); }
void AttemptObserver::visible(std::function<executors::Glance()> look) { hooks_.visible(std::move(look)); }

std::int64_t AttemptObserver::backlog_bytes() const { return journal_.backlog_bytes(); }
void AttemptObserver::when_drained(std::function<void()> resume) { journal_.when_drained(std::move(resume)); }

asio::awaitable<store::Finished> run_attempt(AttemptContext context, handlers::Handler handler, store::Task task) {
  const Moment begun = context.clock.moment();
  if (std::optional<store::Finish> invalid = handlers::refused_before_start(handler, task)) {
    context.ended();
    const store::Finished refused = co_await context.journal.finish(*invalid);
    log_finish(context.log, task, *invalid, refused, store::Millis{0});
    co_return refused;
  }
  executors::Execution execution = handlers::prepare(handler, task);
  execution.token = std::move(context.token);
  execution.resources = std::move(context.resources);
  executors::Outcome outcome;
  try {
    outcome = co_await context.executor.run(std::move(execution), context.observer, context.brake);
  } catch (const std::exception& error) {  // no memory, no descriptors: a failure to start, retried by policy
    outcome = executor_broke(error.what());
  }
  const auto took = std::chrono::duration_cast<store::Millis>(context.clock.moment() - begun);
  context.ended();
  handlers::check_result(handler, outcome);

  const double dice = context.dice();
  store::Finish finish = handlers::decide(handler.retry, task, outcome, context.clock.now(), dice);
  finish.staged = context.requests.take_staged();
  finish.keep_steps = handler.keep_steps;
  const store::Finished finished = co_await context.journal.finish(finish);
  log_left_children(context.log, task, outcome);
  log_finish(context.log, task, finish, finished, took);
  co_return finished;
}

}  // namespace reeve::supervisor
