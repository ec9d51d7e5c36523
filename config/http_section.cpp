// with: of a handler whose builtin is http.

#include "config/bytes.hpp"
#include "config/environment.hpp"
#include "config/sections.hpp"
#include "executors/utf8.hpp"

namespace reeve::config {

namespace {

using namespace std::chrono_literals;
using Defaults = HttpDefaults;

constexpr auto any_schema = R"({"type":["object","array","string","number","boolean","null"]})";

// The node as JSON, with the references in its texts resolved.
std::optional<std::string> resolved_json(Reading& reading, const Node& node);

std::optional<std::string> resolved_text(Reading& reading, const Node& node) {
  const auto text = read_resolved(reading, node);
  if (!text) return std::nullopt;
  if (executors::is_utf8(*text)) return json_quoted(*text);
  reading.error(node.place, "the value that is referred to is no UTF-8 text");
  return std::nullopt;
}

std::optional<std::string> resolved_list(Reading& reading, const Node& node) {
  std::string out;
  bool fine = true;
  for (const Node& item : node.items) {
    const auto json = resolved_json(reading, item);
    fine = fine && json;
    out += (out.empty() ? "" : ",") + json.value_or("");
  }
  if (!fine) return std::nullopt;
  return "[" + out + "]";
}

std::optional<std::string> resolved_mapping(Reading& reading, const Node& node) {
  std::string out;
  bool fine = true;
  for (const Entry& entry : node.entries) {
    const Reading::Step step{reading, entry.key};
    const auto json = resolved_json(reading, entry.value);
    fine = fine && json;
    out += (out.empty() ? "" : ",") + json_quoted(entry.key) + ":" + json.value_or("");
  }
  if (!fine) return std::nullopt;
  return "{" + out + "}";
}

std::optional<std::string> resolved_json(Reading& reading, const Node& node) {
  if (node.type == Node::Type::list) return resolved_list(reading, node);
  if (node.type == Node::Type::mapping) return resolved_mapping(reading, node);
  const std::string json = to_json(node);
  return json.starts_with('"') ? resolved_text(reading, node) : json;
}

// A member that is handed on as JSON; `fits` says what is wrong with the node before that.
Field<Defaults> member(std::string_view name, std::string schema, std::string_view why, bool (*fits)(Reading&, const Node&)) {
  const std::string key{name};
  auto read = [key, fits](Reading& reading, const Node& node, Defaults& defaults) {
    if (!fits(reading, node)) return;
    if (const auto json = resolved_json(reading, node)) defaults.add(key, *json);
  };
  return {name, why, std::move(read), std::move(schema)};
}

bool is_filled_text(Reading& reading, const Node& node) { return read_filled_text(reading, node).has_value(); }
bool is_anything(Reading&, const Node&) { return true; }

bool are_headers(Reading& reading, const Node& node) {
  if (!is_mapping(reading, node, "headers")) return false;
  bool fine = true;
  for (const Entry& entry : node.entries) {
    const Reading::Step step{reading, entry.key};
    fine = read_text(reading, entry.value).has_value() && fine;
  }
  return fine;
}

bool are_statuses(Reading& reading, const Node& node) {
  if (node.type == Node::Type::scalar || (node.type == Node::Type::list && !node.items.empty())) return true;
  reading.error(node.place, described(node) + " was found, but statuses are needed; write 200, 2xx, 200-204 or a list of these");
  return false;
}

Field<Defaults> timeout() {
  auto read = [](Reading& reading, const Node& node, Defaults& defaults) {
    if (const auto time = read_duration(reading, node, {1ms, 1h})) defaults.add("timeout", std::to_string(time->count()));
  };
  return {"timeout", "of the whole request, redirects included", read, with_member(duration_schema(), "default", json_quoted("30s"))};
}

Field<Defaults> follow() {
  auto read = [](Reading& reading, const Node& node, Defaults& defaults) {
    if (const auto times = read_integer(reading, node, {0, 10})) defaults.add("follow", std::to_string(*times));
  };
  return {"follow", "how many redirects are followed", read, with_member(integer_schema(0, 10), "default", "0")};
}

}  // namespace

void HttpDefaults::add(const std::string& key, const std::string& value) {
  if (json.empty()) json = "{}";
  json.pop_back();
  json += (json.size() > 1 ? "," : "") + json_quoted(key) + ":" + value + "}";
}

const Table<HttpDefaults>& http_table() {
  static const Table<HttpDefaults> table{
      {
          member("url", text_schema(), "where it is sent; the payload may name another place, but these headers do not go there", is_filled_text),
          member("method", text_schema(), "POST when there is a body, else GET, when left out", is_filled_text),
          member("headers", mapping_schema(text_schema()), "${NAME} and file:/path refer to secrets; those of the payload come on top", are_headers),
          member("body", any_schema, "a text is sent as it is, anything else as JSON", is_anything),
          member("expect", R"({"anyOf":[{"type":["integer","string"]},{"type":"array","items":{"type":["integer","string"]}}]})",
                 "the statuses that are a success; 2xx when left out", are_statuses),
          timeout(),
          follow(),
      },
      {}};
  return table;
}

}  // namespace reeve::config
