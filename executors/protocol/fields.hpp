// The members of one message, each read as what it must be. Used while a message is understood and no longer.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "executors/request.hpp"

namespace reeve::executors::protocol {

// Thrown where a member is not what it must be; caught where a message is understood.
struct Refusal { std::string what; };

class Fields {
 public:
  Fields(const boost::json::object& object, std::string_view line) : object_(object), line_(line) {}

  [[nodiscard]] std::string raw(std::string_view key) const;            // its JSON bytes as they were written; empty: absent
  [[nodiscard]] std::string text(std::string_view key) const;           // empty: absent or null
  [[nodiscard]] std::string name(std::string_view key) const;           // a text of at most 256 bytes
  [[nodiscard]] std::optional<double> number(std::string_view key) const;   // finite
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view key) const;
  [[nodiscard]] std::optional<double> number_within(std::string_view key, double least, double most) const;
  [[nodiscard]] bool truth(std::string_view key, bool otherwise) const;
  [[nodiscard]] std::optional<Moment> moment(std::string_view key) const;   // RFC 3339 in UTC, or milliseconds since 1970
  [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view key) const;
  [[nodiscard]] const boost::json::value* present(std::string_view key) const;   // nullptr: absent or null

 private:
  const boost::json::object& object_;
  std::string_view line_;
};

[[nodiscard]] std::string quoted(std::string_view key);

}  // namespace reeve::executors::protocol
