// Whether bytes that nobody will parse later are JSON that everybody can parse: grammar, UTF-8, depth, and no key twice in one object.
//
// Linear, and nothing of the value is kept: a large payload costs no second copy.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace reeve::handlers {

inline constexpr std::size_t json_depth_max = 32;

struct JsonFault {
  std::size_t offset = 0;        // of the byte where the check gave up
  std::string message{};         // "key \"kind\" appears twice in one object"
};

// Takes a text in pieces, so that a large one can be checked without holding anybody up.
class JsonCheck {
 public:
  JsonCheck();
  ~JsonCheck();
  // False once there is a fault.
  bool take(std::string_view piece);
  [[nodiscard]] std::optional<JsonFault> finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::optional<JsonFault> check_json(std::string_view text);

// The same as words: "nested deeper than 32, at byte 33"; empty when it is sound.
[[nodiscard]] std::string fault_in_json(std::string_view text);

}  // namespace reeve::handlers
