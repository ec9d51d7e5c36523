#include "config/bundle.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace reeve::config {

namespace json = boost::json;

namespace {

constexpr std::array roles{std::pair{Role::main, "main"}, std::pair{Role::include, "include"}, std::pair{Role::schema, "schema"}};

const char* word_of(Role role) {
  for (const auto& [known, word] : roles)
    if (known == role) return word;
  return "";
}

std::optional<Role> role_called(std::string_view word) {
  for (const auto& [role, known] : roles)
    if (known == word) return role;
  return std::nullopt;
}

std::optional<std::string> text_in(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::optional(std::string(value->get_string())) : std::nullopt;
}

std::optional<BundledFile> file_in(const json::value& value) {
  if (!value.is_object()) return std::nullopt;
  const auto word = text_in(value.get_object(), "role");
  const auto role = word ? role_called(*word) : std::nullopt;
  auto name = text_in(value.get_object(), "name");
  auto text = text_in(value.get_object(), "text");
  if (!role || !name || name->empty() || !text) return std::nullopt;
  return BundledFile{*role, std::move(*name), std::move(*text)};
}

}  // namespace

std::string to_json(const Bundle& bundle) {
  json::array files;
  for (const BundledFile& file : bundle) files.push_back(json::object{{"role", word_of(file.role)}, {"name", file.name}, {"text", file.text}});
  return json::serialize(json::object{{"files", std::move(files)}});
}

std::optional<Bundle> bundle_in(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const json::value* files = !error && value.is_object() ? value.get_object().if_contains("files") : nullptr;
  if (!files || !files->is_array()) return std::nullopt;
  Bundle bundle;
  for (const json::value& each : files->get_array()) {
    auto file = file_in(each);
    if (!file || bundle.empty() != (file->role == Role::main)) return std::nullopt;
    bundle.push_back(std::move(*file));
  }
  if (bundle.empty()) return std::nullopt;
  return bundle;
}

}  // namespace reeve::config
