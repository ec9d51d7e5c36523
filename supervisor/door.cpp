#include "supervisor/door.hpp"

#include <exception>
#include <utility>

#include "supervisor/door_thread.hpp"
#include "supervisor/log.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::supervisor {
namespace {

void log_refused(Log& log, const Passage& passage) {
  for (const Passage::Refused& one : passage.refused)
    log.warn("inbox.refused", {{"source", one.source}, {"row", one.row}, {"kind", one.kind}, {"code", one.why.code}, {"message", one.why.message}});
}

// Why an operation failed, and whether the rows themselves are to blame for it.
struct Failure {
  std::string text{};
  bool of_rows = false;
};

Failure failure_of(const std::exception_ptr& failed) {
  try {
    std::rethrow_exception(failed);
  } catch (const store::StoreError& error) {
    return {error.what(), false};
  } catch (const std::exception& error) {
    return {error.what(), true};
  }
}

}  // namespace

void take_what_lies_there(store::Store& store, const Judge& judge, const Clock& clock, Log& log, int most) {
  int taken = 0;
  for (bool more = true; more && taken < most;) {
    const Passage passage = store::transact(store, [&](store::Store& inside) { return pass_inbox(inside, judge, clock.now()); });
    log_refused(log, passage);
    taken += passage.passed + static_cast<int>(passage.refused.size());
    more = passage.more;
  }
  if (taken > 0) log.info("inbox.taken", {{"source", store::inbox_source}, {"rows", taken}});
}

