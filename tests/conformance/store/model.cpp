// Random programs of verbs are driven through two stores at once: the memory store, written to be obviously right, and the store under
// test. Every answer and everything that can be read must be equal. A failure prints its seed; REEVE_SEED=n runs that one again.
#include <cstdlib>
#include <functional>
#include <random>
#include <sstream>
#include <stdexcept>

#include "store/fingerprint.hpp"
#include "store/life.hpp"
#include "store/open.hpp"
#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

template <class Value>
std::string text(const std::optional<Value>& value);
std::string text(Timestamp at) { return std::to_string(to_ms(at) - 1'800'000'000'000); }
std::string text(const std::string& value) { return value; }
std::string text(double value) { return std::to_string(value); }
std::string text(int value) { return std::to_string(value); }
std::string text(TaskId id) { return std::to_string(number(id)); }
std::string text(Millis span) { return std::to_string(span.count()); }
std::string text(const Dedupe& dedupe) { return dedupe.key + "/" + std::string(name(dedupe.scope)) + "/" + text(dedupe.window); }
std::string text(const Concurrency& c) {
  return c.key + "/" + std::to_string(c.limit) + "/" + std::string(name(c.scope)) + "/" + std::string(name(c.on_conflict));
}
std::string text(Outcome outcome) { return std::string(name(outcome)); }
std::string text(const TaskError& e) {
  return e.code + "|" + e.message + "|" + e.detail + "|" + text(e.exit_code) + "|" + text(e.signal) + "|" + e.stderr_tail + "|" + e.fingerprint;
}
std::string text(const Progress& p) { return text(p.percent) + "|" + text(p.current) + "|" + text(p.total) + "|" + p.label + "|" + p.meta; }
std::string text(const KeyHolder& holder) { return text(holder.task) + std::string(name(holder.status)) + text(holder.since); }
template <class Value>
std::string text(const std::optional<Value>& value) {
  return value ? text(*value) : "-";
}

std::string text(const Task& t) {
  std::ostringstream out;
  out << "task " << text(t.id) << ' ' << t.kind << ' ' << t.queue << " p" << t.priority << ' ' << name(t.status) << " payload " << t.payload
      << ' ' << t.metadata << ' ' << t.overrides << " result " << text(t.result) << " error " << text(t.error) << " progress " << text(t.progress)
      << '@' << text(t.progress_at);
  for (const auto& [key, value] : t.labels) out << ' ' << key << '=' << value;
  out << " ext " << text(t.external_id) << " dedupe " << text(t.dedupe) << " by " << t.created_by << " rerun of " << text(t.rerun_of) << " tries " << t.attempt << '/' << t.max_attempts
      << ' ' << t.crashes << '/' << t.max_crashes << ' ' << t.interruptions << ' ' << t.snoozes << " g" << t.generation << " e" << t.epoch << " r"
      << t.runner << " lease " << text(t.lease_expires_at) << " times " << text(t.created_at) << ' ' << text(t.run_at) << ' ' << text(t.claimed_at)
      << ' ' << text(t.started_at) << ' ' << text(t.finished_at) << ' ' << text(t.last_seen_at) << " stale " << text(t.stale_at) << t.stale_reason
      << " cancel " << text(t.cancel_requested_at) << t.cancel_reason << " expires " << text(t.expires_at) << " key " << text(t.concurrency)
      << " supersede " << t.supersede_key << " line " << t.order_key << " superseded by " << text(t.superseded_by) << " tenant " << t.fair_key
      << " batch " << (t.batch ? number(*t.batch) : 0);
  return out.str();
}

std::string text(const Attempt& a) {
  std::ostringstream out;
  out << "attempt " << text(a.task) << " e" << a.epoch << " n" << a.number << " g" << a.generation << " r" << a.runner << ' ' << a.executor << ' '
      << a.pid << ' ' << text(a.claimed_at) << ' ' << text(a.started_at) << ' ' << text(a.finished_at) << ' ' << text(a.outcome) << ' '
      << text(a.error) << ' ' << text(a.exit_code) << ' ' << a.use.cpu_user_ms << ' ' << a.left_children;
  return out.str();
}

