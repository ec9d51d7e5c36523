// The door for programs that do not speak HTTP: they write what they want enqueued into a table, in a transaction of their own.
//
// There are two such tables. `reeve_inbox` lies in the store itself; `reeve_outbox` lies in an application's own database file. Both have the
// same columns. Whoever takes rows in has them judged first (the store knows no handlers), enqueues what may be enqueued, and tells the store
// with passed() or refuse() in the same batch; so a row becomes a task exactly once, or is set aside with the reason, and never in between.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/task.hpp"

namespace reeve::store {

// What lies in the store's own inbox comes from here.
inline constexpr std::string_view inbox_source = "inbox";

// One row, as somebody wrote it: nothing in it has been judged.
struct DoorRow {
  std::int64_t id = 0;
  std::string source{inbox_source};          // or the path of the outbox
  std::string token{};                       // of a row of an outbox: names it for ever; empty in the inbox
  std::string kind{};
  std::string payload = "null";
  std::string options = "{}";                // an object: the other members of a task as POST /v1/tasks takes them
  std::optional<Timestamp> written_at{};
  std::string fault{};                       // why it cannot even be read; empty: it can
  bool operator==(const DoorRow&) const = default;
};

// The row as one task in JSON, its payload byte for byte.
[[nodiscard]] std::string task_text(const DoorRow& row);

// Why a row is no task. `code` is a stable word.
struct DoorRefusal {
  std::string code{};
  std::string message{};
  bool operator==(const DoorRefusal&) const = default;
};

// A row that was set aside; it stays until somebody deletes it.
struct RefusedRow {
  std::int64_t id = 0;
  std::string source{};
  std::int64_t row = 0;                      // its number where it came from
  std::string kind{};
  std::string payload{};
  std::string options{};
  DoorRefusal why{};
  Timestamp refused_at{};
};

// The door of a store. Called inside batch().
class Door {
 public:
  virtual ~Door() = default;

  // Puts a row into the inbox, as another program would.
  virtual std::int64_t leave(std::string_view kind, std::string_view payload, std::string_view options, Timestamp now) = 0;

  // The oldest rows of the inbox: at most `limit`, and no further one once they have `bytes` together.
  virtual std::vector<DoorRow> waiting(int limit, std::int64_t bytes) = 0;

  // The row has become a task: it leaves the inbox; of a row of an outbox it is remembered that it was taken.
  virtual void passed(const DoorRow& row, Timestamp now) = 0;
  // The row is set aside, with an event (inbox.refused); otherwise as passed().
  virtual void refuse(const DoorRow& row, const DoorRefusal& why, Timestamp now) = 0;

  // Of rows of an outbox: those that were taken already, whatever became of them.
  virtual std::vector<std::string> known(std::span<const DoorRow> rows) = 0;
  // These rows are no longer in their outbox, durably: nothing needs to be remembered.
  virtual void forget(std::span<const std::string> tokens) = 0;
};

// Looks through the door without opening it: on a connection of its own that only reads, by a thread of its own. Throws StoreError.
class Peephole {
 public:
  virtual ~Peephole() = default;
  [[nodiscard]] virtual bool somebody_waits() = 0;
  // The file whose changes say that somebody may have written.
  [[nodiscard]] virtual std::string watched_file() const = 0;
};

// An application's database file with a reeve_outbox. Used by one thread at a time; never waits for a lock: a call that would is answered with
// StoreError busy and has changed nothing. Throws StoreError when the file is missing, damaged, or has no such table.
class Outbox {
 public:
  virtual ~Outbox() = default;

  enum class Look { quick, thorough };
  // The oldest rows, as Door::waiting. A thorough look takes the file's write lock for a moment, so that what it does not see is not about to
  // be committed by anybody; a quick one may miss a commit that is on its way.
  virtual std::vector<DoorRow> waiting(Look look, int limit, std::int64_t bytes) = 0;
  // Deletes rows that were taken, durably when it returns. Rows that are gone are no fault.
  virtual void remove(std::span<const DoorRow> rows) = 0;
  // Another file has been put in its place: nothing of this one counts any more.
  [[nodiscard]] virtual bool is_replaced() const = 0;
};

// Opens an application's file. Throws StoreError.
[[nodiscard]] std::unique_ptr<Outbox> open_outbox(const std::string& path);

struct OutboxMade {
  bool created = false;                      // false: it was there already, and is as it should be
  bool extended = false;                     // columns were added to an older one
  std::string journal_mode{};                // "wal", "delete", ...
};
// Makes the table in an existing SQLite file. Throws StoreError when it is something else, or has another table of that name.
[[nodiscard]] OutboxMade make_outbox(const std::string& path);

// Writes rows into the inbox of a store that no daemon serves just now, in one transaction. Takes no lock of the store's and migrates nothing: whoever
// starts a daemon meanwhile is not in the way. Throws StoreError.
void leave_in_inbox(const std::string& url, std::span<const DoorRow> rows);

}  // namespace reeve::store
