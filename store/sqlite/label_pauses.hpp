// Tasks with a paused label, and their bit Block::pause (docs/decisions/015).
//
// A claim that meets one sets the bit and writes which label holds it, so that a resume finds its tasks without looking at others. A label
// that was taken back stays in its table until nothing is held by it any more: what is left to do survives a crash.
#pragma once

#include <optional>

#include "store/sqlite/keys.hpp"
#include "store/sqlite/lines.hpp"
#include "store/sqlite/session.hpp"

namespace reeve::store::sqlite {

class LabelPauses {
 public:
  LabelPauses(Session& session, Keys& keys, Lines& lines) : session_(session), keys_(keys), lines_(lines) {}

  [[nodiscard]] bool any() const { return !session_.paused_labels.empty(); }
  // The paused label of the task that comes first, if it has one.
  [[nodiscard]] std::optional<Label> pause_of(TaskId task);
  // A task that could start does not from now on. True: others may, for which it stood in the way.
  bool hold(TaskId task, const Label& label);
  // Lets go at most `limit` of those whose label was resumed; whoever has another label that is paused is held by that. True: there are more.
  bool let_go(int limit);

 private:
  int let_go(const Label& label, int limit);
  void let_go(TaskId task);
  Session& session_;
  Keys& keys_;
  Lines& lines_;
};

}  // namespace reeve::store::sqlite