std::string text(const Event& e) {
  std::ostringstream out;
  out << "event " << number(e.seq) << ' ' << text(e.at) << ' ' << e.type << ' ' << text(e.task) << ' ' << e.kind << ' ' << e.queue << ' ' << e.epoch
      << ' ' << e.runner << ' ' << e.actor << ' ' << e.data;
  return out.str();
}

std::string text(const reeve::store::Step& s) {
  std::ostringstream out;
  out << "step " << s.name << ' ' << name(s.sort) << ' ' << name(s.status) << ' ' << s.input << " -> " << s.output << ' ' << s.error_code << ' '
      << s.error_message << " tries " << s.tries << " e" << s.epoch << ' ' << text(s.begun_at) << ' ' << text(s.ended_at) << ' ' << text(s.wake_at)
      << ' ' << s.signal_type;
  for (const TaskId id : s.tasks) out << " waits for " << text(id);
  return out.str();
}

std::string text(const Signal& s) {
  std::ostringstream out;
  out << "signal " << s.id << ' ' << text(s.task) << ' ' << s.type << ' ' << s.payload << ' ' << text(s.sent_at) << ' ' << s.actor << ' '
      << text(s.consumed_at) << " e" << s.consumed_by;
  return out.str();
}

std::string text(const std::vector<Enqueued>& tasks) {
  std::string out;
  for (const Enqueued& one : tasks) {
    out += " " + text(one.id) + std::string(name(one.disposition)) + (one.payload_differs ? "!" : "");
    for (const TaskId id : one.superseded) out += "<" + text(id);
    for (const ClaimKey& key : one.stop) out += " stop " + text(key.task) + ":" + std::to_string(key.epoch);
  }
  return out;
}

std::string text(const EnqueueAnswer& answer) {
  if (const auto* refused = std::get_if<EnqueueRefused>(&answer))
    return "refused " + std::to_string(static_cast<int>(refused->reason)) + " " + std::to_string(refused->item) + " " + text(refused->holder) +
           refused->message;
  const auto& done = std::get<EnqueueDone>(answer);
  return (done.replayed ? "replayed" : "done") + text(done.tasks) + (done.batch ? " batch " + std::to_string(number(*done.batch)) : "");
}

std::string text(const Finished& finished) {
  return (finished.recorded ? "recorded " : "lost ") + std::string(name(finished.status)) + text(finished.retry_at) + text(finished.staged) +
         (finished.woke_others ? " woke others" : "");
}

std::string text(const std::vector<Lost>& lost) {
  std::string out;
  for (const Lost& one : lost) out += " lost " + text(one.claim.task) + ":" + std::to_string(one.claim.epoch) + std::string(name(one.status));
  return out;
}

std::string text(const Waiting& waiting) { return std::to_string(waiting.ahead) + (waiting.at_least ? "+" : ""); }

std::string text(const KeyHolds& holds) {
  std::string out;
  if (holds.key) {
    out += "key " + std::to_string(holds.key->taken) + " ahead " + text(holds.key->waiting);
    for (const KeyHolder& holder : holds.key->holders) out += " " + text(holder);
  }
  if (holds.line) out += " line " + text(holds.line->first) + " ahead " + text(holds.line->waiting);
  return out;
}

std::string text(const Dependencies& d) {
  std::ostringstream out;
  out << "after " << name(d.policy) << " open " << d.open;
  for (const Dependency& one : d.on) out << ' ' << text(one.task) << (one.ended ? name(*one.ended) : "-");
  out << " before";
  for (const TaskId id : d.dependents) out << ' ' << text(id);
  return out.str();
}

