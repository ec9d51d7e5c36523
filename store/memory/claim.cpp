#include <algorithm>
#include <tuple>

#include "store/event_data.hpp"
#include "store/memory/lines.hpp"
#include "store/memory/verbs.hpp"
#include "store/turn.hpp"

namespace reeve::store::memory {

namespace {

std::optional<Timestamp> earlier(std::optional<Timestamp> known, Timestamp at) { return known ? std::min(*known, at) : at; }

template <class Named>
auto* find_named(std::vector<Named>& all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

// What one claim may still take.
struct Left {
  Left(State& kept, const Keys& the_keys, const ClaimRequest& wanted, Timestamp moment)
      : state(kept), keys(the_keys), request(wanted), kinds(wanted.kinds), queues(wanted.queues), resources(wanted.resources), ageing(wanted.ageing),
        now(moment) {}

  [[nodiscard]] bool by_weight() const {
    return std::any_of(queues.begin(), queues.end(), [](const QueueRoom& queue) { return queue.weight.has_value(); });
  }
  [[nodiscard]] KindRoom* find_kind(const Task& task) {
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const KindRoom& kind) { return is_called(kind, task.kind); });
    return found == kinds.end() ? nullptr : &*found;
  }
  [[nodiscard]] bool has_room(const Task& task) {
    const KindRoom* kind = find_kind(task);
    const QueueRoom* queue = find_named(queues, task.queue);
    if (!kind || state.kind_pauses.contains(kind->name) || kind->room <= 0 || (queue && queue->room <= 0)) return false;
    return std::all_of(kind->needs.begin(), kind->needs.end(), [this](const Room& need) {
      const Room* resource = find_named(resources, need.name);
      return resource && resource->room >= need.room;
    });
  }
  // When it gets a token of its queue's and its kind's rate; `now` when there are some.
  [[nodiscard]] Timestamp token(const Task& task) {
    Timestamp at = now;
    const KindRoom& kind = *find_kind(task);
    if (kind.rate) at = std::max(at, bucket(RateRow::Of::kind, kind.name, *kind.rate).next());
    const auto token = concurrency_token(task.kind, task.concurrency);
    if (kind.key_rate && token) at = std::max(at, bucket(RateRow::Of::key, key_rate_name(kind.name, *token), *kind.key_rate).next());
    if (const QueueRoom* queue = find_named(queues, task.queue); queue && queue->rate)
      at = std::max(at, bucket(RateRow::Of::queue, task.queue, *queue->rate).next());
    return at;
  }
  void take(const Task& task) {
    KindRoom& kind = *find_kind(task);
    kind.room -= 1;
    for (const Room& need : kind.needs) find_named(resources, need.name)->room -= need.room;
    if (kind.rate) spend(RateRow::Of::kind, kind.name, *kind.rate);
    if (const auto token = concurrency_token(task.kind, task.concurrency); kind.key_rate && token) {
      spend(RateRow::Of::key, key_rate_name(kind.name, *token), *kind.key_rate);
      keys_used = true;
    }
    QueueRoom* queue = find_named(queues, task.queue);
    if (by_weight()) state.edit_shares().started(task.queue, queue && queue->weight ? *queue->weight : 1);
    if (!queue) return;
    queue->room -= 1;
    if (queue->rate) spend(RateRow::Of::queue, task.queue, *queue->rate);
  }
  [[nodiscard]] std::optional<Millis> ageing_of(const Task& task) {
    const QueueRoom* queue = find_named(queues, task.queue);
    return queue && queue->ageing ? queue->ageing : ageing;
  }
  [[nodiscard]] Bucket bucket(RateRow::Of of, const std::string& name, const Rate& rate) const {
    const auto kept = state.rates.find({of, name});
    return Bucket(rate, kept == state.rates.end() ? std::nullopt : std::optional<std::int64_t>(kept->second), now);
  }
  void spend(RateRow::Of of, const std::string& name, const Rate& rate) {
    Bucket used = bucket(of, name, rate);
    used.take();
    state.edit(state.rates, {of, name}) = used.full_at();
  }

  // What was used up by another rate, or before the clock was set back, closes a rate for no longer than an empty bucket would.
  void cut_rates() {
    state.rate_book.claim_at(now);
    for (const KindRoom& kind : request.kinds) {
      cut(RateRow::Of::kind, kind.name, kind.name, kind.rate);
      cut(RateRow::Of::key, kind.name, key_rate_name(kind.name, {}), kind.key_rate);
    }
    for (const QueueRoom& queue : request.queues) cut(RateRow::Of::queue, queue.name, queue.name, queue.rate);
  }
  void cut(RateRow::Of of, const std::string& name, const std::string& begins, const std::optional<Rate>& rate) {
    if (!state.rate_book.is_news(of, name, rate) || !rate) return;
    const std::int64_t latest = Bucket::latest_full_at(*rate, now);
    std::vector<std::string> late;
    for (const auto& [key, full_at] : state.rates)
      if (key.first == of && full_at > latest && (of == RateRow::Of::key ? key.second.starts_with(begins) : key.second == name)) late.push_back(key.second);
    for (const std::string& one : late) state.edit(state.rates, {of, one}) = latest;
  }

