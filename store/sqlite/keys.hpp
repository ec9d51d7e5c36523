// Whom concurrency keys and lines of order keys hold back: the bits Block::key and Block::order of queued tasks (docs/decisions/016).
//
// A line is held exactly: a queued task has the bit unless it is the oldest open task of its line and nothing else of the line runs. The bit
// of a key only ever stands alone, and promises this of each task that is held back by it: those of the token that run, and those of its limit
// and lane (queue, kind, priority) that could start before it, are together as many as its limit, so somebody will end and let the next one go; or the key waits for a token of its rate (key_rates.hpp).
#pragma once

#include <string>
#include <string_view>

#include "store/life.hpp"
#include "store/sqlite/connection.hpp"

namespace reeve::store::sqlite {

class Keys {
 public:
  explicit Keys(Connection& db) : db_(db) {}

  // What holds the task back that is about to be queued: the sum of its bits. Asked before its row says so.
  // `place`: among the tenants, of a ready one.
  [[nodiscard]] int block_of(const Task& task, Hold hold, std::int64_t place);

  // How many tasks with the token are claimed or running, `except` one.
  [[nodiscard]] int count_active(std::string_view token, TaskId except = TaskId{});

  // The task has left claimed and running, or those that could start: whoever follows it is let go. True: somebody was.
  bool left(const Task& task);

  // An older task has come back into its line: the one that was first until now is not.
  void came_back(const Task& task);

  // A claim met the task and its key had no room.
  void block(TaskId task);

  // Of those of the key and the kind that are held back by it, the first of each lane are let go: as many as have room, and at most `tokens`.
  // True: more could be, for tokens.
  bool let_go_of_kind(std::string_view token, std::string_view kind, int tokens);

  // The task is not one of those that could start any more: those of its key that it stood before are let go. True: somebody was.
  bool let_pass(const Task& task);
  // As many of its key run, or could start before it, as its limit lets. Asked before its row says that it could start.
  [[nodiscard]] bool is_crowded(const Task& task, std::int64_t place);

 private:
  [[nodiscard]] bool is_its_turn(const Task& task);
  [[nodiscard]] bool runs_in_line(std::string_view line, TaskId except);
  [[nodiscard]] bool waits_for_token(std::string_view token, std::string_view kind);
  bool settle(std::string_view token);
  bool advance(std::string_view line);
  Connection& db_;
};

}  // namespace reeve::store::sqlite
