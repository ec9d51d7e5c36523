#include "executors/process/message.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <ctime>

#include "executors/process/raw_json.hpp"
#include "executors/utf8.hpp"

namespace reeve::executors::process {
namespace {

namespace json = boost::json;

constexpr std::array levels{"debug", "info", "warn", "error"};
constexpr std::array not_here{"step.begin", "step.end", "sleep", "signal.take", "signal.wait", "timer", "enqueue", "emit",
                              "should_deliver", "query", "wait_tasks", "get"};
constexpr auto longest_snooze = std::chrono::milliseconds(std::chrono::hours(24 * 365));

// Thrown inside this file only, where a field is not what it must be.
struct Refusal { std::string what; };

class Fields {
 public:
  Fields(const json::object& object, std::string_view line) : object_(object), line_(line) {}

  [[nodiscard]] std::string raw(std::string_view key) const { return std::string(raw_member(line_, key)); }

  [[nodiscard]] std::string text(std::string_view key) const {
    const auto* value = present(key);
    if (value == nullptr) return {};
    if (!value->is_string()) throw Refusal{quoted(key) + " is no string"};
    return std::string(value->get_string());
  }

  [[nodiscard]] std::optional<double> number(std::string_view key) const {
    const auto* value = present(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number()) throw Refusal{quoted(key) + " is no number"};
    const auto result = value->to_number<double>();
    if (!std::isfinite(result)) throw Refusal{quoted(key) + " is not finite"};
    return result;
  }

  [[nodiscard]] std::optional<double> number_within(std::string_view key, double least, double most) const {
    const auto value = number(key);
    return value ? std::optional(std::clamp(*value, least, most)) : value;
  }

  [[nodiscard]] bool truth(std::string_view key, bool otherwise) const {
    const auto* value = present(key);
    if (value == nullptr) return otherwise;
    if (!value->is_bool()) throw Refusal{quoted(key) + " is neither true nor false"};
    return value->get_bool();
  }

