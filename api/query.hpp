// The query parameters of a request, with names for complaints. Everything throws Problem 400 for a parameter that cannot be read, and for
// one that the route does not know: a misspelt filter must not match everything.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.hpp"
#include "store/reader.hpp"
#include "store/time.hpp"

namespace reeve::api {

inline constexpr int page_default = 50;
inline constexpr int page_max = 1'000;

class Parameters {
 public:
  Parameters(const Query& query, std::initializer_list<std::string_view> known);

  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;               // the last one given
  [[nodiscard]] std::vector<std::string> words(std::string_view name) const;                // repeated or separated by commas
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most) const;
  // One of `words`; the first of them when absent.
  [[nodiscard]] std::string choice(std::string_view name, std::initializer_list<std::string_view> words) const;
  [[nodiscard]] std::optional<bool> flag(std::string_view name) const;
  [[nodiscard]] std::optional<store::Millis> duration(std::string_view name) const;
  // RFC 3339, or a duration before `now`.
  [[nodiscard]] std::optional<store::Timestamp> time(std::string_view name, store::Timestamp now) const;
  [[nodiscard]] std::optional<store::Cursor> cursor(std::string_view name) const;
  [[nodiscard]] int limit(int otherwise = page_default) const;
  [[nodiscard]] const Query& query() const { return query_; }

 private:
  const Query& query_;
};

// A cursor as clients send it back; throws Problem 400 `invalid_cursor`.
[[nodiscard]] store::Cursor parse_cursor(std::string_view name, std::string_view text);

// From `id kind queue state label fingerprint concurrency_key dedupe_key supersede_key order_key since until`.
[[nodiscard]] store::Selector parse_selector(const Parameters& parameters, store::Timestamp now);

}  // namespace reeve::api
