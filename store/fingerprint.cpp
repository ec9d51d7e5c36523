#include "store/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace reeve::store {
namespace {

constexpr char number_mark = '#';
constexpr char quote_mark = '?';
constexpr std::size_t id_least = 16;          // a word this long with several digits is an id
constexpr std::size_t id_digits_least = 3;
constexpr std::size_t hex_word_least = 6;         // as of a short commit
constexpr std::size_t address_most = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_of_word(char c) { return is_digit(c) || is_letter(c) || c == '_'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }

bool has_digit(std::string_view text) { return std::any_of(text.begin(), text.end(), is_digit); }
bool is_all_hex(std::string_view text) { return std::all_of(text.begin(), text.end(), is_hex); }

// One message, from the front to the back; never a byte more than twice but for the quotes that do not end.
class Reading {
 public:
  explicit Reading(std::string_view message) : text_(message) {}

  std::string what_stays() && {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_blank(c)) blank();
      else if (is_quote(c) && take_quoted(c)) continue;
      else if (begins_word() && (take_uuid() || take_address())) continue;
      else if (is_of_word(c)) word();
      else plain(c);
    }
    while (!kept_.empty() && kept_.back() == ' ') kept_.pop_back();
    return std::move(kept_);
  }

 private:
  [[nodiscard]] bool begins_word() const { return at_ == 0 || !is_of_word(text_[at_ - 1]); }

  void blank() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (!kept_.empty() && kept_.back() != ' ') kept_ += ' ';
  }

  void plain(char c) {
    kept_ += c;
    ++at_;
  }

  // From a quote that no word ends with to one that no word goes on after: the apostrophe of "can't" is neither.
  bool take_quoted(char quote) {
    if (!begins_word()) return false;
    std::size_t& none_before = unended_[quote == '"' ? 0 : quote == '\'' ? 1 : 2];
    if (at_ < none_before) return false;
    for (std::size_t end = at_ + 1; end < text_.size() && text_[end] != '\n'; ++end) {
      if (text_[end] != quote || (end + 1 < text_.size() && is_of_word(text_[end + 1]))) continue;
      kept_ += quote_mark;
      at_ = end + 1;
      return true;
    }
    none_before = std::min(text_.find('\n', at_), text_.size());
    return false;
  }

  bool take_uuid() {
    constexpr std::string_view shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    const std::string_view here = text_.substr(at_, shape.size());
    if (here.size() < shape.size() || (at_ + shape.size() < text_.size() && is_of_word(text_[at_ + shape.size()]))) return false;
    for (std::size_t i = 0; i < shape.size(); ++i)
      if (shape[i] == 'x' ? !is_hex(here[i]) : here[i] != '-') return false;
    at_ += shape.size();
    number();
    return true;
  }

  // Of IPv6, of a network card: hexadecimal groups and at least two colons.
  bool take_address() {
    std::size_t end = at_;
    while (end < text_.size() && end - at_ < address_most && (is_hex(text_[end]) || text_[end] == ':')) ++end;
    while (end > at_ && text_[end - 1] == ':' && (end < at_ + 2 || text_[end - 2] != ':')) --end;
    const std::string_view here = text_.substr(at_, end - at_);
    if (std::count(here.begin(), here.end(), ':') < 2 || !has_digit(here) || (end < text_.size() && is_of_word(text_[end]))) return false;
    at_ = end;
    number();
    return true;
  }

  void word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_of_word(text_[at_])) ++at_;
    const std::string_view whole = text_.substr(begin, at_ - begin);
    if (!has_digit(whole)) kept_ += whole;
    else if (is_an_id(whole)) number();
    else part_by_part(whole);
  }

  static bool is_an_id(std::string_view word) {
    if (word.starts_with("0x") || word.starts_with("0X")) return is_all_hex(word.substr(2));
    if (word.size() >= hex_word_least && is_all_hex(word)) return true;
    return word.size() >= id_least && std::count_if(word.begin(), word.end(), is_digit) >= static_cast<std::ptrdiff_t>(id_digits_least);
  }

  // "worker12" keeps its letters; the T and the Z of a time do not count as such.
  void part_by_part(std::string_view word) {
    for (std::size_t i = 0; i < word.size();) {
      if (!is_digit(word[i])) {
        const bool of_time = i > 0 && is_digit(word[i - 1]) && ((word[i] == 'T' && i + 1 < word.size() && is_digit(word[i + 1])) ||
                                                                (word[i] == 'Z' && i + 1 == word.size()));
        if (!of_time) kept_ += word[i];
        ++i;
        continue;
      }
      while (i < word.size() && is_digit(word[i])) ++i;
      number();
    }
  }

  // Numbers with nothing but a separator between them are one: dates, addresses with ports, lists of any length.
  void number() {
    std::string_view before = kept_;
    if (before.ends_with(' ')) before.remove_suffix(1);
    const bool after_comma = before.ends_with(',');
    if (!after_comma) before = kept_;
    if (!before.empty() && std::string_view(".,:;-+/").find(before.back()) != std::string_view::npos) {
      const char separator = before.back();
      before.remove_suffix(1);
      if (before.ends_with(number_mark)) return kept_.resize(before.size());
      const bool is_sign = (separator == '-' || separator == '+') && (before.empty() || before.back() == ' ' || before.back() == '(' || before.back() == '=');
      if (is_sign) kept_.resize(before.size());
    }
    if (!kept_.ends_with(number_mark)) kept_ += number_mark;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::array<std::size_t, 3> unended_{};   // up to where each sort of quote is known not to end
  std::string kept_{};
};

class Fnv {
 public:
  void take(std::string_view bytes) {
    for (const char byte : bytes) one(static_cast<unsigned char>(byte));
    one(0x1f);   // so that parts cannot flow into each other
  }
  [[nodiscard]] std::string digits() const {
    std::string text(16, '0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = "0123456789abcdef"[hash_ >> (60 - 4 * i) & 15];
    return text;
  }

 private:
  void one(unsigned char byte) { hash_ = (hash_ ^ byte) * 0x100000001b3U; }
  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

std::string text_of(const std::optional<int>& number) { return number ? std::to_string(*number) : std::string(); }

}  // namespace

std::string what_stays(std::string_view message) { return Reading(message.substr(0, message_looked_at)).what_stays(); }

std::string_view last_words(const TaskError& error) {
  if (error.code != "exit") return {};
  std::string_view text = error.stderr_tail;
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  const std::size_t end_of_others = text.rfind('\n');
  return end_of_others == std::string_view::npos ? text : text.substr(end_of_others + 1);
}

std::string fingerprint_of(const TaskError& error) {
  Fnv hash;
  hash.take(error.code);
  hash.take(text_of(error.exit_code));
  hash.take(text_of(error.signal));
  hash.take(what_stays(error.message));
  if (error.code == "exit") hash.take(what_stays(last_words(error)));
  return hash.digits();
}

TaskError with_fingerprint(TaskError error) {
  error.fingerprint = fingerprint_of(error);
  return error;
}

bool is_fingerprint(std::string_view text) {
  return text.size() == 16 && std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

}  // namespace reeve::store
