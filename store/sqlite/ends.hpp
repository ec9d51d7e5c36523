// What the end of a task means to those that come after it, and to its batch (docs/decisions/021).
//
// Verbs note what has ended, and settle when they have done all of their own: batches that have ended store their callbacks, and up to
// promotion_chunk tasks are told that one they come after has ended. Those that are cancelled for it have ended, too, and join the list; so
// nothing here calls itself. While others wait in that list to be told, only claims go on with it: no other verb pays for somebody else's end.
#pragma once

#include "store/composition.hpp"
#include "store/life.hpp"
#include "store/sqlite/keys.hpp"
#include "store/sqlite/lines.hpp"
#include "store/sqlite/session.hpp"
#include "store/sqlite/task_row.hpp"

namespace reeve::store::sqlite {

class SqliteTasks;

class Ends {
 public:
  Ends(Session& session, SqliteTasks& tasks, Keys& keys, Lines& lines) : session_(session), tasks_(tasks), keys_(keys), lines_(lines) {}

  // A task has become terminal. Nothing more than a note.
  void ended(const HotTask& task);
  // It is open again: whoever was not told of its end waits for the next one.
  void reopened(TaskId task);
  Settled settle(Timestamp now);
  Settled go_on(Timestamp now);        // of a claim: tells those that are still to be told

 private:
  struct Told {
    TaskId task{};
    AfterPolicy policy = AfterPolicy::success;
  };
  // Tells some that come after the task which ended first. False: nobody is left to be told of anything.
  bool tell_some(int& budget, bool& let_go, Timestamp now);
  std::vector<Told> next_to_tell(TaskId ended, int limit);
  bool tell(const Told& who, TaskId ended, Status how, Timestamp now);
  void let_go(Task& task, Timestamp now);
  bool end_batch(BatchId id, Timestamp now);       // if it has; true: tasks were stored
  Session& session_;
  SqliteTasks& tasks_;
  Keys& keys_;
  Lines& lines_;
};

}  // namespace reeve::store::sqlite
