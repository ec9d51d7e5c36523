// What a claim may take: the limits as they stand at the moment it is asked for.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/rate.hpp"
#include "store/time.hpp"

namespace reeve::store {

inline constexpr int no_limit = std::numeric_limits<int>::max();

// So many of what is called `name`.
struct Room {
  std::string name{};
  int room = 0;
  bool operator==(const Room&) const = default;
};

// At most `room` tasks of the kind, no faster than the rate; each takes what it needs of the named resources.
struct KindRoom {
  std::string name{};
  int room = 0;
  std::optional<Rate> rate{};
  std::vector<Room> needs{};
  std::optional<Rate> key_rate{};    // of the tasks with one concurrency key, each key by itself; those without are not limited by it
  std::vector<std::string> also{};   // other names of the kind; tasks of all its names are counted together
  bool operator==(const KindRoom&) const = default;
};
[[nodiscard]] bool is_called(const KindRoom& room, std::string_view name);

// At most `room` tasks of the queue, no faster than the rate. As soon as one queue of a claim has a weight, all queues share what is started
// in proportion to their weights, 1 where none is given. `ageing`: see ClaimRequest.
struct QueueRoom {
  std::string name{};
  int room = no_limit;
  std::optional<Rate> rate{};
  std::optional<int> weight{};
  std::optional<Millis> ageing{};
  bool operator==(const QueueRoom&) const = default;
};

}  // namespace reeve::store
