// Which tasks have a key, as conditions of a list.
//
// Open tasks are found by the indexes that keep the keys themselves, and any task by the one of dedupe keys. For the other keys of tasks that have
// ended there is no index: a list that means those, too, looks at every task that its other conditions leave.
#pragma once

#include <string>
#include <vector>

#include "store/reader.hpp"
#include "store/sqlite/conditions.hpp"

namespace reeve::store::sqlite {

// Holds what the conditions are bound to: lives until the query has run.
class KeyConditions {
 public:
  enum class Wanted { open_tasks, any_task };
  // `kinds`: all that the tasks which are meant may have.
  KeyConditions(const Selector& selector, const std::vector<std::string>& kinds, Wanted wanted);
  KeyConditions(const KeyConditions&) = delete;
  KeyConditions& operator=(const KeyConditions&) = delete;

  void add_to(Conditions& where) const;

 private:
  const Selector& selector_;
  Wanted wanted_;
  std::vector<std::string> tokens_{};   // of the concurrency keys, when they can all be told
};

}  // namespace reeve::store::sqlite
