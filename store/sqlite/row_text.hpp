// A row as one line of JSON, and back: an object of numbers and texts. Bytes that are not UTF-8 are {"base64":"..."}. What is absent is NULL.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reeve::store::sqlite {

void add_text(std::string& line, std::string_view bytes);      // as a string, or as base64
void add_integer(std::string& line, std::int64_t number);
void add_real(std::string& line, double number);               // reads back the same
void add_key(std::string& line, std::string_view key);         // with the comma before it, if one is needed

struct RowField {
  std::string key{};
  std::variant<std::int64_t, double, std::string> value{};
};

// What is wrong with a line; what() does not say which.
class BadLine : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Fields in their order. Null fields are left out. Throws BadLine.
[[nodiscard]] std::vector<RowField> parse_row(std::string_view line);

}  // namespace reeve::store::sqlite
