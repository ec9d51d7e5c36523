// Bytes of unknown origin as UTF-8. Lives here because executors are the first to meet what handlers print; everybody above uses it too.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace reeve::executors {

struct Utf8Character {
  std::size_t length = 0;   // 1 to 4 bytes; 0: the bytes begin with no character
  char32_t point = 0;
};

// The character that `bytes`, which are not empty, begin with. Surrogates, overlong forms and what lies above U+10FFFF are no characters
// (the table of well-formed sequences in the Unicode standard, chapter 3).
[[nodiscard]] Utf8Character utf8_character(std::string_view bytes);

[[nodiscard]] bool is_utf8(std::string_view bytes);

// Each byte that belongs to no character becomes U+FFFD.
[[nodiscard]] std::string to_utf8(std::string_view bytes);

// Without the beginning of a character that was cut at the end; what is wrong elsewhere stays.
[[nodiscard]] std::string_view whole_characters(std::string_view bytes);

// The last `limit` bytes of it, beginning with a whole character.
[[nodiscard]] std::string utf8_tail(std::string_view bytes, std::size_t limit);

}  // namespace reeve::executors
