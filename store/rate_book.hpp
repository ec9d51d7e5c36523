// By which rates buckets are counted, as the last claims said: so that a change is noticed, and what was used up by another rate, or by a clock
// that has been set back since, is cut to what the rate of now can bring. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
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
  [[nodiscard]] bool is_news(RateRow::Of of, std::string_view name, const std::optional<Rate>& rate) {
    const auto known = known_.find(View(of, name));
    if (known != known_.end() && known->second == rate) return false;
    if (known != known_.end()) known->second = rate;
    else known_.emplace(Name(of, name), rate);
    return true;
  }

  // What was written since may have been taken back.
  void forget() { known_.clear(); }

 private:
  using Name = std::pair<RateRow::Of, std::string>;
  using View = std::pair<RateRow::Of, std::string_view>;
  // Each claim asks for every kind and queue: no name is copied for that. (std::less<> would do, but for clang 14.)
  struct Less {
    using is_transparent = void;
    bool operator()(const View& one, const View& other) const { return one < other; }
  };
  std::map<Name, std::optional<Rate>, Less> known_{};
  std::optional<Timestamp> latest_{};
};

}  // namespace reeve::store
