#include "store/sqlite/budget.hpp"

#include <algorithm>

namespace reeve::store::sqlite {
namespace {

std::string_view word(RateRow::Of of) { return of == RateRow::Of::queue ? "queue" : "kind"; }

std::optional<std::int64_t> kept_rate(Connection& db, const Allowance& allowance) {
  Query query = db.query("SELECT full_at FROM reeve_rate WHERE of = ? AND name = ?");
  query.bind(word(allowance.of), allowance.name);
  return query.step() ? std::optional<std::int64_t>{query.row().integer()} : std::nullopt;
}

template <class Named>
auto find_named(Named& all, std::string_view name) {
  return std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
}

bool has_token(const Allowance& allowance) { return !allowance.bucket || allowance.bucket->tokens() > 0; }

void spend(Allowance& allowance) {
  if (allowance.room != no_limit) allowance.room -= 1;
  if (!allowance.bucket) return;
  allowance.bucket->take();
  allowance.used = true;
}

}  // namespace

Draw::Gate Draw::gate() const {
  if (kind_->room <= 0 || (queue_ && queue_->room <= 0)) return Gate::full;
  for (const auto& [room, count] : needs_)
    if (*room < count) return Gate::full;
  return has_token(*kind_) && (!queue_ || has_token(*queue_)) ? Gate::open : Gate::no_token;
}

Timestamp Draw::next_token() const {
  Timestamp next{};
  if (kind_->bucket) next = kind_->bucket->next();
  if (queue_ && queue_->bucket) next = std::max(next, queue_->bucket->next());
  return next;
}

void Draw::take() {
  spend(*kind_);
  if (queue_) spend(*queue_);
  for (const auto& [room, count] : needs_) *room -= count;
}

Budget::Budget(Session& session, const ClaimRequest& request, Timestamp now)
    : session_(session), db_(session.db), request_(request), resources_(request.resources) {
  for (const KindRoom& kind : request.kinds) kinds_.push_back(add(RateRow::Of::kind, kind.name, kind.room, kind.rate, now));
  for (const QueueRoom& queue : request.queues) {
    queues_.push_back(add(RateRow::Of::queue, queue.name, queue.room, queue.rate, now));
    by_weight_ |= queue.weight.has_value();
  }
}

Allowance Budget::add(RateRow::Of of, const std::string& name, int room, const std::optional<Rate>& rate, Timestamp now) {
  Allowance allowance;
  allowance.of = of;
  allowance.name = name;
  allowance.room = room;
  if (rate) allowance.bucket.emplace(*rate, kept_rate(db_, allowance), now);
  return allowance;
}

std::optional<Draw> Budget::draw(std::string_view queue, std::string_view kind) {
  const auto named = std::find_if(request_.kinds.begin(), request_.kinds.end(), [kind](const KindRoom& one) { return is_called(one, kind); });
  if (named == request_.kinds.end() || session_.is_kind_paused(named->name)) return std::nullopt;
  const auto wanted = kinds_.begin() + (named - request_.kinds.begin());
  const auto limited = find_named(queues_, queue);
  Draw draw(*wanted, limited == queues_.end() ? nullptr : &*limited);
  draw.ageing = request_.ageing;
  if (limited != queues_.end()) {
    const QueueRoom& room = request_.queues[static_cast<std::size_t>(limited - queues_.begin())];
    draw.weight = room.weight.value_or(1);
    if (room.ageing) draw.ageing = room.ageing;
  }
  for (const Room& need : named->needs) {
    const auto resource = find_named(resources_, need.name);
    if (resource == resources_.end()) return std::nullopt;
    draw.needs(resource->room, need.room);
  }
  return draw;
}

void Budget::write() {
  for (const std::deque<Allowance>* allowances : {&kinds_, &queues_})
    for (const Allowance& allowance : *allowances) {
      if (!allowance.used) continue;
      Query row = db_.query("INSERT OR REPLACE INTO reeve_rate (of, name, full_at) VALUES (?, ?, ?)");
      row.bind(word(allowance.of), allowance.name, allowance.bucket->full_at()).run();
    }
}

}  // namespace reeve::store::sqlite
