// How many bodies may start: the limits, and what runs against them.
//
// Counted from the bodies that run, never from a stored number that could drift. The same counts explain why a task waits.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "handlers/handler.hpp"
#include "store/store.hpp"

namespace reeve::supervisor {

// What may be claimed now. No kinds, or no limit left: nothing.
struct Rooms {
  int limit = 0;
  std::vector<store::KindRoom> kinds{};
  std::vector<store::QueueRoom> queues{};
  // Some kind or queue has less room than the whole: a claim that comes back short may have left due work behind.
  bool restricted = false;
};

class Admission {
 public:
  explicit Admission(int concurrency) : concurrency_(concurrency) {}

  void set_concurrency(int concurrency) { concurrency_ = concurrency; }
  // How many more bodies of the kind its executor could begin; nullopt: as many as the limits allow. Each that is started takes one of it until
  // it is told anew. True: there is more than there was.
  [[nodiscard]] bool set_room(std::string_view kind, std::optional<int> room);
  // Forgets the rooms of kinds that are declared no longer.
  void keep_rooms_of(const handlers::Handlers& handlers);
  void started(std::string_view kind, std::string_view queue);
  void ended(std::string_view kind, std::string_view queue);

  // `resources`: what is free of each.
  [[nodiscard]] Rooms rooms(const handlers::Handlers& handlers, const std::vector<store::Room>& resources = {}) const;
  [[nodiscard]] std::optional<int> room_of_kind(std::string_view kind) const;
  [[nodiscard]] int running() const { return running_; }
  [[nodiscard]] int running_of_kind(std::string_view kind) const;
  [[nodiscard]] int running_in_queue(std::string_view queue) const;
  [[nodiscard]] int concurrency() const { return concurrency_; }

 private:
  using Counts = std::map<std::string, int, std::less<>>;
  int concurrency_;
  int running_ = 0;
  Counts kinds_{};
  Counts queues_{};
  Counts offered_{};                           // kinds whose executors limit their room
};

}  // namespace reeve::supervisor
