// Which tasks a Selector means and which events an EventQuery means, said once in C++. The SQLite reader says the first in SQL as well,
// and the model test holds the two against each other.
#pragma once

#include "store/reader.hpp"

namespace reeve::store {

[[nodiscard]] bool matches(const Selector& selector, const Task& task, State state);
[[nodiscard]] bool matches(const EventQuery& query, std::string_view type, std::string_view kind, std::string_view queue);

// Limits as a page understands them: at least one row, at most `most`.
[[nodiscard]] int page_limit(int asked, int most = 10'000);

// Value at `fraction` of the ascending samples, interpolated; 0 when there are none.
[[nodiscard]] double percentile(const std::vector<double>& ascending, double fraction);

// One attempt of a kind as far as timings want it.
struct TimingSample {
  double start_ms = 0, run_ms = 0, cpu_ms = 0, rss_kib = 0;
};
[[nodiscard]] KindTimings timings_of(const std::vector<TimingSample>& samples);

}  // namespace reeve::store
