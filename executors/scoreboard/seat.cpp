#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include "executors/scoreboard/board.hpp"

namespace reeve::executors::scoreboard {
namespace {

// As the journal reckons it: the percentage that was told, or what current and total come to.
std::uint64_t percent_in(const ProgressReport& report) {
  double percent = -1;
  if (report.percent) percent = *report.percent;
  else if (report.current && report.total && *report.total > 0) percent = 100 * *report.current / *report.total;
  if (!std::isfinite(percent) || percent < 0) return not_told;
  return static_cast<std::uint64_t>(std::min(percent, 100.0) * thousandths);
}

}  // namespace

Seat::Seat(Board& board, std::size_t number, std::string_view executor, std::string_view kind) : board_(&board), number_(number) {
  slot_.sequence = std::atomic_ref(board.words_of(number)[0]).load(std::memory_order_relaxed);
  slot_.started = Board::now();
  put(slot_.executor, executor);
  put(slot_.kind, kind);
  alive();
}

Seat::Seat(Seat&& other) noexcept : board_(std::exchange(other.board_, nullptr)), number_(other.number_), born_(other.born_), slot_(other.slot_) {}

Seat& Seat::operator=(Seat&& other) noexcept {
  if (this == &other) return *this;
  leave();
  board_ = std::exchange(other.board_, nullptr);
  number_ = other.number_;
  born_ = other.born_;
  slot_ = other.slot_;
  return *this;
}

Seat::~Seat() { leave(); }

void Seat::leave() {
  if (!shown()) return;
  Slot empty{};
  empty.sequence = slot_.sequence;
  board_->write(number_, empty);
  board_->free_.push_back(number_);
  board_ = nullptr;
}

void Seat::publish() {
  if (!shown()) return;
  State state = slot_.task != 0 ? State::running : State::idle;
  if (!born_) state = State::starting;
  if (slot_.stopping != 0) state = State::stopping;
  slot_.state = static_cast<std::uint64_t>(state);
  board_->write(number_, slot_);
}

void Seat::alive() {
  if (!shown()) return;
  slot_.last_sign = Board::now();
  board_->beat(slot_.last_sign);   // who hears something runs
  publish();
}

void Seat::has_page(std::uint64_t number) {
  slot_.page = number;
  publish();
}

void Seat::born(std::int64_t pid) {
  born_ = true;
  slot_.pid = static_cast<std::uint64_t>(pid);
  alive();
}

void Seat::takes(const Execution& execution) {
  slot_.task = static_cast<std::uint64_t>(execution.task);
  slot_.epoch = static_cast<std::uint64_t>(execution.epoch);
  slot_.attempt = static_cast<std::uint64_t>(execution.attempt);
  slot_.started = Board::now();
  slot_.percent = not_told;
  slot_.stopping = 0;
  put(slot_.kind, execution.kind);
  put(slot_.label, {});
  alive();
}

void Seat::is_idle() {
  slot_.task = slot_.epoch = slot_.attempt = 0;
  slot_.started = Board::now();
  slot_.percent = not_told;
  slot_.stopping = 0;
  put(slot_.label, {});
  alive();
}

void Seat::stopping(StopReason reason) {
  if (slot_.stopping != 0) return;   // the first reason stands
  slot_.stopping = static_cast<std::uint64_t>(reason) + 1;
  publish();
}

void Seat::progress(const ProgressReport& report) {
  const std::uint64_t percent = percent_in(report);
  if (percent != not_told && (slot_.percent == not_told || percent > slot_.percent)) slot_.percent = percent;
  if (!report.label.empty()) put(slot_.label, report.label);
  alive();
}

}  // namespace reeve::executors::scoreboard
