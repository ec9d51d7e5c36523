#include "supervisor/attempt_requests.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <exception>
#include <utility>

#include "store/refusal.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"

namespace reeve::supervisor {

namespace asio = boost::asio;
using executors::Answer;
using store::StoreError;

namespace {

constexpr std::size_t staged_max = 1'000;

Answer refused(std::string code, std::string message) { return {.code = std::move(code), .message = std::move(message)}; }

Answer saying(std::string members) { return {.members = std::move(members)}; }

Answer store_failed(const std::exception_ptr& failed) {
  try {
    std::rethrow_exception(failed);
  } catch (const StoreError& error) {
    return refused(error.kind() == StoreError::Kind::full ? "store_full" : "store_busy", error.what());
  } catch (const std::exception& error) {
    return refused("store_failed", error.what());
  }
}

std::string text(std::string_view value) { return boost::json::serialize(boost::json::string_view(value)); }

std::string flag(bool cancel_requested) { return cancel_requested ? ",\"cancel\":true" : ""; }

std::string signal_json(const store::Signal& signal) {
  return "{\"id\":" + std::to_string(signal.id) + ",\"type\":" + text(signal.type) + ",\"payload\":" + signal.payload + ",\"sent_at\":\"" +
         store::to_rfc3339(signal.sent_at) + "\"}";
}

std::string_view word(store::TimerResult result) {
  switch (result) {
    case store::TimerResult::set: return "set";
    case store::TimerResult::fires_now: return "fires_now";
    case store::TimerResult::already_fired: return "already_fired";
    case store::TimerResult::cancelled: return "cancelled";
    case store::TimerResult::unknown: return "unknown";
    case store::TimerResult::lost:      // told as an error, not as a word
    case store::TimerResult::refused: break;
  }
  return "";
}

std::string enqueued_json(const store::Enqueued& enqueued) {
  std::string json = "{\"task\":" + std::to_string(number(enqueued.id)) + ",\"disposition\":" + text(name(enqueued.disposition));
  if (enqueued.payload_differs) json += ",\"payload_mismatch\":true";
  if (!enqueued.superseded.empty()) {
    json += ",\"superseded\":[";
    for (const store::TaskId id : enqueued.superseded) json += (json.back() == '[' ? "" : ",") + std::to_string(number(id));
    json += ']';
  }
  return json + "}";
}

// What the store made of an enqueue; no answer: the claim is lost.
struct EnqueuedOnce {
  std::optional<store::EnqueueAnswer> answer{};
  store::RefusalWords refusal{};
};

EnqueuedOnce enqueue_once(store::Store& store, store::ClaimKey claim, std::string_view name, const store::NewTask& task, store::Timestamp now) {
  EnqueuedOnce done;
  done.answer = store.steps().enqueue_once(claim, name, task, now);
  if (done.answer)
    if (const auto* refusal = std::get_if<store::EnqueueRefused>(&*done.answer)) done.refusal = words_of(*refusal, task);
  return done;
}

Answer enqueue_answer(const EnqueuedOnce& once) {
  if (const auto* done = std::get_if<store::EnqueueDone>(&*once.answer)) return saying(enqueued_json(done->tasks.at(0)));
  return refused(once.refusal.code, once.refusal.message);
}

std::string task_json(const store::Task& task, store::Timestamp now) {
  std::string json = "{\"task\":{\"id\":" + std::to_string(number(task.id)) + ",\"kind\":" + text(task.kind) +
                     ",\"status\":" + text(name(task.status)) + ",\"state\":" + text(name(state_of(task, now, false)));
  if (task.result) json += ",\"result\":" + *task.result;
  if (task.error) json += ",\"error\":{\"code\":" + text(task.error->code) + ",\"message\":" + text(task.error->message) + "}";
  if (task.progress) json += ",\"percent\":" + boost::json::serialize(boost::json::value(task.progress->percent));
  return json + "}}";
}

asio::awaitable<Answer> read_task(ReaderThread& reader, std::int64_t id, store::Timestamp now) {
  auto look = [id](store::Reader& open) { return open.get(store::TaskId{id}); };
  const std::optional<store::Task> task = co_await reader.read(look);
  if (!task) co_return refused("task_not_found", "there is no task " + std::to_string(id));
  co_return saying(task_json(*task, now));
}

}  // namespace

// Lets a late answer find out that the attempt has ended.
struct AttemptRequests::Line {
  AttemptRequests* owner = nullptr;
};

AttemptRequests::AttemptRequests(asio::any_io_executor loop, StoreThread& store, ReaderThread& reader, const Clock& clock, const AdmitChild& admit,
                                 store::ClaimKey claim, std::int64_t payload_bytes_max, Hooks hooks)
    : loop_(std::move(loop)), store_(store), reader_(reader), clock_(clock), admit_(admit), claim_(claim), payload_bytes_max_(payload_bytes_max), hooks_(std::move(hooks)), line_(std::make_shared<Line>()) {
  line_->owner = this;
}

AttemptRequests::~AttemptRequests() { line_->owner = nullptr; }

void AttemptRequests::take(executors::Request request, Reply reply) {
  std::visit([&](auto& what) { carry_out(std::move(what), std::move(reply)); }, request);
}

Answer AttemptRequests::lost() {
  if (!std::exchange(told_lost_, true)) hooks_.on_lost();
  return refused("lease_lost", "the attempt no longer holds its task; nothing was changed, stop");
}

template <class Work, class MakeAnswer>
void AttemptRequests::ask_store(Work work, MakeAnswer make_answer, Reply reply) {
  store_.send(std::move(work), [line = line_, make_answer = std::move(make_answer), reply = std::move(reply)](const std::exception_ptr& failed,
                                                                                                              auto* answer) {
    if (failed) return reply(store_failed(failed));
    if (line->owner == nullptr) return reply(refused("lease_lost", "the attempt has ended"));
    reply(make_answer(*line->owner, *answer));
  });
}

store::Timestamp AttemptRequests::moment_of(const std::optional<executors::Moment>& at, const std::optional<store::Millis>& after) const {
  if (at) return std::chrono::floor<store::Millis>(*at);
  return clock_.now() + after.value_or(store::Millis{0});
}

// ----------------------------------------------------------------------------------------------------------------- steps

// False: it was refused.
bool AttemptRequests::fits(std::string_view what, std::string_view step, std::string_view bytes, const Reply& reply) const {
  if (static_cast<std::int64_t>(bytes.size()) <= payload_bytes_max_) return true;
  reply(refused("payload_too_large", "the " + std::string(what) + " of the step " + text(step) + " has " + std::to_string(bytes.size()) +
                                         " bytes, more than the " + std::to_string(payload_bytes_max_) +
                                         " of a payload; hand over a reference, or raise payload_limit of the handler"));
  return false;
}

void AttemptRequests::carry_out(executors::BeginStep request, Reply reply) {
  if (!fits("input", request.name, request.input, reply)) return;
  ask_store([claim = claim_, request = std::move(request), now = clock_.now()](
                store::Store& store) { return store.steps().begin_step(claim, request.name, request.input, now); },
            [](AttemptRequests& self, const store::StepBegun& begun) {
              switch (begun.result) {
                case store::StepBegun::Result::begun: return saying("{\"done\":false" + flag(begun.cancel_requested) + "}");
                case store::StepBegun::Result::done:
                  return saying("{\"done\":true,\"output\":" + (begun.output.empty() ? "null" : begun.output) + flag(begun.cancel_requested) + "}");
                case store::StepBegun::Result::lost: return self.lost();
                case store::StepBegun::Result::refused: break;
              }
              return refused("step_refused", begun.message);
            },
            std::move(reply));
}

void AttemptRequests::carry_out(executors::EndStep request, Reply reply) {
  if (!fits("output", request.name, request.output, reply)) return;
  std::optional<store::TaskError> error;
  if (request.failed) {
    error.emplace();
    error->code = request.code.empty() ? "error" : std::move(request.code);
    error->message = std::move(request.message);
  }
  ask_store([claim = claim_, request = std::move(request), error = std::move(error), now = clock_.now()](
                store::Store& store) { return store.steps().end_step(claim, request.name, request.output, error, now); },
            [](AttemptRequests& self, const store::StepEnded& ended) {
              switch (ended.result) {
                case store::StepEnded::Result::recorded: return saying(ended.cancel_requested ? R"({"cancel":true})" : "");
                case store::StepEnded::Result::already_completed: return saying(R"({"already":true})");
                case store::StepEnded::Result::lost: return self.lost();
                case store::StepEnded::Result::not_begun: break;
              }
              return refused("step_not_begun", "the step was not begun in this attempt; say step.begin first");
            },
            std::move(reply));
}

// ----------------------------------------------------------------------------------------------------------------- waits

void AttemptRequests::wait(store::WaitRequest request, Reply reply) {
  ask_store([claim = claim_, request = std::move(request), now = clock_.now()](store::Store& store) { return store.steps().wait(claim, request, now); },
            [](AttemptRequests& self, const store::WaitAnswer& answer) {
              switch (answer.result) {
                case store::WaitAnswer::Result::done: return saying(answer.output);
                case store::WaitAnswer::Result::waiting: return Answer{.suspend = true};
                case store::WaitAnswer::Result::lost: return self.lost();
                case store::WaitAnswer::Result::refused: break;
              }
              return refused("wait_refused", answer.message);
            },
            std::move(reply));
}

void AttemptRequests::carry_out(executors::Sleep request, Reply reply) {
  wait({.name = std::move(request.name), .sort = store::StepSort::sleep, .until = moment_of(request.until, request.for_)}, std::move(reply));
}

void AttemptRequests::carry_out(executors::AwaitSignal request, Reply reply) {
  store::WaitRequest asked{.name = std::move(request.name), .sort = store::StepSort::signal, .signal_type = std::move(request.type)};
  if (request.timeout) asked.until = clock_.now() + *request.timeout;
  wait(std::move(asked), std::move(reply));
}

void AttemptRequests::carry_out(executors::AwaitTasks request, Reply reply) {
  store::WaitRequest asked{.name = std::move(request.name), .sort = store::StepSort::tasks, .any = request.any};
  for (const std::int64_t task : request.tasks) asked.tasks.push_back(store::TaskId{task});
  if (request.timeout) asked.until = clock_.now() + *request.timeout;
  wait(std::move(asked), std::move(reply));
}

// ------------------------------------------------------------------------------------------------------ signals and timers

void AttemptRequests::carry_out(executors::TakeSignal request, Reply reply) {
  ask_store([claim = claim_, request = std::move(request), now = clock_.now()](
                store::Store& store) { return store.steps().take_signal(claim, request.name, request.type, now); },
            [](AttemptRequests& self, const store::SignalTaken& taken) {
              switch (taken.result) {
                case store::SignalTaken::Result::taken: return saying("{\"signal\":" + signal_json(taken.signal) + "}");
                case store::SignalTaken::Result::none: return saying(R"({"signal":null})");
                case store::SignalTaken::Result::lost: return self.lost();
                case store::SignalTaken::Result::refused: break;
              }
              return refused("signal_refused", "the name belongs to a step or another wait of this task; choose another");
            },
            std::move(reply));
}

namespace {

Answer timer_answer(store::TimerResult result) {
  if (result == store::TimerResult::refused) return refused("too_many_timers", "the task has too many pending timers; cancel some");
  return saying("{\"timer\":" + text(word(result)) + "}");
}

}  // namespace

void AttemptRequests::carry_out(executors::SetTimer request, Reply reply) {
  ask_store([claim = claim_, name = std::move(request.name), at = moment_of(request.at, request.after), now = clock_.now()](
                store::Store& store) { return store.steps().set_timer(claim, name, at, now); },
            [](AttemptRequests& self, const store::TimerResult& result) {
              if (result == store::TimerResult::lost) return self.lost();
              self.hooks_.on_due();
              return timer_answer(result);
            },
            std::move(reply));
}

void AttemptRequests::carry_out(executors::CancelTimer request, Reply reply) {
  ask_store([claim = claim_, name = std::move(request.name), now = clock_.now()](
                store::Store& store) { return store.steps().cancel_timer(claim, name, now); },
            [](AttemptRequests& self, const store::TimerResult& result) {
              return result == store::TimerResult::lost ? self.lost() : timer_answer(result);
            },
            std::move(reply));
}

// ----------------------------------------------------------------------------------------------------------- other tasks

void AttemptRequests::carry_out(executors::EnqueueTask request, Reply reply) {
  auto admitted = admit_(request.task, claim_.task);
  if (auto* refusal = std::get_if<Answer>(&admitted)) return reply(std::move(*refusal));
  auto& task = std::get<store::NewTask>(admitted);
  if (request.staged) {
    if (staged_.size() == staged_max) return reply(refused("too_many_staged", "1000 tasks are staged already; enqueue some at once"));
    staged_.push_back(std::move(task));
    return reply(saying(R"({"staged":true})"));
  }
  ask_store([claim = claim_, name = std::move(request.name), task = std::move(task), now = clock_.now()](
                store::Store& store) { return enqueue_once(store, claim, name, task, now); },
            [](AttemptRequests& self, const EnqueuedOnce& once) {
              if (!once.answer) return self.lost();
              self.stop_superseded(*once.answer);
              self.hooks_.on_due();
              return enqueue_answer(once);
            },
            std::move(reply));
}

void AttemptRequests::stop_superseded(const store::EnqueueAnswer& answer) {
  const auto* done = std::get_if<store::EnqueueDone>(&answer);
  if (done == nullptr) return;
  for (const store::Enqueued& enqueued : done->tasks)
    for (const store::ClaimKey& claim : enqueued.stop) hooks_.on_superseded(claim);
}

void AttemptRequests::carry_out(executors::GetTask request, Reply reply) {
  asio::co_spawn(loop_, read_task(reader_, request.task, clock_.now()), [reply = std::move(reply)](const std::exception_ptr& failed, Answer answer) {
    reply(failed ? store_failed(failed) : std::move(answer));
  });
}

}  // namespace reeve::supervisor
