#include "config/environment.hpp"

#include "config/bytes.hpp"
#include "config/source.hpp"
#include "config/values.hpp"

namespace reeve::config {

namespace {

constexpr std::string_view file_prefix = "file:";
constexpr std::size_t secret_bytes_max = 64 << 10;

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

bool is_variable(std::string_view name) {
  if (name.empty() || !is_letter(name[0])) return false;
  for (const char c : name)
    if (!is_letter(c) && !(c >= '0' && c <= '9')) return false;
  return true;
}



// One ${NAME}; `rest` begins behind the "${" and is moved behind the "}".
std::optional<std::string> referenced(Reading& reading, const Node& node, std::string_view& rest) {
  const std::size_t end = rest.find('}');
  const std::string name{rest.substr(0, end)};
  if (end == std::string_view::npos || !is_variable(name)) {
    reading.error(node.place, "\"${\" begins a reference to a variable; write ${NAME}, or $${ for the characters themselves");
    return std::nullopt;
  }
  rest.remove_prefix(end + 1);
  auto value = reading.environment()(name);
  if (!value) reading.error(node.place, "the environment variable " + name + " is not set; set it for reeve, or write the value or file:/path here");
  return value;
}

std::optional<std::string> expanded(Reading& reading, const Node& node) {
  std::string out;
  bool fine = true;
  for (std::string_view rest = node.text; !rest.empty();) {
    if (rest.starts_with("$${")) {
      out += "${";
      rest.remove_prefix(3);
    } else if (rest.starts_with("${")) {
      rest.remove_prefix(2);
      const auto value = referenced(reading, node, rest);
      if (!value && rest.find('}') == std::string_view::npos) return std::nullopt;
      fine = fine && value.has_value();
      out += value.value_or("");
    } else {
      out += rest[0];
      rest.remove_prefix(1);
    }
  }
  if (!fine) return std::nullopt;
  return out;
}

std::optional<std::string> file_content(Reading& reading, const Node& node) {
  const std::string path = reading.resolved(node.text.substr(file_prefix.size()));
  auto source = read_source(path, secret_bytes_max);
  if (const auto* wrong = std::get_if<SourceFault>(&source)) {
    reading.error(node.place, "the file " + shown(path) + " " + wrong->message);
    return std::nullopt;
  }
  SourceText& text = std::get<SourceText>(source);
  if (text.mode & 0006) {
    reading.error(node.place, "the file " + shown(path) + " may be read or written by everybody; chmod 0600 or 0640");
    return std::nullopt;
  }
  if (text.bytes.ends_with('\n')) text.bytes.pop_back();
  if (text.bytes.ends_with('\r')) text.bytes.pop_back();
  return std::move(text.bytes);
}

}  // namespace

std::optional<std::string> read_resolved(Reading& reading, const Node& node) {
  if (!read_text(reading, node)) return std::nullopt;
  auto value = node.text.starts_with(file_prefix) ? file_content(reading, node) : expanded(reading, node);
  if (value && value->find('\0') != std::string::npos) {
    reading.error(node.place, "the value holds a NUL, which nothing it is for can");
    return std::nullopt;
  }
  return value;
}

void read_environment(Reading& reading, const Node& node, std::map<std::string, std::string>& env) {
  if (!is_mapping(reading, node, "variables")) return;
  for (const Entry& entry : node.entries) {
    const Reading::Step step{reading, entry.key};
    if (!is_variable(entry.key)) reading.error(entry.place, "not a name of a variable; write letters, digits and _, a letter first");
    if (entry.key.starts_with("REEVE_")) reading.error(entry.place, "names that begin with REEVE_ are set by reeve; choose another");
    if (auto value = read_resolved(reading, entry.value)) env[entry.key] = std::move(*value);
  }
}

}  // namespace reeve::config