std::string text(const Batch& b) {
  std::ostringstream out;
  const BatchCounts& c = b.counts;
  out << "batch " << number(b.id) << ' ' << b.name << ' ' << b.metadata << ' ' << name(b.state) << ' ' << c.queued << ' ' << c.claimed << ' ' << c.running
      << ' ' << c.waiting << ' ' << c.succeeded << ' ' << c.failed << ' ' << c.cancelled << ' ' << b.percent << ' ' << b.created_by << ' '
      << text(b.created_at) << ' ' << text(b.closed_at) << ' ' << text(b.finished_at);
  for (const TaskId id : b.callbacks) out << ' ' << text(id);
  return out.str();
}

std::string text(const RetentionReport& r) {
  std::ostringstream out;
  out << r.succeeded << '+' << r.failed << '+' << r.cancelled << '=' << r.tasks << " log " << r.log_lines << '/' << r.log_bytes << " steps " << r.steps
      << " events " << r.events << " requests " << r.requests << " due " << text(r.next_due) << (r.more ? " more" : "");
  return out.str();
}

// What several policies would let go.
std::string forecasts(Reader& reader, Timestamp now) {
  std::string all;
  for (const int strictness : {1, 2, 3}) {
    RetentionPolicy policy;
    policy.requests = Millis{3'000 / strictness};
    if (strictness < 3) policy.succeeded = Millis{4'000 / strictness};
    if (strictness > 1) policy.failed_per_kind = 4 - strictness;
    policy.succeeded_per_kind = 3;
    policy.log_bytes_per_task = log_bytes_least;
    policy.log_bytes = 30'000 / strictness;
    policy.steps_per_task = 3 - strictness;
    if (strictness == 2) policy.events = Millis{5'000};
    if (strictness == 3) policy.newest_events = 30;
    all += text(reader.would_let_go(policy, now)) + "\n";
  }
  return all;
}

std::string failures(Reader& reader, Timestamp now) {
  std::ostringstream out;
  for (const int restriction : {0, 1, 2, 3}) {
    FailureQuery query;
    if (restriction == 1) query.kinds = {"echo"};
    if (restriction == 2) query.queues = {"q0"};
    if (restriction == 3) query.since = now - Millis{2'000};
    if (restriction == 0) query.limit = 3;
    const FailurePage page = reader.failures(query);
    for (const FailureGroup& group : page.groups)
      out << "failures " << group.fingerprint << ' ' << group.kind << ' ' << group.code << ' ' << group.message << ' ' << group.last_words << ' ' << group.count << ' ' << text(group.first) << ' '
          << text(group.last) << ' ' << text(group.newest) << '\n';
    if (page.more) out << "more\n";
  }
  return out.str();
}

// By what tasks are found beside their names and states.
std::string selected(Reader& reader, Timestamp now) {
  std::ostringstream out;
  std::vector<Selector> selectors(9);
  selectors[0].dedupe_keys = {"k0"};
  selectors[1].concurrency_keys = {"c0", "c1"};
  selectors[2].concurrency_keys = {"c2"};
  selectors[2].states = {State::queued, State::blocked, State::scheduled, State::retrying};
  selectors[3].order_keys = {"l0"};
  selectors[4].order_keys = {"l1"};
  selectors[4].states = {State::running, State::claimed, State::waiting};
  selectors[5].supersede_keys = {"s0"};
  selectors[6].supersede_keys = {"s1"};
  selectors[6].states = {State::scheduled};
  selectors[7].fingerprints = {fingerprint_of(StoreTest::error("code0")), fingerprint_of(StoreTest::error("code1"))};
  selectors[8].fingerprints = selectors[7].fingerprints;
  selectors[8].states = {State::failed, State::retrying};
  for (const Selector& selector : selectors) {
    ListQuery list;
    list.selector = selector;
    out << "selected";
    for (const Task& task : reader.list(list, now).tasks) out << ' ' << text(task.id);
    out << '\n';
  }
  return out.str();
}

// Everything a reader can tell. What a claim has not met yet the stores may call queued or blocked: with keys they are told together, and
// only those that could start are counted before another.
std::string everything(Reader& reader, Timestamp now, bool keys) {
  std::ostringstream out;
  ListQuery list;
  list.order = Order::oldest_first;
  list.limit = 10'000;
  list.with_payload = true;
  for (const Task& task : reader.list(list, now).tasks) {
    out << text(task) << '\n' << text(*reader.get(task.id)) << '\n';
    for (const Attempt& attempt : reader.attempts(task.id)) out << text(attempt) << '\n';
    LogQuery lines;
    lines.task = task.id;
    const LogPage log = reader.log(lines);
    out << "log after " << log.let_go << '\n';
    for (const LogLine& line : log.lines) out << "line " << line.seq << ' ' << line.epoch << ' ' << line.message << '\n';
    for (const auto& step : reader.steps(task.id)) out << text(step) << '\n';
    for (const StepTry& one : reader.step_tries(task.id))
      out << "try " << one.name << " e" << one.epoch << ' ' << text(one.begun_at) << ' ' << text(one.ended_at) << ' ' << name(one.status) << '\n';
    for (const Signal& signal : reader.signals(task.id, false)) out << text(signal) << '\n';
    out << "unconsumed " << reader.signals(task.id, true).size() << '\n';
    for (const Timer& timer : reader.timers(task.id)) out << "timer " << timer.name << ' ' << text(timer.at) << ' ' << text(timer.fired_at) << '\n';
    out << text(reader.key_holds(task.id, now, 3)) << '\n';
    out << text(reader.dependencies(task.id)) << '\n';
    if (const auto token = concurrency_token(task.kind, task.concurrency))
      if (const auto rate = reader.key_rate("echo", *token)) out << "rate of key " << rate->name << ' ' << rate->full_at << '\n';
    if (keys) continue;
    const Position position = reader.position(task.id, now, 5);
    out << "position " << position.ahead << position.at_least << '\n';
  }
  for (int state = 0; state <= static_cast<int>(State::cancelled); ++state) {
    ListQuery one;
    one.selector.states = {static_cast<State>(state)};
    if (keys && state == static_cast<int>(State::blocked)) continue;
    if (keys && state == static_cast<int>(State::queued)) one.selector.states.push_back(State::blocked);
    one.limit = 7;
    const TaskPage page = reader.list(one, now);
    out << name(static_cast<State>(state)) << ':';
    for (const Task& task : page.tasks) out << ' ' << text(task.id);
    out << (page.more ? " more\n" : "\n");
  }
  EventQuery events;
  events.limit = 10'000;
  for (const Event& event : reader.events(events).events) out << text(event) << '\n';
  out << "events " << number(reader.first_event()) << ' ' << number(reader.last_event()) << '\n';
  for (const RefusedRow& row : reader.refused(1'000))
    out << "refused " << row.id << ' ' << row.source << ' ' << row.row << ' ' << row.kind << ' ' << row.payload << ' ' << row.options << ' ' << row.why.code << ' '
        << text(row.refused_at) << '\n';
  out << "inbox " << reader.facts().inbox_waiting << ' ' << reader.facts().inbox_refused << '\n';
  BatchQuery batches;
  batches.limit = 1'000;
  for (const Batch& batch : reader.batches(batches).batches) out << text(batch) << '\n';
  ListQuery members;
  members.selector.batch = BatchId{1};
  for (const Task& task : reader.list(members, now).tasks) out << text(task.id) << " is in batch 1\n";
  for (const CountRow& row : reader.counts()) out << "count " << row.queue << ' ' << row.kind << ' ' << name(row.status) << ' ' << row.count << '\n';
  for (const RateRow& row : reader.rates()) out << "rate " << static_cast<int>(row.of) << row.name << " " << row.full_at << "\n";
  const Paused paused = reader.pauses();
  for (const QueuePause& pause : paused.queues) out << "pause " << pause.queue << ' ' << pause.reason << ' ' << text(pause.since) << '\n';
  for (const KindPause& pause : paused.kinds) out << "pause of kind " << pause.kind << ' ' << pause.reason << pause.actor << ' ' << text(pause.since) << '\n';
  for (const LabelPause& pause : paused.labels)
    out << "pause of label " << pause.key << '=' << pause.value << ' ' << pause.reason << pause.actor << ' ' << text(pause.since) << '\n';
  out << failures(reader, now) << selected(reader, now);
  for (const Revision& row : reader.revisions(std::nullopt, 100)) out << "revision " << row.number << ' ' << row.hash << ' ' << text(row.at) << '\n';
  for (const RunnerRow& row : reader.runners(100)) out << "runner " << row.id << ' ' << row.name << ' ' << text(row.stopped_at) << '\n';
  for (const StepTimings& row : reader.step_timings("echo", 9))
    out << "step timings " << row.name << ' ' << row.samples << ' ' << row.mean_ms << ' ' << row.p50_ms << ' ' << row.p95_ms << '\n';
  const KindTimings timings = reader.timings("echo", 5);
  out << forecasts(reader, now);
  out << "log bytes " << reader.anatomy().log_bytes << '\n';
  out << "timings " << timings.samples << ' ' << timings.run_p95_ms << ' ' << timings.start_p50_ms << '\n';
  return out.str();
}

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

struct RanSteps final : Operation {
  void run(Store& store) override {
    answers.clear();
    for (const Program::Step& step : steps) answers.push_back(step(store));
    if (fails) throw std::runtime_error("on purpose");
  }
  void refuse(std::exception_ptr) override { answers = {"refused"}; }
  std::vector<Program::Step> steps{};
  bool fails = false;
  std::vector<std::string> answers{};
};

void compare(std::uint64_t seed, int steps) {
  INFO("REEVE_SEED=" << seed);
  Options memory;
  memory.url = "memory:";
  const auto model = store::open(memory);
  const auto model_reader = model->open_reader();
  const auto place = make_place();
  auto tested = place->open();
  auto reader = tested->open_reader();
  Program program(seed);
  std::mt19937_64 dice(seed + 1);
  for (int done = 0; done < steps;) {
    RanSteps group;
    const auto size = 1 + static_cast<int>(dice() % 6);
    for (int i = 0; i < size; ++i) group.steps.push_back(program.next());
    group.fails = dice() % 12 == 0;
    done += size;
    Operation* const operations[] = {&group};
    model->batch(operations);
    const std::vector<std::string> expected = group.answers;
    tested->batch(operations);
    REQUIRE(group.answers == expected);
    if (dice() % 16 != 0) continue;
    REQUIRE(everything(*reader, program.now, program.with_keys || program.label_pauses) == everything(*model_reader, program.now, program.with_keys || program.label_pauses));
    REQUIRE(reader->check() == std::vector<std::string>{});
    if (dice() % 4 != 0) continue;
    if (reader->facts().location.empty()) continue;  // nothing to open again
    reader.reset();
    tested.reset();
    tested = place->open();
    reader = tested->open_reader();
    // What a store knows for its life only begins anew with a runner.
    RanSteps runner;
    runner.steps.push_back([at = program.now](Store& s) { return std::to_string(s.runners().open_runner({"n", "b", "i", 1}, at)); });
    Operation* const opening[] = {&runner};
    model->batch(opening);
    const std::vector<std::string> number = runner.answers;
    tested->batch(opening);
    REQUIRE(runner.answers == number);
  }
  REQUIRE(everything(*reader, program.now, program.with_keys || program.label_pauses) == everything(*model_reader, program.now, program.with_keys || program.label_pauses));
  REQUIRE(reader->check() == std::vector<std::string>{});
}

}  // namespace

TEST_CASE("random programs do to every store what they do to the model", "[model][conformance]") {
  if (const char* seed = std::getenv("REEVE_SEED")) return compare(std::strtoull(seed, nullptr, 10), 600);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) compare(seed, 400);
}

}  // namespace reeve::store::conformance
