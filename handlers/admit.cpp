#include "handlers/admit.hpp"

#include <utility>

#include "handlers/json_check.hpp"
#include "handlers/overrides.hpp"
#include "executors/process/arguments.hpp"
#include "handlers/typed.hpp"
#include "executors/utf8.hpp"
#include "store/batches.hpp"

namespace reeve::handlers {

namespace {

constexpr int most_attempts = 100'000;
constexpr std::size_t name_bytes_max = 128;
constexpr std::size_t key_bytes_max = 1024;             // external_id, dedupe.key, value of a label
constexpr std::size_t short_key_bytes_max = 256;        // concurrency, supersede, order and fair keys
constexpr int most_at_once = 1'000'000;
constexpr std::size_t labels_max = 64;
constexpr std::size_t small_json_bytes_max = 64 << 10;  // metadata, overrides
constexpr store::Millis longest{100LL * 366 * 24 * 3'600'000};

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool made_of(std::string_view text, std::string_view others) {
  if (text.empty() || text.size() > name_bytes_max) return false;
  for (const char c : text)
    if (!is_alnum(c) && others.find(c) == std::string_view::npos) return false;
  return true;
}

// A value as a message shows it: bounded, on one line, always UTF-8.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, 64)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out + (text.size() > 64 ? "...\"" : "\"");
}

Refusal invalid(std::string field, std::string message) { return {"invalid_value", std::move(field), std::move(message)}; }
Refusal bad_name(std::string field, std::string message) { return {"invalid_name", std::move(field), std::move(message)}; }

constexpr const char* name_rule = " is not a name; write 1 to 128 of the characters A-Z a-z 0-9 _ . : -";

std::optional<Refusal> mistyped(std::optional<TypeFault> fault) {
  if (!fault) return std::nullopt;
  return Refusal{std::move(fault->code), std::move(fault->field), std::move(fault->message)};
}

std::optional<Refusal> payload_fault(const Handler& handler, std::string_view kind, std::string_view payload) {
  const auto size = static_cast<std::int64_t>(payload.size());
  if (size > handler.payload_bytes_max)
    return Refusal{"payload_too_large", "payload",
                   "the payload has " + std::to_string(size) + " bytes, more than the " + std::to_string(handler.payload_bytes_max) + " that kind \"" +
                       std::string(kind) + "\" takes; hand over a reference, or raise payload_limit of the handler"};
  const std::string fault = fault_in_json(payload);
  if (!fault.empty()) return Refusal{"invalid_json", "payload", "the payload is not valid JSON: " + fault};
  return mistyped(fault_in_payload(handler, payload));
}

// The defaults of every handler, for a kind that nobody has.
const Handler& of_nobody() {
  static const Handler defaults{};
  return defaults;
}

// Checks one wish, field by field; each returns the refusal, if any.
class Admission {
 public:
  Admission(const Handlers& handlers, Wish& wish, store::Timestamp now) : handlers_(handlers), wish_(wish), now_(now) {}

  using Check = std::optional<Refusal>;

  Check all() {
    for (const auto check : {&Admission::kind, &Admission::payload, &Admission::place, &Admission::times, &Admission::budgets,
                             &Admission::overrides, &Admission::labels, &Admission::metadata, &Admission::keys, &Admission::tenant, &Admission::company, &Admission::trace}) {
      Check refusal = (this->*check)();
      if (refusal) return refusal;
    }
    return std::nullopt;
  }

  store::NewTask take() {
    task_.created_by = std::move(wish_.created_by);
    return std::move(task_);
  }

 private:
  Check kind() {
    if (!is_name(wish_.kind)) return bad_name("kind", quoted(wish_.kind) + name_rule);
    if (const Handler* found = handlers_.find(wish_.kind)) handler_ = found;
    else if (!wish_.allow_unknown) return unknown_kind();
    // Under the handler's present name, whatever name was used: so that a dedupe key of scope kind is one key.
    task_.kind = handler_->kind.empty() ? std::move(wish_.kind) : handler_->kind;
    return std::nullopt;
  }

  Check unknown_kind() const {
    const std::string near = handlers_.suggestion(wish_.kind);
    std::string message = "no handler has the kind " + quoted(wish_.kind);
    message += near.empty() ? "" : "; did you mean \"" + near + "\"?";
    message += near.empty() ? "; declare it in the configuration" : " Otherwise declare it in the configuration";
    return Refusal{"unknown_kind", "kind", message + ", or set allow_unknown to store the task until a handler has it"};
  }

