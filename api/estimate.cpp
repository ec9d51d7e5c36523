#include "api/estimate.hpp"

#include <algorithm>

#include "store/life.hpp"

namespace reeve::api {

namespace {

using store::Millis;
using store::Timestamp;

constexpr Timestamp never = Timestamp::max();

// A number that is not there.
struct Unknown {
  std::string why{};
};

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

Millis span_of(double ms) { return Millis{static_cast<std::int64_t>(ms + 0.5)}; }

// How long bodies run.
class Spans {
 public:
  explicit Spans(const Known& known) : known_(known) {}

  [[nodiscard]] bool knows(const std::string& kind) const {
    const auto found = known_.timings.find(kind);
    return found != known_.timings.end() && found->second.samples > 0;
  }
  // Half of the newest attempts ran no longer. Throws Unknown.
  [[nodiscard]] Millis usual(const std::string& kind) const { return span_of(of(kind).run_p50_ms); }

  // What is left of a body that began then: up to the usual; past that up to what all but a few need; past that as long again as usual.
  [[nodiscard]] Millis left(const std::string& kind, Timestamp since) const {
    const store::KindTimings& timings = of(kind);
    const Millis ran = std::max(known_.now - since, Millis{0});
    for (const double ms : {timings.run_p50_ms, timings.run_p95_ms})
      if (ran < span_of(ms)) return span_of(ms) - ran;
    return span_of(timings.run_p50_ms);
  }

 private:
  [[nodiscard]] const store::KindTimings& of(const std::string& kind) const {
    if (!knows(kind)) throw Unknown{"no task of the kind " + in_quotes(kind) + " has ever run to its end"};
    return known_.timings.at(kind);
  }
  const Known& known_;
};

// ------------------------------------------------------------------------------------------------------ bodies and limits

struct Running {
  std::string kind{};
  bool in_queue = false;                          // the task's own
  Timestamp end{};                                // never: not known
};

// Plays forward who runs, until the task may start.
class Play {
 public:
  Play(const Known& known, const Spans& spans, std::string kind) : known_(known), spans_(spans), kind_(std::move(kind)), at_(known.now) {
    for (const supervisor::RunningAttempt& one : known.overview.running) add(one.kind, one.queue == known.task.queue, end_of(one.kind, one.since));
    if (!known.position) return;
    for (const auto& [name, count] : known.position->kinds) {
      const handlers::Handler* handler = known.handlers.find(name);
      if (handler && !is_paused(name, handler->kind)) ahead_[handler->kind] += count;   // others are not claimed
    }
  }

  // Throws Unknown.
  Timestamp run() {
    while (true) {
      start_those_ahead();
      if (ahead_[kind_] == 0 && fits(kind_, known_.task.queue)) return at_;
      const auto next = std::min_element(bodies_.begin(), bodies_.end(), [](const Running& a, const Running& b) { return a.end < b.end; });
      if (next == bodies_.end()) throw Unknown{"the limits let none of its kind run"};
      if (next->end == never) throw Unknown{"no task of the kind " + in_quotes(next->kind) + " has ever run to its end, and it waits for one of them"};
      at_ = std::max(at_, next->end);
      --kinds_[next->kind];
      if (next->in_queue) --in_queue_;
      bodies_.erase(next);
    }
  }

 private:
  [[nodiscard]] bool is_paused(const std::string& stored, const std::string& present) const {
    return std::any_of(known_.paused.kinds.begin(), known_.paused.kinds.end(),
                       [&](const store::KindPause& pause) { return pause.kind == stored || pause.kind == present; });
  }

  // What is not known matters only if somebody must wait for it.
  [[nodiscard]] Timestamp end_of(const std::string& kind, Timestamp since) const { return spans_.knows(kind) ? known_.now + spans_.left(kind, since) : never; }
  [[nodiscard]] Timestamp end_of_next(const std::string& kind) const { return spans_.knows(kind) ? at_ + spans_.usual(kind) : never; }

  void add(const std::string& kind, bool in_queue, Timestamp end) {
    Running body;
    body.kind = kind;
    body.in_queue = in_queue;
    body.end = end;
    bodies_.push_back(std::move(body));
    ++kinds_[kind];
    if (in_queue) ++in_queue_;
  }

  // As many of the kind as its own limit and its resources serve.
  [[nodiscard]] int limit_of(const std::string& kind) const {
    const handlers::Handler* handler = known_.handlers.find(kind);
    int limit = handler && handler->concurrency ? *handler->concurrency : store::no_limit;
    if (!handler) return limit;
    for (const store::Room& need : handler->resources)
      for (const supervisor::Resource& resource : known_.overview.resources)
        if (resource.name == need.name) limit = std::min(limit, static_cast<int>(resource.units.size()) / std::max(1, need.room));
    return limit;
  }

