// One outbox as the door thread sees it: closed, open, with rows on their way to the store, or with taken rows that are still to be deleted.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/store.hpp"
#include "supervisor/file_watch.hpp"
#include "supervisor/recheck.hpp"

namespace reeve::supervisor {

class DoorOutbox {
 public:
  DoorOutbox(std::size_t key, std::string path) : key_(key), path_(std::move(path)) {}

  Recheck recheck{};

  // What came of what was due.
  struct News {
    std::vector<store::DoorRow> rows{};              // to be taken in
    std::vector<std::string> gone{};                 // deleted
    std::optional<std::string> trouble{};            // what is wrong; empty: nothing any more
  };
  [[nodiscard]] News act(Recheck::Look look, Moment now, FileWatch* watch);

  void taken(Moment now);
  void not_taken(Moment now, bool one_by_one);
  void watch(FileWatch& watch) const;

 private:
  void open(FileWatch* watch);
  void look(Recheck::Look look, Moment now, News& news);
  void remove(Moment now, News& news);
  void hindered(const store::StoreError& error, Moment now, News& news);
  void well(News& news);

  std::size_t key_;
  std::string path_;
  std::unique_ptr<store::Outbox> outbox_{};
  std::vector<store::DoorRow> rows_{};               // on their way, or to be deleted
  enum class Stage { looking, asked, deleting } stage_ = Stage::looking;
  int single_ = 0;                                   // rows to be taken one by one
  std::string trouble_{};
  std::optional<Moment> locked_since_{};
};

}  // namespace reeve::supervisor
