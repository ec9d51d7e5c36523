#include "supervisor/door_outbox.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "supervisor/door_pass.hpp"

namespace reeve::supervisor {
namespace {

constexpr std::chrono::seconds longest_for_lock{1};
constexpr std::chrono::seconds longest_for_file{30};
constexpr std::chrono::seconds patience{5};            // with a lock, before it is called trouble

}  // namespace

// A file that comes, goes or is replaced is news as well; so is the journal of one without a write-ahead log.
void DoorOutbox::watch(FileWatch& watch) const {
  const std::filesystem::path file(path_);
  const std::string name = file.filename().string();
  watch.watch(key_, {path_, path_ + "-wal"});
  watch.watch_folder(key_, file.parent_path().empty() ? "." : file.parent_path().string(), {name, name + "-wal", name + "-journal"});
}

DoorOutbox::News DoorOutbox::act(Recheck::Look look_now, Moment now, FileWatch* watch) {
  News news;
  try {
    if (stage_ == Stage::asked) {
      recheck.found(now);  // the store's answer stirs it
    } else if (stage_ == Stage::deleting) {
      remove(now, news);
    } else {
      open(watch);
      look(look_now, now, news);
    }
  } catch (const store::StoreError& error) {
    hindered(error, now, news);
  } catch (const std::runtime_error& error) {          // such as a table that was dropped meanwhile
    hindered(store::StoreError(store::StoreError::Kind::unusable, error.what()), now, news);
  }
  return news;
}

void DoorOutbox::open(FileWatch* watch_with) {
  if (outbox_ && outbox_->is_replaced()) outbox_.reset();
  if (outbox_) return;
  if (watch_with != nullptr) watch(*watch_with);
  outbox_ = store::open_outbox(path_);
  if (watch_with != nullptr) watch(*watch_with);       // the log may be there only now
}

void DoorOutbox::look(Recheck::Look look_now, Moment now, News& news) {
  const auto how = look_now == Recheck::Look::thorough ? store::Outbox::Look::thorough : store::Outbox::Look::quick;
  rows_ = outbox_->waiting(how, single_ > 0 ? 1 : door_rows_max, door_bytes_max);
  well(news);
  if (rows_.empty()) return recheck.saw_nothing(look_now, now);
  recheck.found(now);
  stage_ = Stage::asked;
  news.rows = rows_;
}

void DoorOutbox::taken(Moment now) {
  if (stage_ != Stage::asked) return;
  single_ = std::max(0, single_ - static_cast<int>(rows_.size()));
  stage_ = Stage::deleting;
  recheck.stirred(now);
}

void DoorOutbox::not_taken(Moment now, bool one_by_one) {
  if (stage_ != Stage::asked) return;
  stage_ = Stage::looking;
  if (one_by_one) single_ = door_rows_max;
  if (one_by_one) recheck.stirred(now);
  else recheck.hindered(now, longest_for_lock);
}

void DoorOutbox::remove(Moment now, News& news) {
  if (!outbox_) {                                      // they are looked at again, and known
    stage_ = Stage::looking;
    return recheck.stirred(now);
  }
  outbox_->remove(rows_);
  well(news);
  stage_ = Stage::looking;
  for (store::DoorRow& row : rows_)
    if (row.fault.empty()) news.gone.push_back(std::move(row.token));
  rows_.clear();
  recheck.stirred(now);
}

void DoorOutbox::hindered(const store::StoreError& error, Moment now, News& news) {
  const bool locked = error.kind() == store::StoreError::Kind::busy;
  if (locked && !locked_since_) locked_since_ = now;
  if (!locked) {
    outbox_.reset();
    stage_ = Stage::looking;                           // rows that were taken are known when they are seen again
  }
  recheck.hindered(now, locked ? longest_for_lock : longest_for_file);
  if (locked && now - *locked_since_ < patience) return;
  const std::string what = locked ? path_ + ": another program has kept it locked for more than 5 s; reeve comes again until it is free" : error.what();
  if (what != std::exchange(trouble_, what)) news.trouble = what;
}

void DoorOutbox::well(News& news) {
  locked_since_.reset();
  if (!std::exchange(trouble_, std::string{}).empty()) news.trouble = std::string{};
}

}  // namespace reeve::supervisor
