// What an executor does to have a body seen: an attempt's or a warm worker's seat on the board and its page, in a few calls.
//
//   a process for one attempt              a worker for many
//     Presence presence(board, "process",    Presence presence(board, "worker", kind);
//                       kind);
//     presence.takes(execution);
//     presence.open_page(owner)              presence.open_page(owner)             path for REEVE_SCOREBOARD; empty: none
//     ShownObserver shown(observer,          presence.born(pid);
//                         presence);           for each task:
//     shown.started(pid);                        presence.takes(execution);
//                                                shown.seen_by(&presence);                  and everything through it
//     presence.watched_by(shown);                presence.watched_by(shown);                the page counts from here
//     presence.stopping(reason);                 presence.stopping(reason);                 when the brake asks
//     presence.unwatched_by(shown);              presence.unwatched_by(shown);              before run() ends
//                                                presence.is_idle();
//
// Without a scoreboard, or when every slot is taken, all of it does nothing. Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "executors/executor.hpp"
#include "executors/scoreboard/scoreboard.hpp"

namespace reeve::executors::scoreboard {

class Presence {
 public:
  Presence(std::shared_ptr<Scoreboard> scoreboard, std::string_view executor, std::string_view kind)
      : scoreboard_(std::move(scoreboard)), seat_(scoreboard_->board().seat(executor, kind)) {}
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  // `owner`: whom the body runs as. Gives the path of its page.
  std::string open_page(Owner owner);
  void born(std::int64_t pid) { seat_.born(pid); }
  void takes(const Execution& execution);          // what was reported of the last task is forgotten
  void is_idle() { seat_.is_idle(); }
  void stopping(StopReason reason);                // on the board, and in the page for the body to see

  void alive() { seat_.alive(); }
  void progress(const ProgressReport& report) { seat_.progress(report); }

  // Lets the observer look at the page; what it sees there is shown on the board, too. Nothing without a page.
  void watched_by(Observer& observer);
  void unwatched_by(Observer& observer);

 private:
  [[nodiscard]] Glance look();

  std::shared_ptr<Scoreboard> scoreboard_;         // of the executors and of each body that is seen
  Seat seat_;
  PageLease page_{};
  Glance seen_{};
};

// Passes everything on, and has it seen on the board while there is a presence. The observer and the presence outlive it.
class ShownObserver final : public Observer {
 public:
  explicit ShownObserver(Observer& observer) : observer_(observer) {}
  ShownObserver(Observer& observer, Presence& presence) : observer_(observer), presence_(&presence) {}

  void seen_by(Presence* presence) { presence_ = presence; }

  void started(std::int64_t pid) override {
    if (presence_ != nullptr) presence_->born(pid);
    observer_.started(pid);
  }
  void alive() override {
    sign_of_life();
    observer_.alive();
  }
  void progress(ProgressReport report) override {
    if (presence_ != nullptr) presence_->progress(report);
    observer_.progress(std::move(report));
  }
  void output(OutputLine line) override {
    sign_of_life();
    observer_.output(std::move(line));
  }
  void protocol_fault(std::string_view what) override { observer_.protocol_fault(what); }
  void request(Request request, std::function<void(Answer)> answer) override {
    sign_of_life();
    observer_.request(std::move(request), std::move(answer));
  }
  void listening(Ear* ear) override { observer_.listening(ear); }
  void visible(std::function<Glance()> look) override { observer_.visible(std::move(look)); }
  [[nodiscard]] std::int64_t backlog_bytes() const override { return observer_.backlog_bytes(); }
  void when_drained(std::function<void()> resume) override { observer_.when_drained(std::move(resume)); }

 private:
  void sign_of_life() {
    if (presence_ != nullptr) presence_->alive();
  }

  Observer& observer_;
  Presence* presence_ = nullptr;
};

}  // namespace reeve::executors::scoreboard
