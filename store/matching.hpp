// Which tasks a Selector means and which events an EventQuery means, said once in C++. The SQLite reader says the first in SQL as well,
// and the model test holds the two against each other.
#pragma once

#include "store/reader.hpp"

namespace reeve::store {

[[nodiscard]] bool matches(const Selector& selector, const Task& task, State state);
[[nodiscard]] bool matches(const EventQuery& query, std::string_view type, std::string_view kind, std::string_view queue);

// Limits as a page understands them: at least one row, at most `most`.
[[nodiscard]] int page_limit(int asked, int most = 10'000);

// What still fits into a page: so many rows, and page_bytes_max of what was put in from outside. The first row always fits.
class PageRoom {
 public:
  explicit PageRoom(int limit) : rows_(limit) {}
  // False: the page ends before this row.
  [[nodiscard]] bool take(std::size_t bytes) {
    if (rows_ == 0 || (any_ && bytes_ + bytes > page_bytes_max)) return false;
    --rows_;
    bytes_ += bytes;
    any_ = true;
    return true;
  }

 private:
  int rows_;
  std::size_t bytes_ = 0;
  bool any_ = false;
};
[[nodiscard]] std::size_t page_bytes(const Task& task);
[[nodiscard]] std::size_t page_bytes(const LogLine& line);
[[nodiscard]] std::size_t page_bytes(const Step& step);

// Value at `fraction` of the ascending samples, interpolated; 0 when there are none.
[[nodiscard]] double percentile(const std::vector<double>& ascending, double fraction);

// One attempt of a kind as far as timings want it.
struct TimingSample {
  double start_ms = 0, run_ms = 0, cpu_ms = 0, rss_kib = 0;
};
[[nodiscard]] KindTimings timings_of(const std::vector<TimingSample>& samples);

}  // namespace reeve::store
