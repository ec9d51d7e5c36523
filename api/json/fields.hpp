// The members of one object of a request, read with the name of the field at hand for every complaint.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "api/json/reader.hpp"
#include "store/time.hpp"

namespace reeve::api {

// One value of a request and where it stands ("retry.base"). Each as_* throws Problem 422 that names the field, what was found and what to
// write.
struct Field {
  std::string name{};
  std::string_view json{};

  [[nodiscard]] bool is_null() const { return type_of(json) == JsonType::null; }
  [[nodiscard]] std::string as_string() const;
  [[nodiscard]] int as_int(std::int64_t least, std::int64_t most) const;
  [[nodiscard]] double as_number() const;
  [[nodiscard]] bool as_bool() const;
  [[nodiscard]] store::Millis as_duration() const;         // "30s"
  [[nodiscard]] store::Timestamp as_time() const;          // RFC 3339
  [[nodiscard]] std::string as_raw(JsonType type) const;   // the bytes, which must be of that type
  [[nodiscard]] std::vector<std::string_view> items() const;
};

class Fields {
 public:
  // `where` is put before the names: "retry." Throws Problem when `object` is not an object.
  Fields(std::string_view object, std::string where = {});

  [[nodiscard]] const std::vector<JsonMember>& members() const { return members_; }
  [[nodiscard]] Field field(const JsonMember& member) const { return {where_ + member.key, member.value}; }
  // For a member that nobody knows.
  [[noreturn]] void refuse_unknown(const JsonMember& member, std::initializer_list<std::string_view> known) const;

 private:
  std::string where_;
  std::vector<JsonMember> members_;
};

}  // namespace reeve::api
