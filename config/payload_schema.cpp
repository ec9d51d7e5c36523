#include "config/payload_schema.hpp"

#include <charconv>
#include <functional>

#include "config/bytes.hpp"
#include "config/values.hpp"

namespace reeve::config {

namespace {

constexpr std::size_t schema_bytes_max = 1 << 20;

// The first step of a JSON Pointer, which is taken off it.
std::string next_step(std::string_view& pointer) {
  pointer.remove_prefix(1);
  const std::string_view raw = pointer.substr(0, pointer.find('/'));
  pointer.remove_prefix(raw.size());
  std::string step;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '~' && i + 1 < raw.size()) step += raw[++i] == '1' ? '/' : '~';
    else step += raw[i];
  }
  return step;
}

// Where in the file the pointer leads; as near as it can be followed.
Place place_within(const Node& node, std::string_view pointer) {
  Place place = node.place;
  const Node* at = &node;
  while (at && !pointer.empty()) {
    const std::string step = next_step(pointer);
    const Node* next = nullptr;
    for (const Entry& entry : at->entries)
      if (entry.key == step) place = entry.place, next = &entry.value;
    std::size_t index = at->items.size();
    std::from_chars(step.data(), step.data() + step.size(), index);
    if (index < at->items.size()) next = &at->items[index], place = next->place;
    at = next;
  }
  return place;
}

using Locate = std::function<std::pair<Place, std::string>(const handlers::SchemaFault&)>;

std::optional<std::shared_ptr<const handlers::JsonSchema>> compiled(Reading& reading, const std::string& json, const Locate& located) {
  handlers::CompiledSchema compiled = handlers::JsonSchema::compile(json);
  for (const handlers::SchemaFault& fault : compiled.errors) {
    const auto [place, where] = located(fault);
    reading.error(place, where + fault.message);
  }
  for (const handlers::SchemaFault& fault : compiled.warnings) {
    const auto [place, where] = located(fault);
    reading.warn(place, where + fault.message);
  }
  if (!compiled.schema) return std::nullopt;
  return std::move(compiled.schema);
}

}  // namespace

std::optional<std::shared_ptr<const handlers::JsonSchema>> read_json_schema(Reading& reading, const Node& node) {
  if (node.type == Node::Type::mapping)
    return compiled(reading, to_json(node), [&node](const handlers::SchemaFault& fault) {
      return std::pair{place_within(node, fault.path), fault.path.empty() ? std::string{} : shown(fault.path) + " "};
    });
  if (node.type != Node::Type::scalar) {
    reading.error(node.place, described(node) + " was found, but a schema is needed; write a mapping, or the path of a JSON file");
    return std::nullopt;
  }
  const auto path = read_path(reading, node);
  if (!path) return std::nullopt;
  auto source = reading.sources().read(Role::schema, *path, schema_bytes_max);
  if (const auto* wrong = std::get_if<SourceFault>(&source)) {
    reading.error(node.place, "the file " + shown(*path) + " " + wrong->message);
    return std::nullopt;
  }
  return compiled(reading, std::get<SourceText>(source).bytes, [&node, &path](const handlers::SchemaFault& fault) {
    return std::pair{node.place, shown(*path) + "#" + shown(fault.path) + " "};
  });
}

}  // namespace reeve::config
