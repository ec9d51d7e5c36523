// A JSON object being written, member by member; values that are JSON already are taken as they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::cli {

// `text` as a JSON string. Throws UsageError when it is not UTF-8: JSON has no place for other bytes.
[[nodiscard]] std::string quoted(std::string_view text);

class JsonObject {
 public:
  JsonObject& add(std::string_view name, std::string_view text) { return add_raw(name, quoted(text)); }
  JsonObject& add(std::string_view name, std::int64_t number) { return add_raw(name, std::to_string(number)); }
  JsonObject& add(std::string_view name, const std::vector<std::string>& texts);
  JsonObject& add_raw(std::string_view name, std::string_view json);

  [[nodiscard]] bool empty() const { return members_.empty(); }
  [[nodiscard]] std::string text() const { return "{" + members_ + "}"; }

 private:
  std::string members_{};
};

// Nothing: `text` is one JSON value. Otherwise what is wrong and where.
[[nodiscard]] std::string fault_in_json(std::string_view text);

}  // namespace reeve::cli