class Door::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Parts parts, Options options, std::unique_ptr<store::Peephole> peephole) : parts_(std::move(parts)), options_(std::move(options)) {
    if (options_.inbox) peephole_ = std::move(peephole);
    for (const std::string& path : options_.outboxes) status_.outboxes.push_back({.path = path});
    singles_.resize(options_.outboxes.size());
  }

  void open() {
    if (thread_ || (!peephole_ && options_.outboxes.empty())) return;
    status_.open = peephole_ != nullptr;
    DoorThread::Tell tell;
    tell.inbox = [this](bool rows_were_seen) { take_inbox(rows_were_seen); };
    tell.rows = [this](std::size_t outbox, std::vector<store::DoorRow> rows) { take_rows(outbox, std::move(rows)); };
    tell.gone = [this](std::size_t, std::vector<std::string> tokens) { forget(std::move(tokens)); };
    tell.trouble = [this](std::size_t outbox, const std::string& trouble) { note_trouble(outbox, trouble); };
    tell.unwatched = [this](const std::string& why) {
      parts_.log.warn("door.unwatched", {{"error", why}, {"message", "the inbox is looked at once a second; raise fs.inotify.max_user_instances or max_user_watches"}});
    };
    DoorThread::Plan plan{.peephole = std::move(peephole_), .poll = options_.poll, .outboxes = options_.outboxes};
    thread_ = std::make_unique<DoorThread>(parts_.loop, parts_.clock, std::move(plan), std::move(tell));
  }

  void close() {
    thread_.reset();
    status_.open = false;
  }

  void ring() {
    if (thread_) thread_->ring();
  }

  [[nodiscard]] const DoorStatus& status() const { return status_; }

 private:
  // The claim follows the rows into the same group when it is known that there are some.
  void take_inbox(bool rows_were_seen) {
    if (rows_were_seen) parts_.supervisor.work_is_coming();
    const int limit = single_ > 0 ? 1 : door_rows_max;
    parts_.store.send([judge = judge_of_inbox(), at = parts_.clock.now(), limit](store::Store& store) { return pass_inbox(store, judge, at, limit); },
                      [self = shared_from_this(), rows_were_seen](const std::exception_ptr& failed, Passage* passage) {
                        if (failed) self->inbox_failed(failure_of(failed));
                        else self->inbox_taken(*passage, rows_were_seen);
                      });
  }

  // A row that stopped the store once is set aside; until it is found, rows are taken one by one.
  Judge judge_of_inbox() {
    if (stuck_.empty()) return parts_.judge();
    return refuse_all(std::exchange(stuck_, std::string{}));
  }

  void inbox_taken(const Passage& passage, bool claim_follows) {
    if (single_ > 0) --single_;
    count(passage, status_.taken, status_.refused);
    stop_superseded(passage);
    if (passage.passed > 0 && (!claim_follows || passage.more)) parts_.supervisor.work_arrived();
    if (passage.more && thread_) return take_inbox(false);
    if (thread_) thread_->inbox_done(DoorThread::Inbox::was_empty);
  }

  void stop_superseded(const Passage& passage) {
    for (const store::ClaimKey claim : passage.superseded) parts_.supervisor.cancel(claim);
  }

  void inbox_failed(const Failure& failure) {
    if (failure.of_rows) {
      if (single_ > 0) stuck_ = failure.text;
      else single_ = door_rows_max;
    } else {
      parts_.log.warn("inbox.not_taken", {{"error", failure.text}});
    }
    if (thread_) thread_->inbox_done(failure.of_rows ? DoorThread::Inbox::had_rows : DoorThread::Inbox::not_now);
  }

  void take_rows(std::size_t outbox, std::vector<store::DoorRow> rows) {
    parts_.supervisor.work_is_coming();
    const std::size_t count = rows.size();
    Judge judge = singles_[outbox].empty() || count > 1 ? parts_.judge() : refuse_all(std::exchange(singles_[outbox], std::string{}));
    parts_.store.send([rows = std::move(rows), judge = std::move(judge), at = parts_.clock.now()](store::Store& store) { return pass_rows(store, rows, judge, at); },
                      [self = shared_from_this(), outbox, count](const std::exception_ptr& failed, Passage* passage) {
                        if (failed) self->rows_failed(outbox, count, failure_of(failed));
                        else self->rows_taken(outbox, *passage);
                      });
  }

  void rows_taken(std::size_t outbox, const Passage& passage) {
    OutboxStatus& status = status_.outboxes[outbox];
    count(passage, status.taken, status.refused);
    stop_superseded(passage);
    if (passage.passed > 0) parts_.supervisor.work_arrived();
    if (thread_) thread_->rows_taken(outbox, DoorThread::Taken::all);
  }

  void rows_failed(std::size_t outbox, std::size_t rows, const Failure& failure) {
    if (failure.of_rows && rows == 1) singles_[outbox] = failure.text;
    if (!failure.of_rows) parts_.log.warn("inbox.not_taken", {{"source", status_.outboxes[outbox].path}, {"error", failure.text}});
    if (thread_) thread_->rows_taken(outbox, failure.of_rows ? DoorThread::Taken::one_by_one : DoorThread::Taken::not_now);
  }

  // A token that is not forgotten costs its row and nothing else.
  void forget(std::vector<std::string> tokens) {
    parts_.store.send(
        [tokens = std::move(tokens)](store::Store& store) {
          store.door().forget(tokens);
          return true;
        },
        [](const std::exception_ptr&, bool*) {}, Urgency::soon);
  }

  void note_trouble(std::size_t outbox, const std::string& trouble) {
    status_.outboxes[outbox].trouble = trouble;
    if (trouble.empty()) parts_.log.info("outbox.well", {{"outbox", status_.outboxes[outbox].path}});
    else parts_.log.warn("outbox.trouble", {{"outbox", status_.outboxes[outbox].path}, {"error", trouble}});
  }

  void count(const Passage& passage, std::int64_t& taken, std::int64_t& refused) {
    taken += passage.passed;
    refused += static_cast<std::int64_t>(passage.refused.size());
    log_refused(parts_.log, passage);
  }

  Parts parts_;
  Options options_;
  std::unique_ptr<store::Peephole> peephole_{};
  DoorStatus status_{};
  int single_ = 0;                                 // rows of the inbox to be taken one by one
  std::string stuck_{};                            // why the oldest row of the inbox cannot be stored at all
  std::vector<std::string> singles_{};             // the same, of the oldest row of each outbox
  std::unique_ptr<DoorThread> thread_{};
};

Door::Door(Parts parts, Options options, std::unique_ptr<store::Peephole> peephole)
    : impl_(std::make_shared<Impl>(std::move(parts), std::move(options), std::move(peephole))) {}
Door::~Door() { impl_->close(); }
void Door::open() { impl_->open(); }
void Door::close() { impl_->close(); }
void Door::ring() { impl_->ring(); }
DoorStatus Door::status() const { return impl_->status(); }

}  // namespace reeve::supervisor
