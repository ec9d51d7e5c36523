#include "executors/protocol/message.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "executors/protocol/fields.hpp"
#include "executors/protocol/read_request.hpp"
#include "executors/utf8.hpp"

namespace reeve::executors::protocol {
namespace {

namespace json = boost::json;

constexpr std::array levels{"debug", "info", "warn", "error"};
constexpr std::array kept_names{"emit", "should_deliver", "query"};

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
  LogMessage log;
  log.percent = fields.number_within("percent", 0, 100);
  log.line = OutputLine{Stream::entry, "info", fields.text("message"), with_kind(fields.text("kind"), fields.raw("meta"))};
  const auto level = fields.text("level");
  if (level.empty()) return log;
  if (std::find(levels.begin(), levels.end(), level) == levels.end()) throw Refusal{"\"level\" is none of debug, info, warn, error"};
  log.line.level = level;
  return log;
}

SnoozeMessage read_snooze(const Fields& fields) {
  const auto wanted = fields.duration("for_ms");
  if (!wanted) throw Refusal{"\"for_ms\" of a snooze is no number of milliseconds"};
  return {*wanted};
}

StatusMessage read_status(const Fields& fields) {
  StatusMessage status;
  status.stage = fields.text("stage");
  const std::string actor = json::serialize(json::string_view(fields.text("actor"))), source = json::serialize(json::string_view(fields.text("source")));
  status.meta = with_kind("status", "{\"actor\":" + actor + ",\"source\":" + source + "}");
  const auto state = fields.text("state");
  if (state == "succeeded") status.end = ResultMessage{fields.raw("value")};
  else if (state == "failed") status.end = ErrorMessage{fields.text("code"), fields.text("message"), fields.raw("detail"), true, std::nullopt};
  else if (!state.empty() && state != "running") throw Refusal{"\"state\" is none of running, succeeded, failed"};
  return status;
}

std::string shown(std::string_view line) { return to_utf8(line.substr(0, 80)); }

decltype(Message::body) read_body(const Fields& fields) {
  const auto type = fields.text("type");
  if (type == "progress") return read_progress(fields);
  if (type == "beat") return SignOfLife{};
  if (type == "ready") return Ready{};
  if (type == "log") return read_log(fields);
  if (type == "result") return Terminal(ResultMessage{fields.raw("value")});
  if (type == "error")
    return Terminal(ErrorMessage{fields.text("code"), fields.text("message"), fields.raw("detail"), fields.truth("retry", true),
                                 fields.moment("retry_at")});
  if (type == "reject") return Terminal(RejectMessage{fields.text("code"), fields.text("message"), fields.raw("detail")});
  if (type == "snooze") return Terminal(read_snooze(fields));
  if (type == "suspend") return Terminal(SuspendMessage{});
  if (type == "renew") return LeaseMessage(RenewMessage{fields.duration("lease_ms")});
  if (type == "release") return LeaseMessage(ReleaseMessage{});
  if (type == "status") return LeaseMessage(read_status(fields));
  if (auto request = read_request(type, fields)) return std::move(*request);
  if (std::find(kept_names.begin(), kept_names.end(), type) != kept_names.end()) return NotAvailable{type};
  throw Refusal{type.empty() ? "a message without a \"type\"" : "an unknown type \"" + shown(type) + "\""};
}

json::value parse(std::string_view line, boost::system::error_code& error) {
  json::parse_options options;
  options.max_depth = 64;
  return json::parse(line, error, {}, options);
}

}  // namespace

Message understand(std::string_view line, Channel channel) {
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
    message.task = fields.whole("task");
    message.epoch = fields.whole("epoch");
    message.body = read_body(fields);
  } catch (const Refusal& refusal) {
    message.body = Fault{refusal.what + ": " + shown(line)};
  }
  const bool asks = std::holds_alternative<NotAvailable>(message.body) || std::holds_alternative<Request>(message.body);
  if (asks && message.id.empty() && channel == Channel::stream) message.body = Fault{"a request without an \"id\": " + shown(line)};
  return message;
}

}  // namespace reeve::executors::protocol
