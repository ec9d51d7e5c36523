// The places of tenants: given when a task becomes ready, moved on when one is claimed. Costs nothing in a queue without tenants.
#pragma once

#include "store/fair.hpp"
#include "store/sqlite/session.hpp"

namespace reeve::store::sqlite {

class Lines {
 public:
  explicit Lines(Session& session) : session_(session) {}

  // A task with a tenant was stored: from now on its line has tenants, and those without one share a place among them.
  void open(const Task& task);
  // The place of a task that becomes ready now.
  [[nodiscard]] std::int64_t enter(const Task& task);
  // Those that came after the place are served now.
  [[nodiscard]] bool has_passed(const Task& task, std::int64_t place);
  // It was claimed from that place.
  void started(const Task& task, std::int64_t place);
  // It was cancelled before it was claimed.
  void left(const Task& task);
  [[nodiscard]] bool none() const { return session_.lines.empty(); }

 private:
  [[nodiscard]] std::int64_t* time_of(const Line& line);
  [[nodiscard]] Tenant load(const Line& line, std::string_view fair_key);
  void keep(const Line& line, std::string_view fair_key, const Tenant& tenant);
  Session& session_;
};

}  // namespace reeve::store::sqlite
