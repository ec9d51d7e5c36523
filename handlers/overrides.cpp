#include "handlers/overrides.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <functional>

#include "handlers/json_check.hpp"
#include "handlers/nearest.hpp"

namespace reeve::handlers {

namespace {

namespace json = boost::json;

constexpr std::int64_t longest_ms = 100LL * 366 * 24 * 3'600'000;  // a hundred years
constexpr std::size_t argument_bytes_max = 128 << 10;               // the kernel's limit for one string of execve

// ------------------------------------------------------------------------------------------- one member: its check and its effect

// What overrides change, in a shape that a member can write into.
struct Draft {
  Handler handler{};
  executors::ProcessSpec process{};
};

struct Member {
  std::string_view name;
  bool command_only;
  std::function<std::string(const json::value&)> fault;  // "must be ..."; empty: legal
  std::function<void(const json::value&, Draft&)> apply; // only legal values
};

std::string text_of(const json::value& value) { return std::string{value.as_string().c_str(), value.as_string().size()}; }

bool is_text(const json::value& value) { return value.is_string() && text_of(value).find('\0') == std::string::npos; }

std::function<std::string(const json::value&)> whole_number(std::int64_t low, std::int64_t high) {
  return [low, high](const json::value& value) -> std::string {
    const auto* number = value.if_int64();
    if (number && low <= *number && *number <= high) return {};
    return "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high);
  };
}

template <class Word>
using Words = std::vector<std::pair<std::string_view, Word>>;

template <class Word>
const Word* find_word(const Words<Word>& words, const json::value& value) {
  if (!value.is_string()) return nullptr;
  for (const auto& [text, word] : words)
    if (text == text_of(value)) return &word;
  return nullptr;
}

template <class Word>
std::function<std::string(const json::value&)> one_of(Words<Word> words) {
  return [words = std::move(words)](const json::value& value) -> std::string {
    if (find_word(words, value)) return {};
    std::string known;
    for (const auto& word : words) known += (known.empty() ? "" : ", ") + std::string{word.first};
    return "must be one of " + known;
  };
}

const Words<Backoff> backoffs{{"fixed", Backoff::fixed}, {"linear", Backoff::linear}, {"exponential", Backoff::exponential}};
const Words<Jitter> jitters{{"full", Jitter::full}, {"none", Jitter::none}, {"ratio", Jitter::ratio}};

std::string fault_in_command(const json::value& value) {
  const std::string wanted = "must be a list of strings, the program first";
  if (!value.is_array() || value.as_array().empty()) return wanted;
  for (const json::value& part : value.as_array()) {
    if (!is_text(part)) return wanted;
    if (part.as_string().size() > argument_bytes_max) return "has an argument of more than 128 KiB; hand large data over in the payload";
  }
  return value.as_array()[0].as_string().empty() ? "must name a program first" : "";
}

bool is_variable(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  if (name.empty() || !letter(name[0])) return false;
  for (const char c : name)
    if (!letter(c) && !(c >= '0' && c <= '9')) return false;
  return true;
}

std::string fault_in_env(const json::value& value) {
  if (!value.is_object()) return "must be an object of strings";
  for (const auto& [key, entry] : value.as_object()) {
    const std::string name{key.data(), key.size()};
    if (!is_variable(name)) return "has a name that no variable can have: \"" + name + "\"";
    if (name.starts_with("REEVE_")) return "sets " + name + ", but names that begin with REEVE_ are reserved";
    if (!is_text(entry)) return "must be an object of strings, but " + name + " is something else";
    if (entry.as_string().size() > argument_bytes_max) return "has more than 128 KiB in " + name + "; hand large data over in the payload";
  }
  return {};
}

std::string fault_in_cwd(const json::value& value) {
  const bool fine = is_text(value) && text_of(value).starts_with('/') && value.as_string().size() < 4096;
  return fine ? "" : "must be an absolute path";
}

std::string fault_in_codes(const json::value& value) {
  if (!value.is_array()) return "must be a list of error codes";
  for (const json::value& code : value.as_array())
    if (!is_text(code) || code.as_string().empty() || code.as_string().size() > 128) return "must be a list of error codes";
  return {};
}

std::vector<std::string> codes_of(const json::value& value) {
  std::vector<std::string> codes;
  for (const json::value& code : value.as_array()) codes.push_back(text_of(code));
  return codes;
}

std::string fault_in_factor(const json::value& value) {
  const bool fine = value.is_number() && value.to_number<double>() >= 1 && value.to_number<double>() <= 1000;
  return fine ? "" : "must be a number from 1 to 1000";
}

store::Millis millis_of(const json::value& value) { return store::Millis{value.as_int64()}; }

// ------------------------------------------------------------------------------------------------------------------- the tables

const std::vector<Member>& retry_members() {
  static const std::vector<Member> members{
      {"backoff", false, one_of(backoffs), [](const json::value& v, Draft& d) { d.handler.retry.backoff = *find_word(backoffs, v); }},
      {"base_ms", false, whole_number(0, longest_ms), [](const json::value& v, Draft& d) { d.handler.retry.base = millis_of(v); }},
      {"max_ms", false, whole_number(0, longest_ms), [](const json::value& v, Draft& d) { d.handler.retry.max = millis_of(v); }},
      {"factor", false, fault_in_factor, [](const json::value& v, Draft& d) { d.handler.retry.factor = v.to_number<double>(); }},
      {"jitter", false, one_of(jitters), [](const json::value& v, Draft& d) { d.handler.retry.jitter = *find_word(jitters, v); }},
      {"retry_on", false, fault_in_codes, [](const json::value& v, Draft& d) { d.handler.retry.retry_on = codes_of(v); }},
      {"reject_on", false, fault_in_codes, [](const json::value& v, Draft& d) { d.handler.retry.reject_on = codes_of(v); }},
  };
  return members;
}

std::string fault_in_members(const json::value& value, const std::vector<Member>& members, std::string_view kind, const std::string& path);
void apply_members(const json::value& value, const std::vector<Member>& members, Draft& draft);

void apply_command(const json::value& value, Draft& draft) {
  draft.process.command.clear();
  for (const json::value& part : value.as_array()) draft.process.command.push_back(text_of(part));
}

void apply_env(const json::value& value, Draft& draft) {
  for (const auto& [name, text] : value.as_object()) draft.process.env[std::string{name.data(), name.size()}] = text_of(text);
}

const std::vector<Member>& all_members() {
  static const std::vector<Member> members{
      {"command", true, fault_in_command, apply_command},
      {"cwd", true, fault_in_cwd, [](const json::value& v, Draft& d) { d.process.cwd = text_of(v); }},
      {"env", true, fault_in_env, apply_env},
      {"timeout_ms", false, whole_number(1, longest_ms), [](const json::value& v, Draft& d) { d.handler.timeout = millis_of(v); }},
      {"stop_grace_ms", false, whole_number(0, longest_ms), [](const json::value& v, Draft& d) { d.handler.stop_grace = millis_of(v); }},
      {"watchdog_ms", false, whole_number(1, longest_ms), [](const json::value& v, Draft& d) { d.handler.watchdog = millis_of(v); }},
      {"retry", false, {}, {}},  // an object of its own
  };
  return members;
}

std::vector<std::string_view> names_of(const std::vector<Member>& members) {
  std::vector<std::string_view> names;
  for (const Member& member : members) names.push_back(member.name);
  return names;
}

const Member* find_member(const std::vector<Member>& members, std::string_view name) {
  for (const Member& member : members)
    if (member.name == name) return &member;
  return nullptr;
}

// ----------------------------------------------------------------------------------------------------------------- the two walks

std::string fault_in_member(const Member& member, const json::value& value, std::string_view kind, const std::string& path) {
  if (member.command_only && kind != command_kind)
    return path + " can only be set for the kind " + std::string{command_kind} + "; a declared handler's is in the configuration";
  if (!member.fault) return fault_in_members(value, retry_members(), kind, path + ".");
  const std::string fault = member.fault(value);
  return fault.empty() ? "" : path + " " + fault;
}

std::string fault_in_members(const json::value& value, const std::vector<Member>& members, std::string_view kind, const std::string& path) {
  if (!value.is_object()) return (path.empty() ? "overrides" : path.substr(0, path.size() - 1)) + " must be an object";
  for (const auto& [key, entry] : value.as_object()) {
    const std::string name{key.data(), key.size()};
    const Member* member = find_member(members, name);
    if (!member) return "overrides have no member \"" + path + name + "\"" + did_you_mean(name, names_of(members));
    std::string fault = fault_in_member(*member, entry, kind, path + name);
    if (!fault.empty()) return fault;
  }
  return {};
}

void apply_members(const json::value& value, const std::vector<Member>& members, Draft& draft) {
  if (!value.is_object()) return;
  for (const auto& [key, entry] : value.as_object()) {
    const Member* member = find_member(members, std::string_view{key.data(), key.size()});
    if (!member) continue;
    if (!member->fault) apply_members(entry, retry_members(), draft);
    else if ((!member->command_only || draft.handler.kind == command_kind) && member->fault(entry).empty()) member->apply(entry, draft);
  }
}

std::optional<json::value> parsed(std::string_view text) {
  json::error_code error;
  json::parse_options options;
  options.max_depth = json_depth_max;
  json::value value = json::parse({text.data(), text.size()}, error, {}, options);
  if (error) return std::nullopt;
  return value;
}

// base above max is no fault of the task that lowered only one of them.
void reconcile(Handler& handler) {
  if (handler.retry.max < handler.retry.base) handler.retry.base = handler.retry.max;
  if (handler.timeout && handler.soft_timeout && *handler.soft_timeout >= *handler.timeout) handler.soft_timeout.reset();
}

}  // namespace

std::string fault_in_overrides(std::string_view json_text, std::string_view kind) {
  std::string fault = fault_in_json(json_text);
  if (!fault.empty()) return "overrides are not valid JSON: " + fault;
  const std::optional<json::value> value = parsed(json_text);
  if (!value) return "overrides are not valid JSON";
  return fault_in_members(*value, all_members(), kind, "");
}

Handler with_overrides(const Handler& handler, std::string_view json_text) {
  if (json_text.empty()) return handler;
  const std::optional<json::value> value = parsed(json_text);
  if (!value) return handler;
  Draft draft{handler, handler.process ? *handler.process : executors::ProcessSpec{}};
  apply_members(*value, all_members(), draft);
  reconcile(draft.handler);
  if (handler.kind == command_kind) draft.handler.process = std::make_shared<const executors::ProcessSpec>(std::move(draft.process));
  return std::move(draft.handler);
}

}  // namespace reeve::handlers
