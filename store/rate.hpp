// Token buckets with one number each: how far ahead of the clock the starts have come (the generic cell rate algorithm). Pure.
//
// The number is kept where the starts are kept and written with them, so a rate holds over restarts, and for all who claim together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/time.hpp"

namespace reeve::store {

// On average at most `limit` starts in each `per`; at most `burst` at once after a quiet time.
struct Rate {
  int limit = 1;
  Millis per{1'000};
  int burst = 1;
  bool operator==(const Rate&) const = default;
};

// The starts that come in a tenth of a second, at least one: what a claim must be able to hand out at once to keep up with the rate.
[[nodiscard]] int usual_burst(int limit, Millis per);
// "100/1m"; with ", burst 10" where it is not the usual one.
[[nodiscard]] std::string to_text(const Rate& rate);

class Bucket {
 public:
  // `full_at`: microseconds of UTC, as kept; nullopt: never used. One that lies further ahead than the rate can bring it (the clock was set
  // back, the rate was raised) is taken for an empty bucket; claims write that down (store/rate_book.hpp).
  Bucket(const Rate& rate, std::optional<std::int64_t> full_at, Timestamp now);

  [[nodiscard]] int tokens() const;               // how many may start now
  void take();                                    // one starts
  // When there is a token (again); `now` when there is one.
  [[nodiscard]] Timestamp next() const;
  [[nodiscard]] std::int64_t full_at() const { return full_at_; }
  // Of an empty bucket.
  [[nodiscard]] static std::int64_t latest_full_at(const Rate& rate, Timestamp now);

 private:
  std::int64_t now_;
  std::int64_t interval_;                         // microseconds from token to token, rounded up
  std::int64_t burst_;
  std::int64_t full_at_;                          // when the bucket is full again, if nothing more starts
};

}  // namespace reeve::store
