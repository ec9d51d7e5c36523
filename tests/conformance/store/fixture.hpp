// What every test of the suite stands on: one empty store, its reader, a clock that is turned by hand, and each verb as a batch of its own.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace reeve::store::conformance {

// An implementation under test; destroyed store first, then its place.
class Place {
 public:
  virtual ~Place() = default;
  [[nodiscard]] virtual std::unique_ptr<Store> open() = 0;
};
// Page by page.
[[nodiscard]] inline std::vector<Step> all_steps(Reader& reader, TaskId task) {
  std::vector<Step> all;
  StepQuery query;
  query.task = task;
  for (StepPage page = reader.steps(query);; page = reader.steps(query)) {
    all.insert(all.end(), page.steps.begin(), page.steps.end());
    if (!page.more) return all;
    query.after = page.next;
  }
}
[[nodiscard]] inline std::vector<Signal> all_signals(Reader& reader, TaskId task, bool unconsumed_only) {
  std::vector<Signal> all;
  SignalQuery query;
  query.task = task;
  query.unconsumed_only = unconsumed_only;
  for (SignalPage page = reader.signals(query);; page = reader.signals(query)) {
    all.insert(all.end(), page.signals.begin(), page.signals.end());
    if (!page.more) return all;
    query.after = all.back().id;
  }
}

[[nodiscard]] std::unique_ptr<Place> make_place();  // each program of the suite brings its own

using namespace std::chrono_literals;

struct StoreTest {
  StoreTest() { runner = open_runner("one"); }

  std::unique_ptr<Place> place = make_place();
  std::unique_ptr<Store> store = place->open();
  std::unique_ptr<Reader> reader = store->open_reader();
  Timestamp now = from_ms(1'800'000'000'000);
  std::int64_t runner = 0;

  template <class Work>
  auto batch(Work work) {
    return transact(*store, work);
  }

  std::int64_t open_runner(const std::string& name) {
    return batch([&](Store& s) { return s.runners().open_runner({name, "boot", "incarnation-" + name, 4711}, now); });
  }
  static NewTask task(std::string kind = "echo") {
    NewTask fresh;
    fresh.kind = std::move(kind);
    fresh.queue = "default";
    fresh.payload = R"({"n":1})";
    fresh.created_by = "uid:1000";
    return fresh;
  }
  EnqueueAnswer enqueue_all(EnqueueRequest request) {
    return batch([&](Store& s) { return s.tasks().enqueue(request, now); });
  }
  TaskId enqueue(NewTask fresh) { return enqueue_one(std::move(fresh)).id; }
  TaskId enqueue() { return enqueue(task()); }
  Enqueued enqueue_one(NewTask fresh) {
    EnqueueRequest request;
    request.tasks.push_back(std::move(fresh));
    return std::get<EnqueueDone>(enqueue_all(std::move(request))).tasks.at(0);
  }
  [[nodiscard]] ClaimRequest claim_request(int limit = 100) const {
    ClaimRequest request;
    request.runner = runner;
    request.lease_expires_at = now + 15s;
    request.limit = limit;
    request.kinds = {{"echo", 100}, {"report", 100}};
    return request;
  }
  ClaimAnswer claim(const ClaimRequest& request) {
    return batch([&](Store& s) { return s.tasks().claim(request, now); });
  }
  std::vector<Task> claim(int limit = 100) { return claim(claim_request(limit)).tasks; }
  // Claims exactly the one task that is there to be claimed.
  ClaimKey claim_one() {
    const std::vector<Task> tasks = claim(1);
    REQUIRE(tasks.size() == 1);
    return {tasks[0].id, tasks[0].epoch};
  }
  bool start(ClaimKey key) {
    return batch([&](Store& s) { return s.tasks().start(key, 123, "process", now); });
  }
  ClaimKey start_one() {
    const ClaimKey key = claim_one();
    REQUIRE(start(key));
    return key;
  }
  Finished finish(const Finish& end) {
    return batch([&](Store& s) { return s.tasks().finish(end, now); });
  }
  static Finish succeeded(ClaimKey key, std::string result = R"({"ok":true})") {
    Finish end;
    end.claim = key;
    end.outcome = Outcome::succeeded;
    end.next = Succeed{std::move(result)};
    end.exit_code = 0;
    return end;
  }
  static TaskError error(std::string code = "exit") {
    TaskError error;
    error.code = std::move(code);
    error.message = "it did not work";
    error.exit_code = 3;
    return error;
  }
  static Finish failed(ClaimKey key, NextState next, Outcome outcome = Outcome::failed) {
    Finish end;
    end.claim = key;
    end.outcome = outcome;
    end.next = std::move(next);
    end.error = error();
    end.exit_code = 3;
    return end;
  }
  ExpireAnswer expire(int limit = 100) {
    return batch([&](Store& s) { return s.tasks().expire(now, limit); });
  }
  std::vector<ClaimKey> renew(std::vector<ClaimKey> claims, Timestamp until) {
    return batch([&](Store& s) { return s.tasks().renew(claims, until, now); });
  }
  CancelAnswer cancel(TaskId id, std::string_view reason = "no longer wanted") {
    return batch([&](Store& s) { return s.tasks().cancel(id, reason, "uid:0", now); });
  }
  RetryResult retry(TaskId id) {
    return batch([&](Store& s) { return s.tasks().retry(id, "uid:0", now); });
  }
  RemoveResult remove(TaskId id) {
    return batch([&](Store& s) { return s.tasks().remove(id, "uid:0", now); });
  }
  bool progress(ClaimKey key, const Progress& value) {
    return batch([&](Store& s) { return s.journal().progress(key, value, now); });
  }
  static Progress percent(double value, std::string label = {}) {
    Progress progress;
    progress.percent = value;
    progress.label = std::move(label);
    return progress;
  }
  bool log(ClaimKey key, const std::vector<std::string>& messages) {
    std::vector<LogLine> lines;
    for (const std::string& message : messages) {
      LogLine line;
      line.at = now;
      line.message = message;
      line.level = "info";
      lines.push_back(line);
    }
    return batch([&](Store& s) { return s.journal().log(key, lines, now); });
  }
  bool flag_stale(ClaimKey key, std::string_view reason = "silent for 30s") {
    return batch([&](Store& s) { return s.journal().flag_stale(key, reason, now); });
  }
  bool pause(const std::string& queue) {
    return batch([&](Store& s) { return s.queues().pause(queue, "maintenance", "uid:0", now); });
  }
  bool resume(const std::string& queue) {
    return batch([&](Store& s) { return s.queues().resume(queue, "uid:0", now); });
  }