  Check payload() {
    if (Check refusal = payload_fault(*handler_, task_.kind, wish_.payload)) return refusal;
    task_.payload = std::move(wish_.payload);
    return std::nullopt;
  }

  Check place() {
    task_.queue = wish_.queue ? std::move(*wish_.queue) : handler_->queue;
    if (!is_name(task_.queue)) return bad_name("queue", quoted(task_.queue) + name_rule);
    task_.priority = wish_.priority.value_or(handler_->priority);
    if (task_.priority < 0 || task_.priority > 9)
      return invalid("priority", std::to_string(task_.priority) + " is no priority; write 0 to 9, 9 is served first");
    return std::nullopt;
  }

  Check times() {
    if (wish_.run_at && wish_.delay) return invalid("delay", "run_at and delay are both given; give one of them");
    if (wish_.delay && (*wish_.delay < store::Millis{0} || *wish_.delay > longest)) return out_of_range("delay", *wish_.delay);
    if (wish_.delay) task_.run_at = now_ + *wish_.delay;
    if (wish_.run_at && (*wish_.run_at < store::from_ms(0) || *wish_.run_at > now_ + longest))
      return invalid("run_at", "run_at must lie between 1970 and a hundred years from now");
    if (wish_.run_at) task_.run_at = wish_.run_at;
    return expiry();
  }

  Check expiry() {
    if (!wish_.expires_in) return std::nullopt;
    if (*wish_.expires_in <= store::Millis{0} || *wish_.expires_in > longest) return out_of_range("expires_in", *wish_.expires_in);
    task_.expires_at = now_ + *wish_.expires_in;
    if (task_.run_at && *task_.run_at >= *task_.expires_at)
      return invalid("expires_in", "the task would expire before it may start; give a longer expires_in or an earlier start");
    return std::nullopt;
  }

  static Check out_of_range(const char* field, store::Millis value) {
    return invalid(field, std::string{field} + " is " + std::to_string(value.count()) + " ms; write a positive duration of at most a hundred years");
  }

  Check budgets() {
    task_.max_attempts = wish_.max_attempts.value_or(handler_->retry.attempts);
    task_.max_crashes = wish_.max_crashes.value_or(handler_->retry.crashes);
    for (const auto& [field, value] : {std::pair{"max_attempts", task_.max_attempts}, std::pair{"max_crashes", task_.max_crashes}})
      if (value < 1 || value > most_attempts)
        return invalid(field, std::string{field} + " is " + std::to_string(value) + "; write 1 to " + std::to_string(most_attempts));
    return std::nullopt;
  }

  Check overrides() {
    if (wish_.overrides.size() > small_json_bytes_max) return invalid("overrides", "the overrides have more than 64 KiB; hand large data over in the payload");
    if (!wish_.overrides.empty()) {
      std::string fault = fault_in_overrides(wish_.overrides, task_.kind);
      if (!fault.empty()) return invalid("overrides", std::move(fault));
    }
    if (task_.kind == command_kind && !has_command()) return invalid("command", "a task of the kind reeve.command needs a command: a list of strings, the program first");
    task_.overrides = std::move(wish_.overrides);
    return std::nullopt;
  }

  bool has_command() const {
    const Handler seen = with_overrides(*handler_, wish_.overrides);
    return seen.process && !seen.process->command.empty();
  }

  Check labels() {
    task_.labels = handler_->labels;
    for (auto& [key, value] : wish_.labels) {
      const std::string field = "labels." + (is_label_key(key) ? key : std::string{"?"});
      if (!is_label_key(key)) return bad_name("labels", quoted(key) + " is no key of a label; write 1 to 128 of the characters A-Z a-z 0-9 - _ . /");
      if (value.size() > key_bytes_max) return invalid(field, "the label has " + std::to_string(value.size()) + " bytes; at most 1024 are kept");
      if (!is_plain_text(value)) return invalid(field, "the label is not valid UTF-8 or holds a NUL");
      task_.labels.insert_or_assign(key, std::move(value));
    }
    if (task_.labels.size() > labels_max) return invalid("labels", "there are " + std::to_string(task_.labels.size()) + " labels; at most 64 are kept");
    return mistyped(fault_in_labels(*handler_, task_.labels));
  }