  [[nodiscard]] bool fits(const std::string& kind, const std::string& queue) {
    if (known_.overview.global.limit && static_cast<int>(bodies_.size()) >= *known_.overview.global.limit) return false;
    const handlers::Queue* declared = known_.handlers.find_queue(queue);
    if (declared && declared->concurrency && in_queue_ >= *declared->concurrency) return false;
    return kinds_[kind] < limit_of(kind);
  }

  // Those of kinds that have no room are passed by.
  void start_those_ahead() {
    for (bool started = true; started;) {
      started = false;
      for (auto& [kind, count] : ahead_) {
        if (count == 0 || !fits(kind, known_.task.queue)) continue;
        add(kind, true, end_of_next(kind));
        --count;
        started = true;
      }
    }
  }

  const Known& known_;
  const Spans& spans_;
  std::string kind_;
  Timestamp at_;
  std::map<std::string, std::int64_t> ahead_{};
  std::map<std::string, int> kinds_{};
  int in_queue_ = 0;
  std::vector<Running> bodies_{};
};

// ------------------------------------------------------------------------------------------------------- rates, keys, lines

// When the token comes that `before` others leave.
Timestamp token_after(const Known& known, store::RateRow::Of of, const std::string& name, const store::Rate& rate, std::int64_t before) {
  const auto kept = std::find_if(known.rates.begin(), known.rates.end(), [&](const store::RateRow& row) { return row.of == of && row.name == name; });
  store::Bucket bucket(rate, kept == known.rates.end() ? std::nullopt : std::optional<std::int64_t>(kept->full_at), known.now);
  for (; before > 0; --before) bucket.take();
  return bucket.next();
}

std::int64_t ahead_of_kind(const Known& known, const std::string& kind) {
  std::int64_t count = 0;
  if (known.position)
    for (const auto& [name, tasks] : known.position->kinds)
      if (const handlers::Handler* handler = known.handlers.find(name); handler && handler->kind == kind) count += tasks;
  return count;
}

// When the key has room: those that have it end, those before it take their turns.
Timestamp key_free(const Known& known, const Spans& spans, const std::string& kind) {
  if (!known.keys.key || !known.task.concurrency) return known.now;
  const store::KeyHold& key = *known.keys.key;
  const auto limit = static_cast<std::size_t>(std::max(1, known.task.concurrency->limit));
  if (static_cast<std::int64_t>(key.taken) + key.waiting.ahead < static_cast<std::int64_t>(limit)) return known.now;
  std::vector<Timestamp> ends;
  for (const store::KeyHolder& holder : key.holders) ends.push_back(known.now + spans.left(kind, holder.since));
  while (ends.size() < static_cast<std::size_t>(key.taken)) ends.push_back(known.now + spans.usual(kind));
  std::sort(ends.begin(), ends.end());
  while (ends.size() > limit) ends.erase(ends.begin());   // one place comes free when one too many has ended
  while (ends.size() < limit) ends.insert(ends.begin(), known.now);
  for (std::int64_t before = key.waiting.ahead; before > 0; --before) {
    const auto first = std::min_element(ends.begin(), ends.end());
    *first += spans.usual(kind);
  }
  return *std::min_element(ends.begin(), ends.end());
}

// When those before it in its line have ended, one after the other.
Timestamp line_free(const Known& known, const Spans& spans, const std::string& kind) {
  if (!known.keys.line || !known.keys.line->first) return known.now;
  const store::KeyHolder& first = *known.keys.line->first;
  const std::string who = "task " + std::to_string(number(first.task));
  if (first.status == store::Status::waiting) throw Unknown{who + ", the first of its line, is suspended"};
  const bool runs = first.status == store::Status::claimed || first.status == store::Status::running;
  const Millis rest = runs ? spans.left(kind, first.since) : std::max(first.run_at - known.now, Millis{0}) + spans.usual(kind);
  const std::int64_t others = std::max<std::int64_t>(0, known.keys.line->waiting.ahead - 1);
  return known.now + rest + spans.usual(kind) * others;
}

// --------------------------------------------------------------------------------------------------------------------- why not

// What only a person, or something nobody can foresee, puts an end to. Throws Unknown.
void refuse_what_nobody_knows(const Known& known, const handlers::Handler* handler) {
  using supervisor::Phase;
  if (!handler) throw Unknown{"no handler has its kind"};
  if (known.paused.holds(known.task) ||
      std::any_of(known.paused.kinds.begin(), known.paused.kinds.end(), [&](const store::KindPause& pause) { return pause.kind == handler->kind; }))
    throw Unknown{"it is paused, and starts when somebody resumes it"};
  if (known.overview.phase != Phase::running) throw Unknown{"the runner is " + std::string(name(known.overview.phase)) + " and claims nothing"};
  if (known.overview.paused_claims) throw Unknown{"the runner was drained, and claims nothing until somebody resumes it"};
  if (!known.overview.trouble.empty()) throw Unknown{"the runner is in trouble: " + known.overview.trouble};
  if (known.task.block & static_cast<int>(store::Block::dependency)) throw Unknown{"it comes after tasks that have not ended"};
  if (handler->executor != "remote") return;
  for (const supervisor::Usage& kind : known.overview.kinds)
    if (kind.name == handler->kind && kind.room && *kind.room <= 0) throw Unknown{"no worker elsewhere waits for tasks of its kind"};
}

Estimate of_suspended(const Known& known) {
  std::optional<Timestamp> wakes;
  for (const store::Step& step : known.steps) {
    if (step.status != store::StepStatus::waiting) continue;
    if (step.sort == store::StepSort::signal) throw Unknown{"it waits for a signal"};
    if (step.sort == store::StepSort::tasks) throw Unknown{"it waits for other tasks to end"};
    if (step.wake_at) wakes = std::max(wakes.value_or(*step.wake_at), *step.wake_at);
  }
  if (!wakes) throw Unknown{"it is suspended"};
  return {std::max(*wakes, known.now), "it wakes then"};
}

std::string said(const store::KindTimings& timings) {
  return store::to_text(span_of(timings.run_p50_ms)) + " each (the median of the last " + std::to_string(timings.samples) + ")";
}

// The reason that is latest, in words.
struct Reckoned {
  Timestamp at{};
  std::string how{};
  void take(Timestamp other, const std::string& why) {
    if (other <= at) return;
    at = other;
    how = why;
  }
};

Estimate of_queued(const Known& known) {
  const store::Task& task = known.task;
  const handlers::Handler* handler = known.handlers.find(task.kind);
  refuse_what_nobody_knows(known, handler);
  if (task.run_at > known.now) return {task.run_at, "it is due then; what else will be is not known"};
  const Spans spans(known);
  const std::string& kind = handler->kind;
  const std::int64_t ahead = known.position ? known.position->ahead : 0;
  Reckoned reckoned;
  reckoned.at = known.now;
  reckoned.how = "nothing holds it back";
  const Timestamp turn = Play(known, spans, kind).run();
  if (turn > known.now) {
    std::string how = std::to_string(known.overview.global.running) + " run and " + (known.position && known.position->at_least ? "at least " : "") +
                      std::to_string(ahead) + (ahead == 1 ? " goes" : " go") + " before it in its queue";
    if (spans.knows(kind)) how += "; tasks of its kind take " + said(known.timings.at(kind));
    reckoned.take(turn, how + "; other queues are not counted");
  }
  if (handler->rate) reckoned.take(token_after(known, store::RateRow::Of::kind, kind, *handler->rate, ahead_of_kind(known, kind)), "the rate of its kind");
  if (const handlers::Queue* queue = known.handlers.find_queue(task.queue); queue && queue->rate)
    reckoned.take(token_after(known, store::RateRow::Of::queue, task.queue, *queue->rate, ahead), "the rate of its queue");
  if (const auto token = concurrency_token(task.kind, task.concurrency); handler->key_rate && token && known.keys.key)
    reckoned.take(token_after(known, store::RateRow::Of::key, store::key_rate_name(kind, *token), *handler->key_rate, known.keys.key->waiting.ahead), "the rate of its key");
  reckoned.take(key_free(known, spans, kind), "those with its concurrency key that run or go before it");
  reckoned.take(line_free(known, spans, kind), "those before it in its line");
  return {reckoned.at, reckoned.how};
}

}  // namespace

std::optional<Estimate> estimate_start(const Known& known) {
  try {
    if (known.task.status == store::Status::queued) return of_queued(known);
    if (known.task.status == store::Status::waiting) return of_suspended(known);
    return std::nullopt;
  } catch (const Unknown& unknown) {
    return Estimate{std::nullopt, unknown.why};
  }
}

}  // namespace reeve::api
