// Random programs of verbs.
#pragma once

#include <algorithm>
#include <functional>
#include <random>
#include <string>

#include "store/store.hpp"
#include "tests/conformance/store/fixture.hpp"
#include "tests/conformance/store/told.hpp"

namespace reeve::store::conformance {

// One random program. Each step is a function from a store to the text of its answer, so that both stores do the same.
class Program {
 public:
  explicit Program(std::uint64_t seed) : with_keys(seed % 3 != 0), held_lines(seed % 2 == 0), label_pauses(seed % 4 > 1), key_rate(seed % 5 > 2), dice_(seed) {}
  using Step = std::function<std::string(Store&)>;

  Step next() {
    now += Millis{roll(3) == 0 ? roll(4'000) : roll(50)};
    switch (roll(35)) {
      case 0: case 1: case 2: case 3: return enqueue();
      case 4: case 5: case 6: return claim();
      case 7: case 8: return start();
      case 9: case 10: case 11: return finish();
      case 12: return renew();
      case 13: return [at = now, limit = roll(6)](Store& s) {
        const ExpireAnswer answer = s.tasks().expire(at, limit);
        std::string out = text(answer.lost) + (answer.more ? " more" : "");
        for (const TaskId id : answer.expired) out += " expired " + text(id);
        return out;
      };
      case 14: return [at = now, id = any_task()](Store& s) {
        const CancelAnswer answer = s.tasks().cancel(id, "reason", "uid:1", at);
        return std::to_string(static_cast<int>(answer.result)) + std::string(name(answer.status)) + (answer.running ? "running" : "");
      };
      case 15: return roll(3) == 0 ? rerun() : retry();
      case 16: return roll(3) == 0 ? remove() : journal();
      case 17: return roll(4) == 0 ? revision() : journal();
      case 18: return roll(3) != 0 ? queue() : runner();
      case 19: return roll(4) == 0 ? retain() : journal();
      case 20: case 21: return parts();
      case 22: case 23: case 24: case 25: return wait();
      case 26: return suspend();
      case 27: case 28: return send_signal();
      case 29: return timer();
      case 30: return claim();
      case 31: case 32: return door();
      case 33: return close();
      default: return roll(2) == 0 ? send_signal() : enqueue_once();
    }
  }

  const bool with_keys;
  // A task that is passed over for a held line may be the first of its key, too, and then hides those behind it until that body is gone: so
  // no task has both keys in such a program.
  const bool held_lines;
  // A task that was held by a label takes a new place among the tenants when it is let go, in one store at the resume, in another at the next
  // claim: so no task has a tenant in such a program.
  const bool label_pauses;
  const bool key_rate;
  // What the store under the model answered to a claim: the keys to go on with.
  std::vector<ClaimKey> keys{};
  Timestamp now = from_ms(1'800'000'000'000);
  std::int64_t tasks = 0;

 private:
  int roll(int sides) { return static_cast<int>(dice_() % static_cast<std::uint64_t>(sides)); }
  TaskId any_task() { return TaskId{1 + roll(static_cast<int>(tasks) + 2)}; }
  ClaimKey any_key() {
    if (keys.empty() || roll(10) == 0) return {any_task(), roll(4)};
    const auto from_end = std::min<std::size_t>(static_cast<std::size_t>(roll(8)), keys.size() - 1);
    return keys[keys.size() - 1 - from_end];
  }
  std::string word(const char* stem, int choices) { return stem + std::to_string(roll(choices)); }

  NewTask fresh() {
    NewTask task = StoreTest::task(roll(3) == 0 ? "report" : "echo");
    task.queue = word("q", 2);
    task.priority = roll(10);
    task.payload = word("\"payload", 3) + "\"";
    if (roll(3) == 0) task.run_at = now + Millis{roll(6'000) - 1'000};
    if (roll(4) == 0) task.dedupe = Dedupe{word("k", 3), roll(2) == 0 ? KeyScope::kind : KeyScope::global};
    if (roll(8) == 0) task.external_id = word("x", 20);
    if (roll(6) == 0) task.expires_at = now + Millis{roll(5'000)};
    if (roll(2) == 0 && !label_pauses) task.fair_key = word("tenant", 4);
    if (roll(4) == 0) task.labels = {{"a", word("v", 2)}};
    if (label_pauses && roll(3) == 0) task.labels.emplace("b", word("v", 2));
    task.max_crashes = 1 + roll(3);
    if (roll(3) == 0) add_after(task);
    if (roll(10) == 0) task.batch = any_batch();
    if (with_keys) add_keys(task);
    return task;
  }

  BatchId any_batch() { return BatchId{1 + roll(batches_ + 1)}; }

  // Rather the newest than those that were deleted long ago.
  void add_after(NewTask& task) {
    for (int count = 1 + roll(3); count > 0; --count) {
      AfterTask& after = task.after.emplace_back();
      if (roll(10) == 0) after.external_id = word("x", 20);
      else if (roll(12) == 0) after.item = static_cast<std::size_t>(roll(3));
      else if (keys.empty() || roll(3) == 0) after.task = TaskId{std::max<std::int64_t>(1, tasks - roll(12))};
      else after.task = any_key().task;
    }
    if (roll(2) == 0) task.after_policy = AfterPolicy::finished;
  }

  void add_batch(EnqueueRequest& request) {
    if (roll(6) == 0) request.tasks.clear();
    NewBatch& batch = request.batch.emplace();
    batch.name = word("b", 3);
    batch.open = roll(2) == 0;
    batch.created_by = "uid:1";
    if (roll(2) == 0) batch.on_success = fresh();
    if (roll(2) == 0) batch.on_failure = fresh();
    if (roll(2) == 0) batch.on_finish = fresh();
    ++batches_;
  }

  Step close() {
    return [id = any_batch(), at = now](Store& s) { return std::to_string(static_cast<int>(s.batches().close(id, "uid:1", at))); };
  }

  void add_keys(NewTask& task) {
    if (task.dedupe && roll(2) == 0) task.dedupe->window = roll(3) == 0 ? for_ever : Millis{1 + roll(3'000)};
    if (roll(2) == 0) {
      Concurrency concurrency;
      concurrency.key = word("c", 3);
      concurrency.limit = 1 + roll(3);
      concurrency.scope = roll(4) == 0 ? KeyScope::kind : KeyScope::global;
      if (roll(3) == 0) concurrency.on_conflict = static_cast<OnConflict>(roll(5));
      task.concurrency = concurrency;
    }
    if (roll(4) == 0 && !(held_lines && task.concurrency)) task.order_key = word("l", 2);
    if (roll(10) == 0) task.supersede_key = word("s", 2);
  }

  Step enqueue() {
    EnqueueRequest request;
    const int count = roll(4) == 0 ? 1 + roll(4) : 1;
    for (int i = 0; i < count; ++i) request.tasks.push_back(fresh());
    if (roll(8) == 0) add_batch(request);
    if (roll(5) == 0) request.request_key = word("r", 6);
    request.fingerprint = word("f", 2);
    tasks += count;
    return [request, at = now](Store& s) {
      return text(s.tasks().enqueue(request, at));
    };
  }

  std::optional<std::string> maybe_payload() { return roll(3) == 0 ? std::optional<std::string>(word("\"edited", 2) + "\"") : std::nullopt; }

  Step retry() {
    return [at = now, id = any_task(), payload = maybe_payload()](Store& s) { return std::to_string(static_cast<int>(s.tasks().retry(id, "uid:1", at, payload))); };
  }

  Step rerun() {
    RerunRequest request;
    request.task = any_task();
    request.payload = maybe_payload();
    request.actor = "uid:1";
    if (roll(4) == 0) request.request_key = word("rr", 3);
    request.fingerprint = word("f", 2);
    tasks += 1;
    return [request, at = now](Store& s) {
      const RerunAnswer answer = s.tasks().rerun(request, at);
      return std::to_string(static_cast<int>(answer.result)) + text(std::vector<Enqueued>{answer.task}) + " holder " + text(answer.holder) + (answer.replayed ? " again" : "");
    };
  }

  Step claim() {
    ClaimRequest request;
    request.runner = 1 + roll(3);
    request.limit = roll(5);
    request.lease_expires_at = now + Millis{1'000 + roll(6'000)};
    request.kinds = {{"echo", roll(4)}};
    if (roll(8) == 0) request.kinds.back().also.push_back("report");   // two names, one room
    else if (roll(2) == 0) request.kinds.push_back({"report", 1 + roll(3)});
    if (roll(3) == 0) request.queues = {{"q0", roll(3)}};
    if (with_keys && roll(6) == 0) {
      HeldKey held;
      held.token = '\x1f' + word("c", 3);
      held.bodies = 1 + roll(2);
      request.held_keys.push_back(held);
    }
    if (with_keys && held_lines && roll(10) == 0) request.held_lines.push_back(word("l", 2));
    if (roll(4) == 0) request.kinds[0].rate = Rate{1 + roll(5), Millis{1'000 * (1 + roll(3))}, 1 + roll(3)};
    if (key_rate) request.kinds[0].key_rate = Rate{1 + roll(10) / 9, Millis{1'000}, 2};
    if (roll(4) == 0) request.kinds.back().needs = {{"gpu", 1 + roll(2)}};
    if (roll(2) == 0) request.resources = {{"gpu", roll(4)}};
    if (roll(3) == 0) request.ageing = Millis{100 * (1 + roll(20))};
    if (roll(3) == 0) request.queues.push_back(shared_queue());
    // A store may wake too early for a token: it need not look behind it whether a key has room.
    const bool rated = std::any_of(request.kinds.begin(), request.kinds.end(), [](const KindRoom& kind) { return kind.rate || kind.key_rate; }) ||
                       std::any_of(request.queues.begin(), request.queues.end(), [](const QueueRoom& queue) { return queue.rate.has_value(); });
    return [this, request, at = now, exact = !((with_keys || label_pauses) && rated)](Store& s) {
      const ClaimAnswer answer = s.tasks().claim(request, at);
      std::string out = "next due " + (exact ? text(answer.next_due) : std::string("by rate"));
      for (const Task& task : answer.tasks) {
        out += "\n" + text(task);
        const ClaimKey key{task.id, task.epoch};
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
      }
      return out;
    };
  }

  QueueRoom shared_queue() {
    QueueRoom queue;
    queue.name = "q1";
    if (roll(2) == 0) queue.room = roll(4);
    if (roll(2) == 0) queue.weight = 1 + roll(4);
    if (roll(3) == 0) queue.rate = Rate{1 + roll(9), Millis{1'000}, 1 + roll(2)};
    if (roll(3) == 0) queue.ageing = Millis{300 * (1 + roll(4))};
    return queue;
  }

  Step start() {
    return [key = any_key(), at = now](Store& s) { return std::string(s.tasks().start(key, 7, "process", at) ? "started" : "lost"); };
  }

  Step finish() {
    Finish end;
    end.claim = any_key();
    end.exit_code = roll(3);
    end.use.cpu_user_ms = roll(100);
    if (roll(4) == 0) end.started_at = now - Millis{5};
    switch (roll(5)) {
      case 0: case 1: end.next = Succeed{roll(3) == 0 ? "" : "\"r\""}; break;
      case 2:
        end.outcome = Outcome::failed;
        end.next = Requeue{now + Millis{roll(3'000)}, static_cast<Budget>(roll(4))};
        end.error = StoreTest::error(word("code", 3));
        break;
      case 3:
        end.outcome = roll(2) == 0 ? Outcome::crashed : Outcome::failed;
        end.next = Fail{};
        end.error = StoreTest::error(word("code", 3));
        break;
      default: end.outcome = Outcome::cancelled; end.next = Cancel{word("c", 2)};
    }
    end.keep_steps = roll(3) != 0;
    end.executor = word("executor", 2);
    if (roll(4) == 0) end.staged = {fresh(), fresh()};
    tasks += static_cast<std::int64_t>(end.staged.size());
    return [end, at = now](Store& s) { return text(s.tasks().finish(end, at)); };
  }

  // Steps, waits and the rest have few names, so that they meet each other.
  Step parts() {
    const ClaimKey key = any_key();
    const std::string part = roll(6) == 0 ? word("part", 4) : word("step", 3);
    const Timestamp at = now;
    switch (roll(5)) {
      case 0: case 1: return [=, input = word("\"in", 3) + "\""](Store& s) {
        const StepBegun begun = s.steps().begin_step(key, part, input, at);
        return std::to_string(static_cast<int>(begun.result)) + begun.output + (begun.cancel_requested ? " cancel " : " ") + begun.message;
      };
      case 2: {
        std::optional<TaskError> error;
        if (roll(3) == 0) error = StoreTest::error(word("code", 3));
        return [=, output = word("\"out", 3) + "\""](Store& s) {
          const StepEnded ended = s.steps().end_step(key, part, output, error, at);
          return std::to_string(static_cast<int>(ended.result)) + (ended.cancel_requested ? " cancel" : "");
        };
      }
      case 3: return [=, later = now + Millis{roll(90)}](Store& s) {
        const StepBegun begun = s.steps().begin_step(key, part, {}, at);
        const StepEnded ended = s.steps().end_step(key, part, "1", {}, later);
        return std::to_string(static_cast<int>(begun.result)) + begun.output + std::to_string(static_cast<int>(ended.result));
      };
      default: return [=, name = roll(2) == 0 ? std::string{} : part, type = roll(2) == 0 ? std::string{} : word("type", 2)](Store& s) {
        const SignalTaken taken = s.steps().take_signal(key, name, type, at);
        return std::to_string(static_cast<int>(taken.result)) + text(taken.signal);
      };
    }
  }

  Step wait() {
    WaitRequest request;
    request.name = word("part", 6);
    request.sort = static_cast<StepSort>(roll(20) == 0 ? 0 : 1 + roll(3));
    if (roll(3) != 0) request.until = now + Millis{roll(5'000) - 500};
    if (roll(2) == 0) request.signal_type = word("type", 2);
    request.any = roll(2) == 0;
    for (int count = roll(4); count > 0; --count) request.tasks.push_back(roll(30) == 0 ? TaskId{roll(2) * 9'999} : any_task());
    return [request, key = any_key(), at = now, obeys = roll(3) != 0, end = suspended({})](Store& s) mutable {
      const WaitAnswer answer = s.steps().wait(key, request, at);
      std::string out = std::to_string(static_cast<int>(answer.result)) + answer.output + answer.message;
      if (!obeys || answer.result != WaitAnswer::Result::waiting) return out;
      end.claim = key;
      return out + text(s.tasks().finish(end, at));
    };
  }

  static Finish suspended(ClaimKey key) {
    Finish end;
    end.claim = key;
    end.outcome = Outcome::suspended;
    end.next = Suspend{};
    return end;
  }

  Step suspend() {
    return [end = suspended(any_key()), at = now](Store& s) { return text(s.tasks().finish(end, at)); };
  }

  Step send_signal() {
    return [id = roll(3) == 0 ? any_task() : any_key().task, type = word("type", 2), payload = word("", 5), at = now](Store& s) {
      const SignalSent sent = s.steps().send_signal(id, type, payload, "uid:1", at);
      return std::to_string(static_cast<int>(sent.result)) + " " + std::to_string(sent.id) + (sent.resumed ? " resumed" : "");
    };
  }

  Step timer() {
    const ClaimKey key = any_key();
    const std::string name = word("timer", 3);
    if (roll(4) == 0)
      return [=, at = now](Store& s) { return std::to_string(static_cast<int>(s.steps().cancel_timer(key, name, at))); };
    return [=, at = now + Millis{roll(4'000) - 500}, moment = now](Store& s) {
      return std::to_string(static_cast<int>(s.steps().set_timer(key, name, at, moment)));
    };
  }

  Step enqueue_once() {
    tasks += 1;
    return [task = fresh(), key = any_key(), name = roll(5) == 0 ? std::string() : word("part", 4), at = now](Store& s) {
      const auto answer = s.steps().enqueue_once(key, name, task, at);
      return answer ? text(*answer) : "lost";
    };
  }

  Step renew() {
    std::vector<ClaimKey> claims{any_key(), any_key()};
    return [claims, at = now, until = now + Millis{roll(8'000)}](Store& s) {
      std::string out;
      for (const ClaimKey key : s.tasks().renew(claims, until, at)) out += " " + text(key.task);
      return out;
    };
  }

  Step remove() {
    return [id = any_task(), at = now](Store& s) { return std::to_string(static_cast<int>(s.tasks().remove(id, "uid:1", at))); };
  }

  Step journal() {
    const ClaimKey key = any_key();
    const Timestamp at = now;
    switch (roll(4)) {
      case 0: {
        Progress progress = StoreTest::percent(roll(120), word("label", 3));
        if (roll(2) == 0) progress.current = roll(10);
        return [=](Store& s) { return std::string(s.journal().progress(key, progress, at) ? "kept" : "lost"); };
      }
      case 1: {
        LogLine line;
        line.at = at;
        line.message = word("line", 9);
        if (roll(3) == 0) line.message.append(static_cast<std::size_t>(roll(3'000)), '.');
        const std::vector<LogLine> lines(static_cast<std::size_t>(roll(3)), line);
        return [=](Store& s) { return std::string(s.journal().log(key, lines, at) ? "kept" : "lost"); };
      }
      case 2: return [=](Store& s) { return std::string(s.journal().flag_stale(key, "silent", at) ? "kept" : "lost"); };
      default: return [=](Store& s) { return std::string(s.journal().clear_stale(key, at) ? "kept" : "lost"); };
    }
  }

  // A row is left, taken in or set aside; one of an outbox is taken, asked for or forgotten.
  Step door() {
    const Timestamp at = now;
    DoorRow row;
    row.id = 1 + roll(5);
    row.source = "app.db";
    row.token = word("token", 5);
    switch (roll(6)) {
      case 0: case 1: return [at, kind = word("k", 3), payload = word("\"p", 3) + "\""](Store& s) {
        return std::to_string(s.door().leave(kind, payload, R"({"queue":"q"})", at));
      };
      case 2: case 3: return [at, limit = roll(4), refuse = roll(3) == 0](Store& s) {
        std::string answer;
        for (const DoorRow& waiting : s.door().waiting(limit, 100)) {
          answer += task_text(waiting) + text(waiting.written_at);
          if (refuse) s.door().refuse(waiting, {"code", "why"}, at);
          else s.door().passed(waiting, at);
        }
        return answer;
      };
      case 4: return [row](Store& s) {
        s.door().forget({&row.token, 1});
        return std::string("forgotten");
      };
      default: return [at, row, refuse = roll(2) == 0](Store& s) {
        const bool is_known = !s.door().known({&row, 1}).empty();
        if (!is_known && refuse) s.door().refuse(row, {"code", "why"}, at);
        else if (!is_known) s.door().passed(row, at);
        return std::string(is_known ? "known" : "new");
      };
    }
  }

  Step queue() {
    const int what = roll(3);
    if (what == 1) return kind_pause();
    if (what == 2 && label_pauses) return label_pause();
    return [queue = word("q", 2), pause = roll(3) == 0, at = now](Store& s) {
      const bool changed = pause ? s.queues().pause(queue, "why", "uid:1", at) : s.queues().resume(queue, "uid:1", at);
      return std::string(changed ? "changed" : "same");
    };
  }

  Step kind_pause() {
    return [kind = std::string(roll(2) == 0 ? "report" : "echo"), pause = roll(3) == 0, at = now](Store& s) {
      const bool changed = pause ? s.queues().pause_kind(kind, "why", "uid:1", at) : s.queues().resume_kind(kind, "uid:1", at);
      return std::string(changed ? "changed" : "same");
    };
  }

  Step label_pause() {
    return [key = std::string(roll(2) == 0 ? "a" : "b"), value = word("v", 2), pause = roll(2) == 0, at = now](Store& s) {
      const bool changed = pause ? s.queues().pause_label(key, value, "why", "uid:1", at) : s.queues().resume_label(key, value, "uid:1", at);
      return std::string(changed ? "changed" : "same");
    };
  }

  Step revision() {
    return [hash = word("h", 3), at = now](Store& s) {
      Revision revision;
      revision.source = "apply";
      revision.hash = hash;
      const RevisionRecorded recorded = s.revisions().record(revision, at);
      return std::to_string(recorded.number) + (recorded.fresh ? " fresh" : "");
    };
  }

  Step runner() {
    const Timestamp at = now;
    switch (roll(3)) {
      case 0: return [at](Store& s) { return std::to_string(s.runners().open_runner({"n", "b", "i", 1}, at)); };
      case 1: return [at, id = 1 + roll(3)](Store& s) { return s.runners().close_runner(id, at), std::string("closed"); };
      default: return [at, id = 1 + roll(3), limit = 1 + roll(4)](Store& s) {
        const ExpireAnswer answer = s.runners().requeue_dead(id, at, limit);
        return text(answer.lost) + (answer.more ? " more" : "");
      };
    }
  }

  Step retain() {
    RetentionPolicy policy;
    policy.succeeded = Millis{roll(4'000)};
    policy.failed = Millis{roll(8'000)};
    if (roll(3) == 0) policy.events = Millis{5'000 + roll(20'000)};
    if (roll(3) == 0) policy.requests = Millis{roll(5'000)};
    if (roll(4) == 0) policy.succeeded_per_kind = roll(4);
    if (roll(4) == 0) policy.failed_per_kind = roll(4);
    if (roll(3) == 0) policy.log_bytes_per_task = log_bytes_least + roll(2'000);
    if (roll(4) == 0) policy.log_bytes = roll(20'000);
    if (roll(3) == 0) policy.steps_per_task = roll(3);
    if (roll(6) == 0) policy.newest_events = 20 + roll(200);
    return [policy, at = now, limit = 1 + roll(6)](Store& s) { return text(s.maintenance().retain(policy, at, limit)); };
  }

  std::mt19937_64 dice_;
  int batches_ = 0;
};

}  // namespace reeve::store::conformance
