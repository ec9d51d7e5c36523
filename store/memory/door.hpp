// The inbox of the memory store. No other program reaches it; the daemon itself may leave something there.
#pragma once

#include "store/door.hpp"
#include "store/memory/state.hpp"

namespace reeve::store::memory {

class MemoryDoor final : public Door {
 public:
  explicit MemoryDoor(State& state) : state_(state) {}
  std::int64_t leave(std::string_view kind, std::string_view payload, std::string_view options, Timestamp now) override;
  std::vector<DoorRow> waiting(int limit, std::int64_t bytes) override;
  void passed(const DoorRow& row, Timestamp now) override;
  void refuse(const DoorRow& row, const DoorRefusal& why, Timestamp now) override;
  std::vector<std::string> known(std::span<const DoorRow> rows) override;
  void forget(std::span<const std::string> tokens) override;

 private:
  State& state_;
};

}  // namespace reeve::store::memory
