// What the measuring programs share: a clock, percentiles, and how a result is told (one line of JSON).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace bench {

inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Durations in nanoseconds; percentiles in microseconds.
class Samples {
 public:
  void add(std::int64_t ns) { ns_.push_back(ns); }
  [[nodiscard]] std::size_t count() const { return ns_.size(); }
  [[nodiscard]] double percentile_us(double share) {
    if (ns_.empty()) return 0;
    std::sort(ns_.begin(), ns_.end());
    return static_cast<double>(ns_[std::min(ns_.size() - 1, static_cast<std::size_t>(share * static_cast<double>(ns_.size())))]) / 1000.0;
  }

 private:
  std::vector<std::int64_t> ns_{};
};

// "--name value" pairs of the command line.
class Arguments {
 public:
  Arguments(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; i += 2) values_[argv[i]] = argv[i + 1];
  }
  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise = {}) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  [[nodiscard]] long figure(const std::string& name, long otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : std::atol(found->second.c_str());
  }
  [[nodiscard]] double seconds() const { return std::atof(text("--seconds", "3").c_str()); }

 private:
  std::map<std::string, std::string> values_{};
};

inline void tell(std::size_t count, std::int64_t ns, Samples& samples) {
  std::printf("{\"count\":%zu,\"rate\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f}\n", count, static_cast<double>(count) * 1e9 / static_cast<double>(ns),
              samples.percentile_us(0.5), samples.percentile_us(0.99));
}

}  // namespace bench
