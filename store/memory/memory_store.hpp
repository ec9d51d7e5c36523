// The store without a file: the model for tests, and a daemon that may forget.
#pragma once

#include "store/memory/verbs.hpp"

namespace reeve::store::memory {

class MemoryStore final : public Store {
 public:
  void batch(std::span<Operation* const> operations) override;
  Tasks& tasks() override { return tasks_; }
  Journal& journal() override { return journal_; }
  Steps& steps() override { return steps_; }
  Runners& runners() override { return runners_; }
  Queues& queues() override { return queues_; }
  Schedules& schedules() override { return schedules_; }
  Maintenance& maintenance() override { return maintenance_; }
  std::unique_ptr<Reader> open_reader() override;
  [[nodiscard]] Cursor last_event() const override;
  bool tidy_up() override { return false; }

 private:
  State state_{};
  MemoryTasks tasks_{state_};
  MemoryJournal journal_{state_};
  MemorySteps steps_{state_, tasks_};
  MemoryRunners runners_{state_, tasks_};
  MemoryQueues queues_{state_};
  MemorySchedules schedules_{state_, tasks_};
  MemoryMaintenance maintenance_{state_};
};

}  // namespace reeve::store::memory
