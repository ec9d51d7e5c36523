// What is handed over while no daemon runs: it lies in the inbox of the store until one does.
#pragma once

#include <span>
#include <stdexcept>
#include <string>

#include "cli/compose/locate.hpp"
#include "store/store.hpp"

namespace reeve::cli::compose {

// The daemon would refuse it; what() says why. Nothing was written.
class NotAcceptable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Leaves the rows in the inbox of `store` (as for store_url), all or none. When the store is that of the configuration, they are judged by its
// handlers first. Gives the store's URL. Throws NotAcceptable, BadConfiguration, store::StoreError.
std::string leave_for_later(const std::string& store, const Choices& choices, const Surroundings& around, std::span<const store::DoorRow> rows);

// `reeve outbox init`. Throws store::StoreError.
[[nodiscard]] store::OutboxMade make_outbox(const std::string& path);

}  // namespace reeve::cli::compose
