// Writes JSON text from the front to the back.
//
// Bytes that are JSON already (payloads, results) are spliced in as they are. Doubles have the shortest text that reads back the same and
// never an exponent where none is needed. Strings come out as one line that is safe to print: control characters, line separators and
// bidirectional overrides are escaped, bytes that are not UTF-8 become U+FFFD.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/time.hpp"

namespace reeve::api {

class JsonWriter {
 public:
  JsonWriter() { text_.reserve(512); }

  JsonWriter& open_object() { return punctuate('{'); }
  JsonWriter& close_object() { text_ += '}'; return *this; }
  JsonWriter& open_array() { return punctuate('['); }
  JsonWriter& close_array() { text_ += ']'; return *this; }
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool flag);
  JsonWriter& value(double number);
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(int number) { return value(std::int64_t{number}); }
  JsonWriter& value(store::Timestamp at);
  JsonWriter& raw(std::string_view json);        // JSON bytes, spliced in unchanged

  template <class Value>
  JsonWriter& member(std::string_view name, const Value& what) {
    key(name);
    return value(what);
  }
  // An array of texts; left out when there is none.
  JsonWriter& words(std::string_view name, const std::vector<std::string>& all);
  // Absent values are left out.
  template <class Value>
  JsonWriter& member(std::string_view name, const std::optional<Value>& what) {
    if (what) member(name, *what);
    return *this;
  }
  JsonWriter& text_member(std::string_view name, std::string_view text) { return text.empty() ? *this : member(name, text); }
  JsonWriter& raw_member(std::string_view name, std::string_view json) { return json.empty() ? *this : key(name).raw(json); }

  [[nodiscard]] std::size_t size() const { return text_.size(); }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  JsonWriter& punctuate(char open);
  void comma();

  std::string text_{};
};

[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace reeve::api
