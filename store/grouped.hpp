// How a batch runs: all operations in one transaction; one that throws is left out and the others run again from the start. No savepoint is
// paid for on the path where all goes well.
#pragma once

#include <exception>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace reeve::store {

struct Transaction {
  std::function<void()> begin{};
  std::function<void()> rollback{};  // leaves nothing of it; begin() may be called again
  std::function<void()> commit{};
};

// Who has to be told, after the commit, that it was left out.
using Refusals = std::vector<std::pair<Operation*, std::exception_ptr>>;

// Throws StoreError, after a rollback, when the store itself could not do its job: then no operation took effect or is refused.
[[nodiscard]] Refusals run_grouped(Store& store, std::span<Operation* const> operations, const Transaction& transaction);
void tell(const Refusals& refusals);

}  // namespace reeve::store
