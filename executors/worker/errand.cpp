#include "executors/worker/errand.hpp"

#include <utility>

#include "executors/protocol/sentences.hpp"
#include "executors/protocol/terminal.hpp"
#include "executors/worker/pool.hpp"
#include "executors/worker/worker_process.hpp"

namespace reeve::executors::worker {

namespace asio = boost::asio;

Errand::Errand(const asio::any_io_executor& loop, const Execution& execution, Observer& observer, Brake& brake, Pool& pool)
    : execution_(execution), observer_(observer), brake_(brake), pool_(pool), news_(loop),
      capture_(execution.worker->process->output,
               [this](OutputLine line) {
                 passed_ = true;
                 observer_.output(std::move(line));
               }),
      dialogue_({execution.task, execution.epoch}, observer_,
                {.log = [this](OutputLine line) { capture_.entry(std::move(line)); }, .news = [this] { news_.ring(); }},
                protocol::line_limit(execution.worker->process->result_bytes_max)) {
  brake_.listen([this] { news_.ring(); });
}

Errand::~Errand() {
  brake_.listen({});
  if (worker_ != nullptr) worker_->forget(*this);
  pool_.leave(*this);
}

asio::awaitable<void> Errand::live() {
  pool_.hand_in(*this);
  for (;;) {
    if (!over_) heed_brake();
    if (!over_) heed_suspension();
    if (!over_ && worker_ != nullptr && dialogue_.broken()) worker_->break_off(*dialogue_.broken());
    if (over_ && dialogue_.unanswered() == 0) break;
    co_await news_.wait(kill_at_);
  }
  brake_.listen({});
}

Outcome Errand::take_outcome() {
  capture_.finish();
  outcome_.use.output_bytes = capture_.output_bytes();
  outcome_.use.dropped_bytes = capture_.dropped_bytes();
  outcome_.stderr_tail = capture_.stderr_tail();
  return std::move(outcome_);
}

void Errand::heed_brake() {
  if (!brake_.reason()) return;
  if (worker_ == nullptr) {
    stop_before_begin(*brake_.reason());
    return pool_.withdraw(*this);
  }
  if (!stop_) {
    stop_ = *brake_.reason();
    kill_at_ = Bell::after(execution_.stop_grace);
    worker_->show_stopping(*stop_);
    if (!brake_.kill_now()) worker_->say(protocol::cancel_notice({execution_.task, execution_.epoch}, *stop_, execution_.stop_grace));
  }
  if (!brake_.kill_now() && !Bell::past(kill_at_)) return;
  kill_at_ = Bell::never;
  worker_->kill();
}

// It was told to suspend: what it waits for is on record, and the worker should say so and be free.
void Errand::heed_suspension() {
  if (!dialogue_.suspending() || stop_ || worker_ == nullptr) return;
  if (kill_at_ == Bell::never) {
    kill_at_ = Bell::after(execution_.stop_grace);
  } else if (Bell::past(kill_at_)) {
    kill_at_ = Bell::never;
    worker_->kill();
  }
}

void Errand::drop() {
  worker_ = nullptr;
  observer_.visible({});
  observer_.seen_by(nullptr);
}

void Errand::stop_before_begin(StopReason otherwise) {
  over_ = true;
  outcome_.end = Stopped{brake_.reason().value_or(otherwise)};
  news_.ring();
}

void Errand::begin(WorkerProcess& worker, std::int64_t pid) {
  worker_ = &worker;
  observer_.started(pid);
  observer_.listening(&dialogue_);
}

bool Errand::is(std::int64_t task, std::optional<std::int64_t> epoch) const {
  return execution_.task == task && execution_.epoch == epoch.value_or(execution_.epoch);
}

void Errand::print(Stream stream, std::string_view bytes) {
  passed_ = false;
  capture_.print(stream, bytes);
  if (!passed_) observer_.alive();
}

void Errand::note(std::string level, std::string message) {
  OutputLine line;
  line.stream = Stream::entry;
  line.level = std::move(level);
  line.message = std::move(message);
  capture_.entry(std::move(line));
}

void Errand::finish() {
  Facts facts;
  facts.said = std::move(dialogue_.said());
  end(std::move(facts));
}

void Errand::bereave(const Death& death, const std::optional<std::string>& broken) {
  Facts facts;
  facts.broken = dialogue_.said() ? std::nullopt : broken;
  facts.said = std::move(dialogue_.said());
  facts.suspending = dialogue_.suspending();
  facts.death = death;
  outcome_.exit = death.exit;
  end(std::move(facts));
}

void Errand::end(Facts facts) {
  worker_ = nullptr;
  over_ = true;
  kill_at_ = Bell::never;
  facts.stop = stop_;
  if (facts.said) facts.said = protocol::accepted(std::move(*facts.said), *execution_.worker->process);
  outcome_.end = verdict(std::move(facts));
  observer_.listening(nullptr);
  observer_.visible({});
  observer_.seen_by(nullptr);
  news_.ring();
}

}  // namespace reeve::executors::worker
