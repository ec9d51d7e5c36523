// What one running attempt reports, on its way into the store: in order, coalesced, one write in flight.
//
// While a write is in flight the next reports gather; so a flood costs few writes, progress keeps only the latest, and lines keep their order.
// A write that fails because the store is busy or full is tried again; meanwhile the backlog grows and the executor stops reading.
// Loop thread only. Lives in the frame of the attempt, which calls finish() before it ends.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "executors/executor.hpp"
#include "store/store.hpp"
#include "supervisor/clock.hpp"

namespace reeve::supervisor {

class StoreThread;
enum class Urgency;

class AttemptJournal {
 public:
  struct Hooks {
    std::function<void()> on_lost{};           // called once, when a write was refused because the claim is gone
    std::function<void()> on_started{};        // the start is known; flush() it soon, unless the attempt has ended by then
    std::function<Urgency()> end_urgency{};    // how soon the end is wanted in the store: while many attempts run, ends are written together
  };
  AttemptJournal(boost::asio::any_io_executor loop, StoreThread& store, const Clock& clock, store::ClaimKey claim, std::string executor, Hooks hooks);
  AttemptJournal(const AttemptJournal&) = delete;
  AttemptJournal& operator=(const AttemptJournal&) = delete;

  // Not written at once: the end of a short attempt tells its start too.
  void started(std::int64_t pid);
  void flush();
  void progress(executors::ProgressReport report);
  void line(executors::OutputLine line);
  void flag_stale(std::string reason);
  void clear_stale();

  [[nodiscard]] std::int64_t backlog_bytes() const { return backlog_bytes_; }
  void when_drained(std::function<void()> resume);

  // Writes what is left and the end of the attempt, together. Tries until it is recorded or the claim is lost. Throws a fatal StoreError.
  boost::asio::awaitable<store::Finished> finish(store::Finish finish);

  [[nodiscard]] std::int64_t pid() const { return pid_; }
  [[nodiscard]] std::optional<store::Timestamp> started_at() const { return started_at_; }

 private:
  struct Start {
    std::int64_t pid = 0;
    store::Timestamp at{};
  };
  struct Staleness {
    bool stale = false;
    std::string reason{};
    store::Timestamp at{};
  };
  // What is written by one operation.
  struct Page {
    std::optional<Start> start{};
    std::vector<store::LogLine> lines{};
    std::optional<store::Progress> progress{};
    std::vector<Staleness> staleness{};
    std::int64_t bytes = 0;
    [[nodiscard]] bool empty() const { return !start && lines.empty() && !progress && staleness.empty(); }
  };
  // False: the claim is lost.
  static bool write(store::Store& store, store::ClaimKey claim, const std::string& executor, const Page& page, store::Timestamp now);

  void written(std::exception_ptr failed, const bool* current);
  void put_back();
  void release(std::int64_t bytes);
  boost::asio::awaitable<void> in_flight_written();

  StoreThread& store_;
  const Clock& clock_;
  store::ClaimKey claim_;
  std::string executor_;
  Hooks hooks_;
  boost::asio::steady_timer pause_;          // between tries of a write that failed
  boost::asio::steady_timer landed_;         // cancelled when the write in flight is answered
  std::int64_t pid_ = 0;
  std::optional<store::Timestamp> started_at_{};
  store::Progress latest_{};                 // reports may leave members out
  Page gathering_{};
  Page writing_{};
  bool in_flight_ = false;
  bool closing_ = false;
  bool lost_ = false;
  std::int64_t backlog_bytes_ = 0;
  std::int64_t drain_mark_ = 0;
  std::function<void()> resume_{};
};

}  // namespace reeve::supervisor
