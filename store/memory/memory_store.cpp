#include "store/memory/memory_store.hpp"

#include "store/grouped.hpp"
#include "store/memory/reader.hpp"

namespace reeve::store::memory {

void MemoryStore::batch(std::span<Operation* const> operations) {
  Refusals refusals;
  {
    const std::lock_guard<std::mutex> guard(state_.mutex);
    refusals = run_grouped(*this, operations, Transaction{[this] { state_.begin(); }, [this] { state_.rollback(); }, [this] { state_.commit(); }});
  }
  tell(refusals);
}

std::unique_ptr<Reader> MemoryStore::open_reader() { return std::make_unique<MemoryReader>(state_); }

Cursor MemoryStore::last_event() const {
  const std::lock_guard<std::mutex> guard(state_.mutex);
  return Cursor{state_.last_event};
}

}  // namespace reeve::store::memory
