#include "executors/protocol/raw_json.hpp"

namespace reeve::executors::protocol {
namespace {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  void step() { ++at_; }

  void skip_blanks() {
    while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++at_;
  }

  std::string_view take_string() {   // with its quotes
    const auto start = at_++;
    while (!at_end() && peek() != '"') at_ += peek() == '\\' ? 2 : 1;
    ++at_;
    return text_.substr(start, at_ - start);
  }

  std::string_view take_value() {
    const auto start = at_;
    int depth = 0;
    while (!at_end()) {
      const char next = peek();
      if (next == '"') {
        take_string();
      } else if (depth == 0 && (next == ',' || next == '}' || next == ']')) {
        break;
      } else {
        depth += next == '{' || next == '[' ? 1 : next == '}' || next == ']' ? -1 : 0;
        step();
      }
    }
    auto value = text_.substr(start, at_ - start);
    while (!value.empty() && std::string_view(" \t\r\n").find(value.back()) != std::string_view::npos) value.remove_suffix(1);
    return value;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string_view raw_member(std::string_view text, std::string_view key) {
  std::string_view found;
  Cursor cursor(text);
  cursor.skip_blanks();
  if (cursor.peek() != '{') return found;
  cursor.step();
  for (cursor.skip_blanks(); cursor.peek() == '"'; cursor.skip_blanks()) {
    const auto name = cursor.take_string();
    cursor.skip_blanks();
    cursor.step();   // the colon
    cursor.skip_blanks();
    const auto value = cursor.take_value();
    if (name.size() == key.size() + 2 && name.substr(1, key.size()) == key) found = value;
    cursor.skip_blanks();
    if (cursor.peek() != ',') break;
    cursor.step();
    cursor.skip_blanks();
  }
  return found;
}

}  // namespace reeve::executors::protocol