  Check metadata() {
    task_.metadata = wish_.metadata.empty() ? handler_->metadata : std::move(wish_.metadata);
    if (task_.metadata.empty()) return std::nullopt;
    if (task_.metadata.size() > small_json_bytes_max) return invalid("metadata", "the metadata has more than 64 KiB; put it into the payload");
    const std::string fault = fault_in_json(task_.metadata);
    if (!fault.empty()) return Refusal{"invalid_json", "metadata", "the metadata is not valid JSON: " + fault};
    return std::nullopt;
  }

  Check keys() {
    if (wish_.external_id && !is_key(*wish_.external_id)) return bad_key("external_id", *wish_.external_id);
    task_.external_id = std::move(wish_.external_id);
    for (const auto check : {&Admission::dedupe, &Admission::concurrency, &Admission::supersede_and_order}) {
      Check refusal = (this->*check)();
      if (refusal) return refusal;
    }
    return std::nullopt;
  }

  Check dedupe() {
    if (!wish_.dedupe) return std::nullopt;
    const std::string key = wish_.dedupe->key.value_or("");
    if (!is_key(key)) return bad_key("dedupe_key", key);
    const auto window = wish_.dedupe->window.value_or(handler_->dedupe.window);
    if (window && *window != store::for_ever && (*window <= store::Millis{0} || *window > longest)) return out_of_range("dedupe_window", *window);
    task_.dedupe = store::Dedupe{key, wish_.dedupe->scope.value_or(handler_->dedupe.scope), window};
    return std::nullopt;
  }

  Check concurrency() {
    const ConcurrencyWish wish = wish_.concurrency.value_or(ConcurrencyWish{});
    const ConcurrencyDefaults& defaults = handler_->concurrency_key;
    if (!wish.key && defaults.key.empty()) {
      if (!wish_.concurrency) return std::nullopt;
      return invalid("concurrency.key", "the concurrency has no key, and the kind \"" + task_.kind + "\" declares none; give one, as in {\"key\":\"account-7\"}");
    }
    store::Concurrency& chosen = task_.concurrency.emplace();
    if (!wish.key)
      if (Check refusal = fill_key(defaults.key, chosen.key)) return refusal;
    if (wish.key) chosen.key = *wish.key;
    chosen.on_conflict = wish.on_conflict.value_or(defaults.on_conflict);
    const bool one = chosen.on_conflict == store::OnConflict::supersede;
    chosen.limit = wish.limit.value_or(one ? 1 : defaults.limit);
    chosen.scope = wish.scope.value_or(defaults.scope);
    if (!is_short_key(chosen.key)) return bad_short_key("concurrency.key", chosen.key);
    if (chosen.limit < 1 || chosen.limit > most_at_once)
      return invalid("concurrency.limit", "concurrency.limit is " + std::to_string(chosen.limit) + "; write 1 to " + std::to_string(most_at_once));
    if (one && chosen.limit != 1)
      return invalid("concurrency.limit", "concurrency.limit is " + std::to_string(chosen.limit) +
                                              ", but with on_conflict supersede the newest task is the only one; leave the limit out");
    return std::nullopt;
  }

  // A declared key may name members of the payload.
  Check fill_key(const std::string& declared, std::string& key) {
    key = declared;
    if (declared.find('{') == std::string::npos) return std::nullopt;
    auto filled = executors::process::arguments_of({"key", declared}, task_.payload);
    if (const auto* rejected = std::get_if<executors::Rejected>(&filled))
      return invalid("concurrency.key", "the key \"" + declared + "\" that the kind declares cannot be filled in: " + rejected->message);
    key = std::get<std::vector<std::string>>(filled).at(1);
    return std::nullopt;
  }

  Check supersede_and_order() {
    if (wish_.supersede_key && !is_short_key(*wish_.supersede_key)) return bad_short_key("supersede_key", *wish_.supersede_key);
    if (wish_.order_key && !is_short_key(*wish_.order_key)) return bad_short_key("order_key", *wish_.order_key);
    if (wish_.supersede_key) task_.supersede_key = std::move(*wish_.supersede_key);
    if (wish_.order_key) task_.order_key = std::move(*wish_.order_key);
    return std::nullopt;
  }

