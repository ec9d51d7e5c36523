// The store in one SQLite file. One connection writes and checkpoints; readers have their own, read-only ones. That is required, not a
// taste: SQLite 3.7.0 to 3.51.2 can damage a file when one connection commits while another checkpoints.
#pragma once

#include <atomic>

#include "store/open.hpp"
#include "store/sqlite/door.hpp"
#include "store/sqlite/session.hpp"
#include "store/sqlite/store_lock.hpp"
#include "store/sqlite/verbs.hpp"
#include "store/sqlite/wal.hpp"

namespace reeve::store::sqlite {

class SqliteStore final : public Store {
 public:
  SqliteStore(const std::string& path, const Options& options);
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
  std::unique_ptr<Peephole> open_peephole() override;
  [[nodiscard]] Cursor last_event() const override { return Cursor{last_event_.load()}; }
  bool tidy_up() override;

 private:
  void refuse_if_broken() const;
  void remember_if_fatal(const StoreError& error);
  bool give_space_back();
  void mind_others();

  Options options_;
  StoreLock lock_;
  Session session_;
  Wal wal_;
  SqliteTasks tasks_{session_};
  SqliteJournal journal_{session_};
  SqliteSteps steps_{session_, tasks_};
  SqliteRunners runners_{session_, tasks_};
  SqliteQueues queues_{session_};
  SqliteRevisions revisions_{session_};
  SqliteSchedules schedules_{session_, tasks_};
  SqliteBatches batches_{session_, tasks_};
  SqliteMaintenance maintenance_{session_, tasks_};
  SqliteDoor door_{session_};
  std::atomic<std::int64_t> last_event_{0};
  bool minds_others_ = false;
  std::optional<StoreError> broken_{};  // the first fatal error: nothing is tried after it
};

}  // namespace reeve::store::sqlite