  [[nodiscard]] const json::value* present(std::string_view key) const {
    const auto* value = object_.if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

 private:
  static std::string quoted(std::string_view key) { return "\"" + std::string(key) + "\""; }

  const json::object& object_;
  std::string_view line_;
};

constexpr double huge = 1e308;

ProgressReport read_progress(const Fields& fields) {
  ProgressReport report{fields.number_within("percent", 0, 100), fields.number_within("current", 0, huge),
                        fields.number_within("total", 0, huge), fields.text("label"), fields.raw("meta")};
  return report;
}

std::string with_kind(const std::string& kind, const std::string& meta) {
  if (kind.empty()) return meta;
  const std::string head = "{\"kind\":" + json::serialize(json::value(kind));
  return meta.empty() ? head + "}" : head + ",\"meta\":" + meta + "}";
}

LogMessage read_log(const Fields& fields) {
  LogMessage log{{Stream::entry, "info", fields.text("message"), with_kind(fields.text("kind"), fields.raw("meta"))},
                 fields.number_within("percent", 0, 100)};
  const auto level = fields.text("level");
  if (level.empty()) return log;
  if (std::find(levels.begin(), levels.end(), level) == levels.end()) throw Refusal{"\"level\" is none of debug, info, warn, error"};
  log.line.level = level;
  return log;
}

using Moment = std::chrono::system_clock::time_point;

Moment from_milliseconds(double milliseconds) {
  if (milliseconds < 0 || milliseconds > 4e12) throw Refusal{"\"retry_at\" is outside of 1970 to 2096"};
  return Moment(std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds)));
}

Moment from_text(const std::string& text) {
  std::tm parts{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest != nullptr && *rest == '.') {
    do ++rest;
    while (*rest >= '0' && *rest <= '9');
  }
  if (rest == nullptr || std::string_view(rest) != "Z") throw Refusal{"\"retry_at\" is no time such as 2026-01-31T08:00:00Z"};
  return from_milliseconds(static_cast<double>(::timegm(&parts)) * 1000);
}

std::optional<Moment> read_retry_at(const Fields& fields) {
  const auto* value = fields.present("retry_at");
  if (value == nullptr) return std::nullopt;
  return value->is_string() ? from_text(fields.text("retry_at")) : from_milliseconds(*fields.number("retry_at"));
}

SnoozeMessage read_snooze(const Fields& fields) {
  const auto wanted = fields.number("for_ms");
  if (!wanted || *wanted < 0) throw Refusal{"\"for_ms\" of a snooze is no number of milliseconds"};
  const auto bounded = std::min(*wanted, static_cast<double>(longest_snooze.count()));
  return {std::chrono::milliseconds(static_cast<std::int64_t>(bounded))};
}

void check_speaker(const Fields& fields, const Speaker& speaker) {
  const auto task = fields.number("task");
  const auto epoch = fields.number("epoch");
  if (task && *task != static_cast<double>(speaker.task)) throw Refusal{"it speaks for another task"};
  if (epoch && *epoch != static_cast<double>(speaker.epoch)) throw Refusal{"it carries another epoch than the attempt's"};
}

std::string shown(std::string_view line) { return to_utf8(line.substr(0, 80)); }

decltype(Message::body) read_body(const Fields& fields) {
  const auto type = fields.text("type");
  if (type == "progress") return read_progress(fields);
  if (type == "beat" || type == "ready") return SignOfLife{};
  if (type == "log") return read_log(fields);
  if (type == "result") return Terminal(ResultMessage{fields.raw("value")});
  if (type == "error")
    return Terminal(ErrorMessage{fields.text("code"), fields.text("message"), fields.raw("detail"), fields.truth("retry", true),
                                 read_retry_at(fields)});
  if (type == "reject") return Terminal(RejectMessage{fields.text("code"), fields.text("message"), fields.raw("detail")});
  if (type == "snooze") return Terminal(read_snooze(fields));
  if (std::find(not_here.begin(), not_here.end(), type) != not_here.end()) return NotAvailable{type};
  throw Refusal{type.empty() ? "a message without a \"type\"" : "an unknown type \"" + shown(type) + "\""};
}

json::value parse(std::string_view line, boost::system::error_code& error) {
  json::parse_options options;
  options.max_depth = 64;
  return json::parse(line, error, {}, options);
}

std::string refusal_code(const Message& message) { return std::holds_alternative<NotAvailable>(message.body) ? "not_available" : "bad_message"; }

std::string refusal_text(const Message& message) {
  if (const auto* missing = std::get_if<NotAvailable>(&message.body)) return missing->type + " is not available here";
  return std::get<Fault>(message.body).what;
}

}  // namespace

Message understand(std::string_view line, const Speaker& speaker) {
  Message message;
  boost::system::error_code error;
  const auto value = parse(line, error);
  const auto* object = error ? nullptr : value.if_object();
  if (object == nullptr) {
    message.body = Fault{"a line that is no JSON object: " + shown(line)};
    return message;
  }
  const Fields fields(*object, line);
  message.id = fields.raw("id");
  if (message.id.size() > 256) message.id.clear();
  try {
    check_speaker(fields, speaker);
    message.body = read_body(fields);
  } catch (const Refusal& refusal) {
    message.body = Fault{refusal.what + ": " + shown(line)};
  }
  if (std::holds_alternative<NotAvailable>(message.body) && message.id.empty())
    message.body = Fault{"a request without an \"id\": " + shown(line)};
  return message;
}

std::string cancel_notice(StopReason reason, std::chrono::milliseconds grace) {
  return "{\"type\":\"cancel\",\"reason\":\"" + std::string(name(reason)) + "\",\"grace_ms\":" + std::to_string(grace.count()) + "}\n";
}

std::string answer(const Message& message) {
  if (message.id.empty()) return {};
  const std::string head = "{\"re\":" + message.id;
  if (!std::holds_alternative<NotAvailable>(message.body) && !std::holds_alternative<Fault>(message.body)) return head + ",\"ok\":true}\n";
  return head + ",\"error\":{\"code\":\"" + refusal_code(message) + "\",\"message\":" + json::serialize(json::value(refusal_text(message))) +
         "}}\n";
}

}  // namespace reeve::executors::process
