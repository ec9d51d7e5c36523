#include "store/sqlite/key_conditions.hpp"

#include "store/life.hpp"

namespace reeve::store::sqlite {
namespace {

constexpr std::size_t tokens_max = 5'000;

Conditions::Value key_value(const std::string& key) { return std::string_view{key}; }

// `t.id` is in a subquery that ends in "column IN (...)".
void add_found(Conditions& where, const std::string& subquery, const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  std::string sql = "t.id IN (" + subquery + " IN (";
  for (std::size_t i = 0; i < keys.size(); ++i) sql += i == 0 ? "?" : ", ?";
  where.add(sql + "))");
  for (const std::string& key : keys) where.push(key_value(key));
}

}  // namespace

KeyConditions::KeyConditions(const Selector& selector, const std::vector<std::string>& kinds, Wanted wanted) : selector_(selector), wanted_(wanted) {
  if (wanted != Wanted::open_tasks || selector.concurrency_keys.size() * (kinds.size() + 1) > tokens_max) return;
  for (const std::string& key : selector.concurrency_keys) {
    Concurrency concurrency;
    concurrency.key = key;
    tokens_.push_back(concurrency_token({}, concurrency).value());
    concurrency.scope = KeyScope::kind;
    for (const std::string& kind : kinds) tokens_.push_back(concurrency_token(kind, concurrency).value());
  }
}

void KeyConditions::add_to(Conditions& where) const {
  add_found(where, "SELECT task FROM reeve_payload INDEXED BY reeve_payload_dedupe WHERE dedupe_key IS NOT NULL AND dedupe_key", selector_.dedupe_keys);
  where.add_any("substr(t.concurrency, instr(t.concurrency, char(31)) + 1)", selector_.concurrency_keys, key_value);
  where.add_any("t.supersede", selector_.supersede_keys, key_value);
  where.add_any("t.order_key", selector_.order_keys, key_value);
  if (wanted_ != Wanted::open_tasks) return;
  add_found(where, "SELECT id FROM reeve_task INDEXED BY reeve_task_key WHERE concurrency IS NOT NULL AND finished_at IS NULL AND concurrency", tokens_);
  add_found(where, "SELECT id FROM reeve_task INDEXED BY reeve_task_supersede WHERE supersede IS NOT NULL AND finished_at IS NULL AND supersede",
            selector_.supersede_keys);
  add_found(where, "SELECT id FROM reeve_task INDEXED BY reeve_task_line WHERE order_key IS NOT NULL AND finished_at IS NULL AND order_key",
            selector_.order_keys);
}

}  // namespace reeve::store::sqlite
