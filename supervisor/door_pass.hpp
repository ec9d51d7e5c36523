// From rows that other programs wrote to tasks: each is judged like any enqueue, and becomes a task or is set aside. Runs on the store thread,
// inside a batch; may run more than once.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "store/store.hpp"

namespace reeve::supervisor {

// May the row be enqueued, and as what? Pure; any thread.
using Judge = std::function<std::variant<store::NewTask, store::DoorRefusal>(const store::DoorRow& row, store::Timestamp now)>;

struct Passage {
  int passed = 0;                                // became tasks, or named one that is open already
  bool more = false;                             // there may be further rows
  struct Refused {
    std::string source{};
    std::int64_t row = 0;
    std::string kind{};
    store::DoorRefusal why{};
  };
  std::vector<Refused> refused{};
  std::vector<store::ClaimKey> superseded{};     // attempts that are to be stopped
};

// How many rows, and about how many bytes, are taken in one transaction, so that nothing else waits long.
inline constexpr int door_rows_max = 256;
inline constexpr std::int64_t door_bytes_max = 8 << 20;

// Takes rows out of the inbox.
[[nodiscard]] Passage pass_inbox(store::Store& store, const Judge& judge, store::Timestamp now, int limit = door_rows_max);

// Takes rows of an outbox; those that were taken before are passed over.
[[nodiscard]] Passage pass_rows(store::Store& store, std::span<const store::DoorRow> rows, const Judge& judge, store::Timestamp now);

// A judge who has judged already: for a row that stops the store itself.
[[nodiscard]] Judge refuse_all(std::string why);

}  // namespace reeve::supervisor