  Task get(TaskId id) {
    const auto found = reader->get(id);
    REQUIRE(found.has_value());
    return *found;
  }
  Status status(TaskId id) { return get(id).status; }
  State state(TaskId id) {
    const Task task = get(id);
    return state_of(task, now, reader->pauses().holds(task));
  }
  std::vector<Event> events(TaskId id) {
    EventQuery query;
    query.task = id;
    return reader->events(query).events;
  }
  std::vector<std::string> event_types(TaskId id) {
    std::vector<std::string> types;
    for (const Event& event : events(id)) types.push_back(event.type);
    return types;
  }
  // How many tasks are where, as "queue/kind/status" -> n.
  std::map<std::string, std::int64_t> counts() {
    std::map<std::string, std::int64_t> numbers;
    for (const CountRow& row : reader->counts()) numbers[row.queue + "/" + row.kind + "/" + std::string(name(row.status))] = row.count;
    return numbers;
  }
  // A task that ended as wished.
  TaskId make_succeeded() {
    const TaskId id = enqueue();
    REQUIRE(finish(succeeded(start_one())).recorded);
    return id;
  }
  TaskId make_failed() {
    const TaskId id = enqueue();
    REQUIRE(finish(failed(start_one(), Fail{})).recorded);
    return id;
  }
  TaskId make_cancelled() {
    const TaskId id = enqueue();
    REQUIRE(cancel(id).result == CancelResult::cancelled);
    return id;
  }
  // Everything a stale write could have changed.
  std::string everything(TaskId id) {
    const Task task = get(id);
    std::string text = std::string(name(task.status)) + " e" + std::to_string(task.epoch) + " a" + std::to_string(task.attempt) + " c" +
                       std::to_string(task.crashes) + " r" + std::to_string(task.runner) + " " + task.result.value_or("-") + " " +
                       (task.error ? task.error->code : "-") + " " + (task.progress ? std::to_string(task.progress->percent) : "-");
    text += task.lease_expires_at ? " l" + std::to_string(to_ms(*task.lease_expires_at)) : "";
    LogQuery lines;
    lines.task = id;
    text += " log " + std::to_string(reader->log(lines).lines.size()) + " last event " + std::to_string(number(reader->last_event()));
    return text;
  }
};

}  // namespace reeve::store::conformance
