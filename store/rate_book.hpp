// By which rates buckets are counted, as the last claims said: so that a change is noticed, and what was used up by another rate, or by a clock
// that has been set back since, is cut to what the rate of now can bring. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "store/rate.hpp"
#include "store/reader.hpp"

namespace reeve::store {

class RateBook {
 public:
  // A claim begins. After a step back of the clock everything is news.
  void claim_at(Timestamp now) {
    if (latest_ && now < *latest_) known_.clear();
    latest_ = now;
  }

  // True: buckets of this name (Of::key: of all keys of this kind) are to be cut, and who waits for a token looked at again.
  [[nodiscard]] bool is_news(RateRow::Of of, const std::string& name, const std::optional<Rate>& rate) {
    const auto [known, fresh] = known_.try_emplace({of, name}, rate);
    if (!fresh && known->second == rate) return false;
    known->second = rate;
    return true;
  }

  // What was written since may have been taken back.
  void forget() { known_.clear(); }

 private:
  std::map<std::pair<RateRow::Of, std::string>, std::optional<Rate>> known_{};
  std::optional<Timestamp> latest_{};
};

}  // namespace reeve::store