  // What it comes after, and the batch it belongs to. Whether these exist is the store's to say.
  Check company() {
    if (wish_.after.size() > store::after_max)
      return invalid("after", "a task may come after " + std::to_string(store::after_max) + " others, not " + std::to_string(wish_.after.size()) +
                                  "; put them into a batch and enqueue it as the batch's on_success");
    for (const store::AfterTask& one : wish_.after)
      if (one.external_id.size() > key_bytes_max) return invalid("after", "an external id has at most " + std::to_string(key_bytes_max) + " bytes");
    task_.after = std::move(wish_.after);
    task_.after_policy = wish_.after_policy;
    task_.batch = wish_.batch;
    return std::nullopt;
  }

  // What the enqueuer says, else the value of the label that the handler or the queue is shared by.
  Check tenant() {
    if (wish_.fair_key) {
      if (!is_short_key(*wish_.fair_key))
        return invalid("fair_key", "fair_key " + quoted(*wish_.fair_key) + " has " + std::to_string(wish_.fair_key->size()) +
                                       " bytes; write 1 to 256 bytes of UTF-8 without NUL");
      task_.fair_key = std::move(*wish_.fair_key);
      return std::nullopt;
    }
    const Queue* queue = handlers_.find_queue(task_.queue);
    const std::string& label = handler_->fair_by.empty() && queue ? queue->fair_by : handler_->fair_by;
    const auto value = label.empty() ? task_.labels.end() : task_.labels.find(label);
    if (value == task_.labels.end()) return std::nullopt;
    if (!is_short_key(value->second))
      return invalid("labels." + label, "the label is the tenant of the task and has " + std::to_string(value->second.size()) + " bytes; write 1 to 256");
    task_.fair_key = value->second;
    return std::nullopt;
  }

  Check trace() {
    if (!wish_.traceparent.empty() && !is_traceparent(wish_.traceparent))
      return invalid("traceparent", quoted(wish_.traceparent) + " is not a W3C traceparent; write 00-<32 hex>-<16 hex>-<2 hex> or leave it out");
    task_.traceparent = std::move(wish_.traceparent);
    return std::nullopt;
  }

  static bool is_plain_text(std::string_view text) { return executors::is_utf8(text) && text.find('\0') == std::string_view::npos; }
  static bool is_key(std::string_view text) { return !text.empty() && text.size() <= key_bytes_max && is_plain_text(text); }

  static bool is_short_key(std::string_view text) { return is_key(text) && text.size() <= short_key_bytes_max; }

  static Refusal bad_short_key(const char* field, std::string_view value) {
    return invalid(field, std::string{field} + " " + quoted(value) + " has " + std::to_string(value.size()) + " bytes; write 1 to 256 bytes of UTF-8 without NUL");
  }

  static Refusal bad_key(const char* field, std::string_view value) {
    return invalid(field, std::string{field} + " " + quoted(value) + " has " + std::to_string(value.size()) + " bytes; write 1 to 1024 bytes of UTF-8 without NUL");
  }

  static bool is_traceparent(std::string_view text) {
    constexpr std::string_view shape = "xx-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";
    if (text.size() != shape.size() || text.starts_with("ff")) return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
      if (shape[i] == 'x' ? !hex : text[i] != '-') return false;
    }
    const bool no_trace = text.substr(3, 32).find_first_not_of('0') == std::string_view::npos;
    const bool no_span = text.substr(36, 16).find_first_not_of('0') == std::string_view::npos;
    return !no_trace && !no_span;
  }

  const Handlers& handlers_;
  Wish& wish_;
  const store::Timestamp now_;
  const Handler* handler_ = &of_nobody();
  store::NewTask task_{};
};

}  // namespace

std::variant<store::NewTask, Refusal> admit(const Handlers& handlers, Wish wish, store::Timestamp now) {
  Admission admission{handlers, wish, now};
  if (std::optional<Refusal> refusal = admission.all()) return std::move(*refusal);
  return admission.take();
}

std::optional<Refusal> refuse_payload(const Handlers& handlers, std::string_view kind, std::string_view payload) {
  const Handler* found = handlers.find(kind);
  return payload_fault(found ? *found : of_nobody(), kind, payload);
}

bool is_name(std::string_view text) { return made_of(text, "_.:-"); }
bool is_label_key(std::string_view text) { return made_of(text, "-_./"); }

}  // namespace reeve::handlers
