#include "api/json/reader.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>

namespace reeve::api {

namespace json = boost::json;

namespace {

// Hears the events of Boost.JSON's parser and keeps only what finding a repeated key takes.
class KeyHandler {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  std::string repeated{};

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  bool on_object_begin(json::error_code&) {
    objects_.push_back({keys_.size(), bytes_.size()});
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    bytes_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view rest, std::size_t size, json::error_code&) {
    bytes_.append(rest.data(), rest.size());
    keys_.push_back({bytes_.size() - size, size});
    return true;
  }
  bool on_object_end(std::size_t, json::error_code& error) {
    const Mark mark = objects_.back();
    objects_.pop_back();
    const bool unique = all_unique(mark.keys);
    if (!unique) error = json::error::object_too_large;   // any error ends the parse; `repeated` says which
    keys_.resize(mark.keys);
    bytes_.resize(mark.bytes);
    return unique;
  }

 private:
  struct Slice { std::size_t at, size; };
  struct Mark { std::size_t keys, bytes; };

  std::string_view text(Slice key) const { return std::string_view(bytes_).substr(key.at, key.size); }

  // By sorting: no choice of keys makes it slower than that.
  bool all_unique(std::size_t first) {
    const auto less = [this](Slice a, Slice b) { return text(a) < text(b); };
    const auto same = [this](Slice a, Slice b) { return text(a) == text(b); };
    std::sort(keys_.begin() + static_cast<std::ptrdiff_t>(first), keys_.end(), less);
    const auto twice = std::adjacent_find(keys_.begin() + static_cast<std::ptrdiff_t>(first), keys_.end(), same);
    if (twice != keys_.end()) repeated = std::string(text(*twice));
    return twice == keys_.end();
  }

  std::vector<Mark> objects_{};   // of each open object: where its keys begin
  std::vector<Slice> keys_{};
  std::string bytes_{};
};

json::parse_options strict() {
  json::parse_options options;
  options.max_depth = json_depth_max;
  return options;
}

std::string reason(const KeyHandler& handler, const json::error_code& error) {
  if (!handler.repeated.empty()) return "the key \"" + handler.repeated.substr(0, 100) + "\" appears twice in one object";
  if (error == json::error::too_deep) return "nested deeper than " + std::to_string(json_depth_max);
  if (error == json::error::incomplete) return "it ends in the middle";
  return error.message();
}

}  // namespace

class JsonCheck::Impl {
 public:
  bool take(std::string_view piece) {
    if (fault_ || piece.empty()) return !fault_;
    json::error_code error;
    const std::size_t used = parser_.write_some(true, piece.data(), piece.size(), error);
    taken_ += used;
    any_ = true;
    if (!error && used < piece.size()) error = json::error::extra_data;
    if (error) fault_ = JsonFault{taken_, reason(parser_.handler(), error)};
    return !fault_;
  }

  std::optional<JsonFault> finish() {
    if (fault_) return fault_;
    if (!any_) return JsonFault{0, "it is empty"};
    json::error_code error;
    parser_.write_some(false, "", 0, error);
    if (!error && !parser_.done()) error = json::error::incomplete;
    if (error) fault_ = JsonFault{taken_, reason(parser_.handler(), error)};
    return fault_;
  }

 private:
  json::basic_parser<KeyHandler> parser_{strict()};
  std::size_t taken_ = 0;
  bool any_ = false;
  std::optional<JsonFault> fault_{};
};

JsonCheck::JsonCheck() : impl_(std::make_unique<Impl>()) {}
JsonCheck::~JsonCheck() = default;
bool JsonCheck::take(std::string_view piece) { return impl_->take(piece); }
std::optional<JsonFault> JsonCheck::finish() { return impl_->finish(); }

std::optional<JsonFault> check_json(std::string_view text) {
  JsonCheck check;
  check.take(text);
  return check.finish();
}

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;              // a bare value before the bracket of its container
      if (--depth == 0) return at + 1;
    }
    if (depth == 0 && (c == ',' || is_space(c))) return at;
    ++at;
  }
  return at;
}

}  // namespace

std::string_view trimmed_json(std::string_view json) {
  while (!json.empty() && is_space(json.front())) json.remove_prefix(1);
  while (!json.empty() && is_space(json.back())) json.remove_suffix(1);
  return json;
}

JsonType type_of(std::string_view json) {
  json = trimmed_json(json);
  switch (json.empty() ? 'n' : json.front()) {
    case '{': return JsonType::object;
    case '[': return JsonType::array;
    case '"': return JsonType::string;
    case 't':
    case 'f': return JsonType::boolean;
    case 'n': return JsonType::null;
    default: return JsonType::number;
  }
}

std::string_view name(JsonType type) {
  switch (type) {
    case JsonType::object: return "an object";
    case JsonType::array: return "an array";
    case JsonType::string: return "a string";
    case JsonType::number: return "a number";
    case JsonType::boolean: return "true or false";
    case JsonType::null: return "null";
  }
  return "nothing";
}

std::vector<JsonMember> members_of(std::string_view object) {
  object = trimmed_json(object);
  std::vector<JsonMember> members;
  std::size_t at = skip_space(object, 1);
  while (at < object.size() && object[at] == '"') {
    const std::size_t key_end = end_of_string(object, at);
    JsonMember member;
    member.key = string_of(object.substr(at, key_end - at));
    at = skip_space(object, skip_space(object, key_end) + 1);
    const std::size_t end = end_of_value(object, at);
    member.value = object.substr(at, end - at);
    members.push_back(std::move(member));
    at = skip_space(object, end);
    if (object[at] == ',') at = skip_space(object, at + 1);
  }
  return members;
}

std::vector<std::string_view> items_of(std::string_view array) {
  array = trimmed_json(array);
  std::vector<std::string_view> items;
  std::size_t at = skip_space(array, 1);
  while (at < array.size() && array[at] != ']') {
    const std::size_t end = end_of_value(array, at);
    items.push_back(array.substr(at, end - at));
    at = skip_space(array, end);
    if (array[at] == ',') at = skip_space(array, at + 1);
  }
  return items;
}

std::string string_of(std::string_view text) {
  const std::string_view inside = text.substr(1, text.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return std::string(inside);
  const json::value value = json::parse(json::string_view(text.data(), text.size()));
  return std::string(value.get_string().data(), value.get_string().size());
}

std::optional<std::int64_t> integer_of(std::string_view text) {
  std::int64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace reeve::api
