#include "store/grouped.hpp"

#include <optional>

namespace reeve::store {
namespace {

// The index of the operation that threw, or nullopt when all ran. StoreErrors pass: they are not the operation's fault.
std::optional<std::size_t> run_all(Store& store, const std::vector<Operation*>& operations, std::exception_ptr& why) {
  for (std::size_t i = 0; i < operations.size(); ++i) {
    try {
      operations[i]->run(store);
    } catch (const StoreError&) {
      throw;
    } catch (...) {
      why = std::current_exception();
      return i;
    }
  }
  return std::nullopt;
}

}  // namespace

Refusals run_grouped(Store& store, std::span<Operation* const> operations, const Transaction& transaction) {
  std::vector<Operation*> wanted(operations.begin(), operations.end());
  Refusals refusals;
  try {
    transaction.begin();
    std::exception_ptr why;
    while (const auto failed = run_all(store, wanted, why)) {
      transaction.rollback();
      refusals.emplace_back(wanted[*failed], why);
      wanted.erase(wanted.begin() + static_cast<std::ptrdiff_t>(*failed));
      transaction.begin();
    }
    transaction.commit();
  } catch (...) {
    transaction.rollback();
    throw;
  }
  return refusals;
}

void tell(const Refusals& refusals) {
  for (const auto& [operation, why] : refusals) operation->refuse(why);
}

}  // namespace reeve::store
