// What is done with the file of a store as a whole, without a daemon: out of it, into it, in place of it.
//
// Only export reads beside a running daemon; the others take the store's lock and refuse with StoreError in_use while somebody has it. What is
// imported or restored is put together in a new file beside the store, checked, and takes its place in one step: until then nothing has
// changed, and afterwards the old file lies beside it.
//
// A store that comes from elsewhere or from earlier may meet attempts that it does not know: those of the store it was taken from. So running
// tasks are given back to their queues and every epoch is raised beyond all that may have been given out: no such attempt can write.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "store/open.hpp"

namespace reeve::store {

// How far it is: rows done, of rows in all.
using Watch = std::function<void(std::int64_t done, std::int64_t all)>;

// Everything, of one moment, line by line without the newline: docs/export.md says what the lines are. Throws what `write` throws.
void export_store(const Options& options, const std::function<void(std::string_view line)>& write, const Watch& watch = {});

struct Arrival {
  std::int64_t tasks = 0;       // that came
  std::int64_t rows = 0;        // import: all lines but the first
  std::int64_t requeued = 0;    // had been running
  std::int64_t cancelled = 0;   // had been running, and their cancel was requested
  std::string kept_aside{};     // where the old file is now; empty: there was none
};

enum class Into { empty_store, any_store };   // any: ids that are there already are refused by name
// All lines or none. `next` gives the next line and false after the last. A line that cannot be taken is named by its number (StoreError
// foreign). Numbers of tasks, events and signals go on above both stores'.
[[nodiscard]] Arrival import_store(const Options& options, Into into, const std::function<bool(std::string& line)>& next, Timestamp now,
                                   const Watch& watch = {});

// Puts a backup in the place of the store. An older one is migrated; a damaged or inconsistent one is refused.
[[nodiscard]] Arrival restore_store(const Options& options, const std::string& backup, Timestamp now);

struct Vacuumed {
  std::int64_t bytes_before = 0;
  std::int64_t bytes_after = 0;
};
// Rewrites the file without its unused space, and so that space is given back by and by from then on.
[[nodiscard]] Vacuumed vacuum_store(const Options& options);

}  // namespace reeve::store
