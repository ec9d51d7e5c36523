// The verbs of steps, waits, signals and timers, each as a batch of its own.
#pragma once

#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {

struct StepsTest : StoreTest {
  StepBegun begin(ClaimKey key, std::string_view name, std::string_view input = {}) {
    return batch([&](Store& s) { return s.steps().begin_step(key, name, input, now); });
  }
  StepEnded end(ClaimKey key, std::string_view name, std::string_view output = "1", const std::optional<TaskError>& failure = {}) {
    return batch([&](Store& s) { return s.steps().end_step(key, name, output, failure, now); });
  }
  WaitAnswer wait(ClaimKey key, const WaitRequest& request) {
    return batch([&](Store& s) { return s.steps().wait(key, request, now); });
  }
  static WaitRequest sleep_until(Timestamp until, std::string name = "nap") {
    WaitRequest request;
    request.name = std::move(name);
    request.until = until;
    return request;
  }
  static WaitRequest for_signal(std::string type, std::string name = "approval") {
    WaitRequest request;
    request.name = std::move(name);
    request.sort = StepSort::signal;
    request.signal_type = std::move(type);
    return request;
  }
  static WaitRequest for_tasks(std::vector<TaskId> tasks, std::string name = "children") {
    WaitRequest request;
    request.name = std::move(name);
    request.sort = StepSort::tasks;
    request.tasks = std::move(tasks);
    return request;
  }
  SignalSent send(TaskId id, std::string_view type, std::string_view payload = "{}") {
    return batch([&](Store& s) { return s.steps().send_signal(id, type, payload, "uid:7", now); });
  }
  SignalTaken take(ClaimKey key, std::string_view type = {}, std::string_view name = {}) {
    return batch([&](Store& s) { return s.steps().take_signal(key, name, type, now); });
  }
  TimerResult set_timer(ClaimKey key, std::string_view name, Timestamp at) {
    return batch([&](Store& s) { return s.steps().set_timer(key, name, at, now); });
  }
  TimerResult cancel_timer(ClaimKey key, std::string_view name) {
    return batch([&](Store& s) { return s.steps().cancel_timer(key, name, now); });
  }
  std::optional<EnqueueAnswer> enqueue_once(ClaimKey key, std::string_view name, const NewTask& fresh) {
    return batch([&](Store& s) { return s.steps().enqueue_once(key, name, fresh, now); });
  }
  Finished suspend(ClaimKey key) {
    Finish end;
    end.claim = key;
    end.outcome = Outcome::suspended;
    end.next = Suspend{};
    return finish(end);
  }
  // A task whose attempt has asked for `request` and ended.
  TaskId make_waiting(const WaitRequest& request) {
    const TaskId id = enqueue();
    const ClaimKey key = start_one();
    REQUIRE(key.task == id);
    REQUIRE(wait(key, request).result == WaitAnswer::Result::waiting);
    REQUIRE(suspend(key).status == Status::waiting);
    return id;
  }
  // The next attempt asks again.
  std::string replay(const WaitRequest& request) {
    const WaitAnswer answer = wait(start_one(), request);
    REQUIRE(answer.result == WaitAnswer::Result::done);
    return answer.output;
  }
  std::string last_event_data(TaskId id, std::string_view type) {
    std::string data;
    for (const Event& event : events(id))
      if (event.type == type) data = event.data;
    return data;
  }
  std::int64_t count_events(TaskId id, std::string_view type) {
    const auto types = event_types(id);
    return std::count(types.begin(), types.end(), type);
  }
};

}  // namespace reeve::store::conformance