  // Buckets of keys that are full again need not be known.
  void forget_full_keys() {
    std::vector<std::pair<RateRow::Of, std::string>> full;
    for (const auto& [key, full_at] : state.rates)
      if (key.first == RateRow::Of::key && full_at <= to_ms(now) * 1'000) full.push_back(key);
    for (const auto& key : full) state.erase(state.rates, key);
  }

  State& state;
  bool keys_used = false;
  const Keys& keys;
  const ClaimRequest& request;
  std::vector<KindRoom> kinds;
  std::vector<QueueRoom> queues;
  std::vector<Room> resources;
  std::optional<Millis> ageing;
  Timestamp now;
};

// The first of each queue and priority, of those the first of each queue, of those the one.
Task* next_turn(const std::vector<Task*>& due, Left& left) {
  const auto head = [&](const Task* task) {
    return Head{left.state.places.at(task->id), task->run_at, task->id};
  };
  const auto by_priority = [&](const Task* task) {
    return place_by_priority(ripe_priority(task->priority, task->run_at, left.ageing_of(*task), left.now), head(task));
  };
  std::map<std::pair<std::string, int>, Task*> lines;
  for (Task* task : due) {
    if (!left.has_room(*task) || left.token(*task) > left.now || !left.keys.may_start(*task, left.request)) continue;
    Task*& first = lines[{task->queue, task->priority}];
    if (!first || place_in_line(head(task)) < place_in_line(head(first))) first = task;
  }
  std::map<std::string, Task*> queues;
  for (const auto& [line, task] : lines) {
    Task*& first = queues[line.first];
    if (!first || by_priority(task) < by_priority(first)) first = task;
  }
  const auto share = [&](const Task* task) { return left.by_weight() ? left.state.shares.place(task->queue) : 0; };
  Task* next = nullptr;
  for (const auto& [queue, task] : queues)
    if (!next || std::make_pair(share(task), by_priority(task)) < std::make_pair(share(next), by_priority(next))) next = task;
  return next;
}

}  // namespace

std::vector<Task*> MemoryTasks::claimable(Timestamp now) {
  std::vector<Task*> due;
  const Paused paused = state_.paused();
  for (auto& [id, task] : state_.tasks)
    if (task.status == Status::queued && task.run_at <= now && !paused.holds(task)) due.push_back(&task);
  std::erase_if(due, [now](const Task* task) { return task->expires_at && *task->expires_at <= now; });
  std::erase_if(due, [this](const Task* task) { return waits_for_others(state_, task->id); });
  return due;
}

ClaimAnswer MemoryTasks::claim(const ClaimRequest& request, Timestamp now) {
  state_.require_batch();
  ClaimAnswer answer;
  const bool more_rings = waits_.ring(now);
  enter_due(state_, now);
  const bool more_expired = static_cast<int>(cancel_expired(now, promotion_chunk).size()) == promotion_chunk;
  const bool more_to_tell = ends_.go_on(now).more;
  Left left(state_, keys_, request, now);
  left.cut_rates();
  std::vector<Task*> due = claimable(now);
  while (static_cast<int>(answer.tasks.size()) < request.limit) {
    Task* task = next_turn(due, left);
    if (!task) break;
    left.take(*task);
    start_from_line(state_, *task);
    std::erase(due, task);
    state_.add(begin_attempt(state_.edit(*task), request, now));
    Event event = event_about(*task, "task.claimed", "runner", now);
    event.data = event_data::claimed(*task);
    state_.append(std::move(event));
    answer.tasks.push_back(*task);
  }
  if (left.keys_used) left.forget_full_keys();
  for (const auto& [id, task] : state_.tasks) {
    if (task.status != Status::queued) continue;
    if (task.run_at > now) answer.next_due = earlier(answer.next_due, task.run_at);
    if (task.expires_at && *task.expires_at > now) answer.next_due = earlier(answer.next_due, *task.expires_at);
  }
  if (const auto alarm = waits_.next_alarm()) answer.next_due = earlier(answer.next_due, *alarm);
  if (more_rings || more_expired || more_to_tell) answer.next_due = now;
  for (const Task* task : due) {
    if (request.limit <= 0 || !left.has_room(*task) || left.token(*task) <= now || !keys_.may_start(*task, request)) continue;
    answer.next_due = earlier(answer.next_due, left.token(*task));
    answer.rate_limited = true;
  }
  return answer;
}

bool MemoryTasks::start(ClaimKey claim, std::int64_t pid, std::string_view executor, Timestamp now) {
  state_.require_batch();
  Task* task = state_.find(claim.task);
  if (!task || !holds(*task, claim)) return false;
  if (task->status == Status::running) return true;
  begin_run(state_.edit(*task), now);
  Attempt& attempt = state_.edit_attempt(claim);
  attempt.started_at = now;
  attempt.pid = pid;
  attempt.executor = executor;
  Event event = event_about(*task, "task.started", "runner", now);
  event.data = event_data::started(*task, pid, executor);
  state_.append(std::move(event));
  return true;
}

}  // namespace reeve::store::memory
