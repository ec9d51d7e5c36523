#include "executors/protocol/sentences.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace reeve::executors::protocol {
namespace {

namespace json = boost::json;

// Valid JSON has line breaks only between its tokens, where a space means the same.
void append_on_one_line(std::string& line, std::string_view bytes) {
  const auto from = line.size();
  line.append(bytes);
  std::replace_if(line.begin() + static_cast<std::ptrdiff_t>(from), line.end(), [](char letter) { return letter == '\n' || letter == '\r'; }, ' ');
}

void append_text(std::string& line, std::string_view name, std::string_view text) {
  line.append(",\"").append(name).append("\":").append(json::serialize(json::string_view(text)));
}

void append_number(std::string& line, std::string_view name, std::int64_t number) {
  line.append(",\"").append(name).append("\":").append(std::to_string(number));
}

void append_labels(std::string& line, const Execution& execution) {
  line += ",\"labels\":{";
  bool first = true;
  for (const auto& [key, value] : execution.labels) {
    if (!std::exchange(first, false)) line += ',';
    line.append(json::serialize(json::string_view(key))).append(":").append(json::serialize(json::string_view(value)));
  }
  line += '}';
}

void append_resources(std::string& line, const Execution& execution) {
  if (execution.resources.empty()) return;
  json::object resources;
  for (const auto& [name, units] : execution.resources) {
    json::array& list = resources[name].emplace_array();
    for (const std::string& unit : units) list.emplace_back(json::string_view(unit));
  }
  line.append(",\"resources\":").append(json::serialize(resources));
}

void append_addressee(std::string& line, Addressee to) {
  append_number(line, "task", to.task);
  append_number(line, "epoch", to.epoch);
}

}  // namespace

std::string task_order(const Execution& execution) {
  std::string line = "{\"type\":\"task\"";
  line.reserve(execution.payload.size() + 384);
  append_addressee(line, {execution.task, execution.epoch});
  append_number(line, "attempt", execution.attempt);
  append_number(line, "max_attempts", execution.max_attempts);
  append_text(line, "kind", execution.kind);
  append_text(line, "queue", execution.queue);
  append_labels(line, execution);
  append_resources(line, execution);
  if (execution.batch != 0) line += ",\"batch\":" + std::to_string(execution.batch);
  if (!execution.metadata.empty()) append_on_one_line(line += ",\"metadata\":", execution.metadata);
  if (!execution.traceparent.empty()) append_text(line, "traceparent", execution.traceparent);
  if (!execution.token.empty()) append_text(line, "token", execution.token);
  line += ",\"payload\":";
  append_on_one_line(line, execution.payload.empty() ? std::string_view("null") : std::string_view(execution.payload));
  return line += "}\n";
}

std::string cancel_notice(Addressee to, StopReason reason, std::chrono::milliseconds grace) {
  std::string line = "{\"type\":\"cancel\"";
  append_addressee(line, to);
  append_text(line, "reason", name(reason));
  append_number(line, "grace_ms", grace.count());
  return line += "}\n";
}

std::string shutdown_notice(std::chrono::milliseconds grace) {
  return "{\"type\":\"shutdown\",\"grace_ms\":" + std::to_string(grace.count()) + "}\n";
}

std::string answer_line(const std::string& id, const Answer& answer, std::optional<StopReason> stop) {
  std::string line = "{";
  if (!id.empty()) line += "\"re\":" + id + ",";
  if (!answer.code.empty()) {
    line += "\"error\":{\"code\":" + json::serialize(json::string_view(answer.code));
    append_text(line, "message", answer.message);
    line += '}';
  } else {
    line += "\"ok\":true";
    if (answer.suspend) line += ",\"suspend\":true";
    if (answer.members.size() > 2) append_on_one_line(line += ',', std::string_view(answer.members).substr(1, answer.members.size() - 2));
  }
  if (stop) append_text(line, "stop", name(*stop));
  return line += "}\n";
}

}  // namespace reeve::executors::protocol
