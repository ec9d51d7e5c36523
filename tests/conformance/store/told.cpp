#include "tests/conformance/store/told.hpp"

#include <sstream>

#include "store/fingerprint.hpp"
#include "store/life.hpp"
#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {

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

namespace {

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

}  // namespace

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
    for (const auto& step : all_steps(reader, task.id)) out << text(step) << '\n';
    for (const StepTry& one : reader.step_tries(task.id))
      out << "try " << one.name << " e" << one.epoch << ' ' << text(one.begun_at) << ' ' << text(one.ended_at) << ' ' << name(one.status) << '\n';
    for (const Signal& signal : all_signals(reader, task.id, false)) out << text(signal) << '\n';
    out << "unconsumed " << all_signals(reader, task.id, true).size() << '\n';
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

}  // namespace reeve::store::conformance
