// The inbox of a SQLite store: any program with a connection of its own may write into it.
#pragma once

#include "store/door.hpp"
#include "store/sqlite/session.hpp"

namespace reeve::store::sqlite {

class SqliteDoor final : public Door {
 public:
  explicit SqliteDoor(Session& session) : session_(session) {}
  std::int64_t leave(std::string_view kind, std::string_view payload, std::string_view options, Timestamp now) override;
  std::vector<DoorRow> waiting(int limit, std::int64_t bytes) override;
  void passed(const DoorRow& row, Timestamp now) override;
  void refuse(const DoorRow& row, const DoorRefusal& why, Timestamp now) override;
  std::vector<std::string> known(std::span<const DoorRow> rows) override;
  void forget(std::span<const std::string> tokens) override;

 private:
  void set_aside(const DoorRow& row, const DoorRefusal& why, Timestamp now);
  Session& session_;
};

class SqlitePeephole final : public Peephole {
 public:
  SqlitePeephole(std::string path, Millis busy_timeout) : db_(std::move(path), Access::read, busy_timeout) {}
  bool somebody_waits() override;
  std::string watched_file() const override { return db_.path() + "-wal"; }

 private:
  Connection db_;
};

// The insert of leave() on any connection. `written_at` nullopt: now, by the database's clock.
std::int64_t insert_left(Connection& db, std::string_view kind, std::string_view payload, std::string_view options,
                         std::optional<Timestamp> written_at);

}  // namespace reeve::store::sqlite
