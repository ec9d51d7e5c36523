// Who of several queues is served next, so that each gets starts in proportion to its weight (start-time fair queueing). Pure.
//
// A queue's place is the count of what it was given, each start the larger the smaller its weight. A queue that wanted nothing for a while
// comes back at the place of the one served last: it gets its share from now on and is not paid for the time before.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace reeve::store {

class Shares {
 public:
  static constexpr int weight_max = 1'000;

  // The smallest is served next.
  [[nodiscard]] std::int64_t place(std::string_view queue) const;
  void started(std::string_view queue, int weight);
  void clear();

 private:
  std::int64_t now_ = 0;                                        // place of the one served last
  std::map<std::string, std::int64_t, std::less<>> next_{};     // of those that are ahead of it
};

}  // namespace reeve::store
