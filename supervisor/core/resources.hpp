// Named resources: how many there are, and which body holds which.
//
// Counted from the bodies that run, like everything else that is limited: a unit is free again when no process of its body is left.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/rooms.hpp"
#include "supervisor/options.hpp"

namespace reeve::supervisor {

// By resource, the units that one body holds.
using Granted = std::map<std::string, std::vector<std::string>>;

class Resources {
 public:
  explicit Resources(std::vector<Resource> declared) : declared_(std::move(declared)) {}

  // What is held stays held, also when there is less of it now.
  void declare(std::vector<Resource> declared) { declared_ = std::move(declared); }
  // How many are free of each.
  [[nodiscard]] std::vector<store::Room> rooms() const;
  // The first free units of each; nullopt, and nothing is taken, when there are not enough.
  [[nodiscard]] std::optional<Granted> take(const std::vector<store::Room>& needs);
  void give_back(const Granted& granted);
  [[nodiscard]] const std::vector<Resource>& declared() const { return declared_; }

 private:
  [[nodiscard]] int room(const Resource& resource) const;
  std::vector<Resource> declared_;
  std::set<std::pair<std::string, std::string>> held_{};   // resource, unit
};

}  // namespace reeve::supervisor
