// The store without a file: the model for tests, and a daemon that may forget.
#pragma once

#include "store/memory/door.hpp"
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
  Revisions& revisions() override { return revisions_; }
  Schedules& schedules() override { return schedules_; }
  Batches& batches() override { return batches_; }
  Maintenance& maintenance() override { return maintenance_; }
  Door& door() override { return door_; }
  std::unique_ptr<Reader> open_reader() override;
  std::unique_ptr<Peephole> open_peephole() override { return nullptr; }
  [[nodiscard]] Cursor last_event() const override;
  bool tidy_up() override { return false; }

 private:
  State state_{};
  MemoryTasks tasks_{state_};
  MemoryJournal journal_{state_};
  MemorySteps steps_{state_, tasks_};
  MemoryRunners runners_{state_, tasks_};
  MemoryQueues queues_{state_};
  MemoryRevisions revisions_{state_};
  MemorySchedules schedules_{state_, tasks_};
  MemoryBatches batches_{state_, tasks_};
  MemoryMaintenance maintenance_{state_};
  MemoryDoor door_{state_};
};

}  // namespace reeve::store::memory
