#include "store/matching.hpp"

#include <algorithm>
#include <cmath>

namespace reeve::store {
namespace {

template <class Values, class Value>
bool is_any_of(const Values& values, const Value& value) {
  return values.empty() || std::find(values.begin(), values.end(), value) != values.end();
}

bool has_all(const Labels& labels, const Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    const auto found = labels.find(label.first);
    return found != labels.end() && found->second == label.second;
  });
}

bool type_matches(std::string_view pattern, std::string_view type) {
  if (pattern.ends_with('*')) return type.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == type;
}

std::vector<double> ascending(const std::vector<TimingSample>& samples, double TimingSample::*field) {
  std::vector<double> values;
  values.reserve(samples.size());
  for (const TimingSample& sample : samples) values.push_back(sample.*field);
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace

bool matches(const Selector& selector, const Task& task, State state) {
  if (!is_any_of(selector.ids, task.id) || !is_any_of(selector.kinds, task.kind) || !is_any_of(selector.queues, task.queue)) return false;
  if (!is_any_of(selector.states, state)) return false;
  if (selector.range && (task.id < selector.range->first || task.id > selector.range->second)) return false;
  if (selector.batch && task.batch != selector.batch) return false;
  if (selector.since && task.created_at < *selector.since) return false;
  if (selector.until && task.created_at >= *selector.until) return false;
  if (!is_any_of(selector.fingerprints, task.error ? task.error->fingerprint : std::string())) return false;
  if (!is_any_of(selector.concurrency_keys, task.concurrency ? task.concurrency->key : std::string())) return false;
  if (!is_any_of(selector.dedupe_keys, task.dedupe ? task.dedupe->key : std::string())) return false;
  if (!is_any_of(selector.supersede_keys, task.supersede_key) || !is_any_of(selector.order_keys, task.order_key)) return false;
  return has_all(task.labels, selector.labels);
}

bool matches(const EventQuery& query, std::string_view type, std::string_view kind, std::string_view queue) {
  const auto fits = [&](const std::string& pattern) { return type_matches(pattern, type); };
  if (!query.types.empty() && std::none_of(query.types.begin(), query.types.end(), fits)) return false;
  return is_any_of(query.kinds, kind) && is_any_of(query.queues, queue);
}

int page_limit(int asked, int most) { return std::clamp(asked, 1, most); }

std::size_t page_bytes(const Task& task) { return task.payload.size() + task.metadata.size() + (task.result ? task.result->size() : 0); }
std::size_t page_bytes(const LogLine& line) { return line.message.size() + line.meta.size(); }
std::size_t page_bytes(const Step& step) { return step.input.size() + step.output.size(); }

double percentile(const std::vector<double>& ascending, double fraction) {
  if (ascending.empty()) return 0;
  const double place = fraction * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  return ascending[below] + (ascending[above] - ascending[below]) * (place - std::floor(place));
}

KindTimings timings_of(const std::vector<TimingSample>& samples) {
  const auto start = ascending(samples, &TimingSample::start_ms);
  const auto run = ascending(samples, &TimingSample::run_ms);
  const auto cpu = ascending(samples, &TimingSample::cpu_ms);
  const auto rss = ascending(samples, &TimingSample::rss_kib);
  KindTimings timings;
  timings.samples = static_cast<std::int64_t>(samples.size());
  timings.start_p50_ms = percentile(start, 0.50);
  timings.start_p95_ms = percentile(start, 0.95);
  timings.start_p99_ms = percentile(start, 0.99);
  timings.run_p50_ms = percentile(run, 0.50);
  timings.run_p95_ms = percentile(run, 0.95);
  timings.run_p99_ms = percentile(run, 0.99);
  timings.cpu_p50_ms = percentile(cpu, 0.50);
  timings.cpu_p95_ms = percentile(cpu, 0.95);
  timings.rss_p50_kib = percentile(rss, 0.50);
  timings.rss_p95_kib = percentile(rss, 0.95);
  return timings;
}

}  // namespace reeve::store
