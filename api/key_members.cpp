#include "api/key_members.hpp"

#include "api/problem.hpp"

namespace reeve::api {

namespace {

constexpr std::int64_t key_limit_max = 1'000'000;

store::KeyScope scope_in(const Field& field) {
  const std::string text = field.as_string();
  if (const auto scope = store::parse_key_scope(text)) return *scope;
  throw not_acceptable(field.name, field.name + " is \"" + text.substr(0, 60) + "\"; write \"kind\" or \"global\"");
}

// "open", "forever" or a duration.
std::optional<store::Millis> window_in(const Field& field) {
  const std::string text = field.as_string();
  if (text == "open") return std::nullopt;
  if (text == "forever") return store::for_ever;
  if (const auto window = store::parse_duration(text); window && *window > store::Millis{0}) return window;
  throw not_acceptable(field.name, field.name + " is \"" + text.substr(0, 60) + "\"; write \"open\", \"forever\" or a duration as \"10m\"");
}

store::OnConflict policy_in(const Field& field) {
  const std::string text = field.as_string();
  if (const auto policy = store::parse_on_conflict(text)) return *policy;
  throw not_acceptable(field.name, field.name + " is \"" + text.substr(0, 60) +
                                       "\"; write \"queue\", \"reject\", \"skip\", \"queue_latest\" or \"supersede\"");
}

void take_dedupe(handlers::DedupeWish& dedupe, const Field& object) {
  const Fields fields(object.json, object.name + ".");
  for (const JsonMember& member : fields.members()) {
    const Field field = fields.field(member);
    if (member.key == "key") dedupe.key = field.as_string();
    else if (member.key == "scope") dedupe.scope = scope_in(field);
    else if (member.key == "window") dedupe.window = window_in(field);
    else fields.refuse_unknown(member, {"key", "scope", "window"});
  }
}

void take_concurrency(handlers::ConcurrencyWish& concurrency, const Field& object) {
  const Fields fields(object.json, object.name + ".");
  for (const JsonMember& member : fields.members()) {
    const Field field = fields.field(member);
    if (member.key == "key") concurrency.key = field.as_string();
    else if (member.key == "limit") concurrency.limit = field.as_int(1, key_limit_max);
    else if (member.key == "scope") concurrency.scope = scope_in(field);
    else if (member.key == "on_conflict") concurrency.on_conflict = policy_in(field);
    else fields.refuse_unknown(member, {"key", "limit", "scope", "on_conflict"});
  }
}

std::string key_alone(const Field& object) {
  const Fields fields(object.json, object.name + ".");
  std::string key;
  for (const JsonMember& member : fields.members()) {
    if (member.key != "key") fields.refuse_unknown(member, {"key"});
    key = fields.field(member).as_string();
  }
  return key;
}

template <class Wish>
Wish& begun(std::optional<Wish>& wish) {
  return wish ? *wish : wish.emplace();
}

}  // namespace

bool take_key_member(handlers::Wish& wish, const Field& field, const std::string& key) {
  if (key == "dedupe") take_dedupe(begun(wish.dedupe), field);
  else if (key == "dedupe_key") begun(wish.dedupe).key = field.as_string();
  else if (key == "dedupe_scope") begun(wish.dedupe).scope = scope_in(field);
  else if (key == "dedupe_window") begun(wish.dedupe).window = window_in(field);
  else if (key == "concurrency") take_concurrency(begun(wish.concurrency), field);
  else if (key == "concurrency_key") begun(wish.concurrency).key = field.as_string();
  else if (key == "supersede_key") wish.supersede_key = field.as_string();
  else if (key == "supersede") wish.supersede_key = key_alone(field);
  else if (key == "order_key") wish.order_key = field.as_string();
  else if (key == "order") wish.order_key = key_alone(field);
  else return false;
  return true;
}

void check_key_members(const handlers::Wish& wish) {
  if (!wish.dedupe || wish.dedupe->key) return;
  const char* field = wish.dedupe->scope ? "dedupe_scope" : "dedupe_window";
  throw not_acceptable(field, "the scope and the window of a dedupe key are of no use without the key; give both, as in {\"dedupe\":{\"key\":\"...\"}}");
}

}  // namespace reeve::api
