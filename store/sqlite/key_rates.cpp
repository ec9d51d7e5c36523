#include "store/sqlite/key_rates.hpp"

#include <algorithm>

namespace reeve::store::sqlite {
namespace {

// All names under which tasks of the kind are stored.
std::vector<std::string> names_of(const KindRoom& kind) {
  std::vector<std::string> names = kind.also;
  names.insert(names.begin(), kind.name);
  return names;
}

const KindRoom* room_of(const ClaimRequest& request, std::string_view kind) {
  const auto found = std::find_if(request.kinds.begin(), request.kinds.end(), [kind](const KindRoom& one) { return is_called(one, kind); });
  return found == request.kinds.end() ? nullptr : &*found;
}

}  // namespace

std::optional<std::int64_t> kept_key_rate(Connection& db, std::string_view name) {
  Query query = db.query("SELECT full_at FROM reeve_rate WHERE of = 'key' AND name = ?");
  query.bind(name);
  return query.step() ? std::optional<std::int64_t>{query.row().integer()} : std::nullopt;
}

Bucket* KeyTokens::bucket(const std::string& kind, const std::string& token) {
  const KindRoom* room = token.empty() ? nullptr : room_of(request_, kind);
  if (!room || !room->key_rate) return nullptr;
  const std::string name = key_rate_name(room->name, token);
  const auto known = buckets_.find(name);
  if (known != buckets_.end()) return &known->second.bucket;
  return &buckets_.emplace(name, Used{Bucket(*room->key_rate, kept_key_rate(session_.db, name), now_)}).first->second.bucket;
}

void KeyTokens::take(const std::string& kind, const std::string& token) {
  Bucket* const tokens = bucket(kind, token);
  if (!tokens) return;
  tokens->take();
  buckets_.at(key_rate_name(room_of(request_, kind)->name, token)).used = true;
}

void KeyTokens::write() {
  bool any = false;
  for (const auto& [name, used] : buckets_) {
    if (!used.used) continue;
    any = true;
    Query row = session_.db.query("INSERT OR REPLACE INTO reeve_rate (of, name, full_at) VALUES ('key', ?, ?)");
    row.bind(name, used.bucket.full_at()).run();
  }
  if (any) {
    Query full = session_.db.query(
        "DELETE FROM reeve_rate WHERE of = 'key' AND name IN (SELECT name FROM reeve_rate INDEXED BY reeve_rate_key_full "
        "WHERE of = 'key' AND full_at <= ? LIMIT ?)");
    full.bind(to_ms(now_) * 1'000, promotion_chunk).run();
  }
  for (const auto& [key, bucket] : waits_) {
    Query row = session_.db.query("INSERT OR REPLACE INTO reeve_key_wait (token, kind, at) VALUES (?, ?, ?)");
    row.bind(key.first, key.second, bucket->next()).run();
    session_.key_waits = true;
  }
}

void KeyRates::cut(const KindRoom& kind, Timestamp now) {
  if (!session_.rate_book.is_news(RateRow::Of::key, kind.name, kind.key_rate)) return;
  if (kind.key_rate) {
    const std::string from = key_rate_name(kind.name, {});
    std::string beyond = from;
    ++beyond.back();
    Query row = session_.db.query("UPDATE reeve_rate SET full_at = ?1 WHERE of = 'key' AND name >= ?2 AND name < ?3 AND full_at > ?1");
    row.bind(Bucket::latest_full_at(*kind.key_rate, now), from, beyond).run();
  }
  if (!session_.key_waits) return;
  for (const std::string& name : names_of(kind)) session_.db.query("UPDATE reeve_key_wait SET at = 0 WHERE kind = ?").bind(name).run();
}

bool KeyRates::wake(const ClaimRequest& request, Timestamp now) {
  if (!session_.key_waits) return false;
  int left = promotion_chunk;
  for (const KindRoom& kind : request.kinds)
    for (const std::string& name : names_of(kind)) {
      left -= wake(kind, name, now, left);
      if (left <= 0) return true;
    }
  Query any = session_.db.query("SELECT 1 FROM reeve_key_wait LIMIT 1");
  session_.key_waits = any.step();
  return false;
}

int KeyRates::wake(const KindRoom& kind, const std::string& name, Timestamp now, int limit) {
  std::vector<std::string> tokens;
  {
    Query due = session_.db.query("SELECT token FROM reeve_key_wait INDEXED BY reeve_key_wait_at WHERE kind = ? AND at <= ? ORDER BY at, token LIMIT ?");
    due.bind(name, now, limit);
    while (due.step()) tokens.push_back(due.row().text());
  }
  for (const std::string& token : tokens) wake(kind, name, token, now);
  return static_cast<int>(tokens.size());
}

void KeyRates::wake(const KindRoom& kind, const std::string& name, const std::string& token, Timestamp now) {
  std::optional<Bucket> bucket;
  if (kind.key_rate) bucket.emplace(*kind.key_rate, kept_key_rate(session_.db, key_rate_name(kind.name, token)), now);
  const int tokens = bucket ? bucket->tokens() : no_limit;
  if (!keys_.let_go_of_kind(token, name, tokens)) {
    session_.db.query("DELETE FROM reeve_key_wait WHERE token = ? AND kind = ?").bind(token, name).run();
    return;
  }
  for (int gone = 0; gone < tokens; ++gone) bucket->take();
  const Timestamp next = bucket->next();
  session_.db.query("UPDATE reeve_key_wait SET at = ? WHERE token = ? AND kind = ?").bind(next, token, name).run();
}

std::optional<Timestamp> KeyRates::next(const ClaimRequest& request) {
  std::optional<Timestamp> next;
  if (!session_.key_waits) return next;
  for (const KindRoom& kind : request.kinds)
    for (const std::string& name : names_of(kind)) {
      Query first = session_.db.query("SELECT at FROM reeve_key_wait INDEXED BY reeve_key_wait_at WHERE kind = ? ORDER BY at LIMIT 1");
      first.bind(name);
      if (!first.step()) continue;
      const Timestamp at = first.row().time();
      if (!next || at < *next) next = at;
    }
  return next;
}

}  // namespace reeve::store::sqlite
