#include "config/schema_text.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <charconv>

#include "config/scalars.hpp"

namespace reeve::config {

namespace {

std::string real(double number) {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  return error == std::errc{} ? std::string(buffer, end) : "0";
}

}  // namespace

std::string json_quoted(std::string_view text) { return boost::json::serialize(boost::json::string{text.data(), text.size()}); }

std::string json_default(const std::string& text) { return text.empty() ? "" : json_quoted(text); }
std::string json_default(store::Millis duration) { return json_quoted(store::to_text(duration)); }
std::string json_default(bool flag) { return flag ? "true" : "false"; }
std::string json_default(double number) { return real(number); }
std::string json_default(std::int64_t number) { return std::to_string(number); }
std::string json_default(int number) { return std::to_string(number); }

std::string json_default(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ",") + json_quoted(text);
  return "[" + out + "]";
}

std::string text_schema() { return R"({"type":["string","number","boolean"]})"; }
std::string texts_schema() { return R"({"type":"array","items":)" + text_schema() + "}"; }
std::string name_schema() { return R"({"type":"string","pattern":"^[A-Za-z0-9_.:-]{1,128}$"})"; }
std::string duration_schema() { return R"({"type":"string","pattern":"^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$"})"; }
std::string size_schema() { return R"({"type":["string","integer"],"pattern":"^[0-9]+(B|KiB|MiB|GiB|TiB)?$","minimum":0})"; }
std::string flag_schema() { return R"({"type":"boolean"})"; }
std::string mode_schema() { return R"({"type":["string","integer"],"pattern":"^0o?[0-7]{2,4}$"})"; }

std::string integer_schema(std::int64_t low, std::int64_t high) {
  return R"({"type":"integer","minimum":)" + std::to_string(low) + R"(,"maximum":)" + std::to_string(high) + "}";
}

std::string number_schema(double low, double high) { return R"({"type":"number","minimum":)" + real(low) + R"(,"maximum":)" + real(high) + "}"; }

std::string words_schema(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "" : ",") + json_quoted(word);
  return R"({"enum":[)" + out + "]}";
}

std::string mapping_schema(const std::string& values) { return R"({"type":"object","additionalProperties":)" + values + "}"; }

std::string with_member(std::string schema, std::string_view member, const std::string& json) {
  if (json.empty()) return schema;
  schema.pop_back();  // the closing brace; a schema is never the empty object
  return schema + "," + json_quoted(member) + ":" + json + "}";
}

}  // namespace reeve::config
