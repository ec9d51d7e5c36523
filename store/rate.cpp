#include "store/rate.hpp"

#include <algorithm>

namespace reeve::store {

namespace {

std::int64_t micros(Timestamp at) { return to_ms(at) * 1'000; }

std::int64_t interval_of(const Rate& rate) { return (rate.per.count() * 1'000 + rate.limit - 1) / rate.limit; }

}  // namespace

int usual_burst(int limit, Millis per) {
  if (per <= Millis{100}) return limit;
  return std::max(1, static_cast<int>(std::int64_t{limit} * 100 / per.count()));
}

std::string to_text(const Rate& rate) {
  std::string text = std::to_string(rate.limit) + "/" + to_text(rate.per);
  if (rate.burst != usual_burst(rate.limit, rate.per)) text += ", burst " + std::to_string(rate.burst);
  return text;
}

Bucket::Bucket(const Rate& rate, std::optional<std::int64_t> full_at, Timestamp now)
    : now_(micros(now)), interval_(interval_of(rate)), burst_(rate.burst) {
  full_at_ = std::clamp(full_at.value_or(now_), now_, latest_full_at(rate, now));
}

std::int64_t Bucket::latest_full_at(const Rate& rate, Timestamp now) { return micros(now) + rate.burst * interval_of(rate); }

int Bucket::tokens() const { return static_cast<int>((now_ + burst_ * interval_ - full_at_) / interval_); }

void Bucket::take() { full_at_ += interval_; }

Timestamp Bucket::next() const {
  const std::int64_t at = std::max(now_, full_at_ - (burst_ - 1) * interval_);
  return from_ms((at + 999) / 1'000);
}

}  // namespace reeve::store
