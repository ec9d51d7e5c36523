#include "executors/resource_names.hpp"
#include "executors/process/environment.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>

#include "executors/process/proc.hpp"

namespace reeve::executors::process {
namespace {

constexpr std::size_t most_metadata = 32 << 10;   // the kernel takes no variable above 128 KiB
constexpr std::string_view default_path = "/usr/local/bin:/usr/bin:/bin";

std::string labels_json(const Execution& execution) {
  if (execution.labels.empty()) return "{}";
  boost::json::object labels;
  for (const auto& [key, value] : execution.labels) labels[key] = value;
  return boost::json::serialize(labels);
}

class Entries {
 public:
  void add(std::string_view name, std::string_view value) {
    std::string entry;
    entry.reserve(name.size() + value.size() + 1);
    entry.append(name).append("=").append(value);
    entries_.push_back(std::move(entry));
  }
  void add_unless_empty(std::string_view name, std::string_view value) {
    if (!value.empty()) add(name, value);
  }
  std::vector<std::string> take() { return std::move(entries_); }
  void reserve(std::size_t count) { entries_.reserve(count); }

 private:
  std::vector<std::string> entries_;
};

void add_declared(Entries& entries, const ProcessSpec& spec, std::string_view home) {
  for (const auto& [name, value] : spec.env) {
    if (!name.starts_with("REEVE_") && name != "TRACEPARENT") entries.add(name, value);
  }
  if (!spec.env.contains("PATH")) entries.add("PATH", default_path);
  if (!spec.env.contains("LANG")) entries.add("LANG", "C.UTF-8");
  if (!spec.env.contains("HOME")) entries.add("HOME", home.empty() ? "/" : home);
}

void add_surroundings(Entries& entries, const Surroundings& surroundings) {
  entries.add("REEVE_FD", "3");
  entries.add_unless_empty("REEVE_SOCKET", surroundings.socket);
  entries.add("REEVE_RUNNER", surroundings.incarnation);
  entries.add("REEVE_STORE", surroundings.store_id);
}

}  // namespace

// The machine that runs out of memory takes a body before the daemon.
Surroundings surroundings_of(const Options& options) {
  const std::string own = read_file("/proc/self/oom_score_adj");
  const std::string bodies = own.empty() ? own : std::to_string(std::min(1000, std::atoi(own.c_str()) + 500));
  return {options.incarnation, options.store_id, options.socket, bodies};
}

std::vector<std::string> environment_of(const Execution& execution, const ProcessSpec& spec, const Surroundings& surroundings,
                                        std::string_view home, std::string_view payload_file) {
  Entries entries;
  entries.reserve(spec.env.size() + 18);
  add_declared(entries, spec, home);
  entries.add("REEVE_TASK_ID", std::to_string(execution.task));
  entries.add("REEVE_KIND", execution.kind);
  entries.add("REEVE_ATTEMPT", std::to_string(execution.attempt));
  entries.add("REEVE_MAX_ATTEMPTS", std::to_string(execution.max_attempts));
  entries.add("REEVE_EPOCH", std::to_string(execution.epoch));
  entries.add("REEVE_QUEUE", execution.queue);
  entries.add("REEVE_LABELS", labels_json(execution));
  if (execution.metadata.size() <= most_metadata) entries.add_unless_empty("REEVE_METADATA", execution.metadata);
  add_surroundings(entries, surroundings);
  for (const auto& [name, units] : execution.resources) entries.add(resource_variable(name), resource_value(units));
  if (execution.batch != 0) entries.add("REEVE_BATCH_ID", std::to_string(execution.batch));
  entries.add_unless_empty("REEVE_TOKEN", execution.token);
  entries.add_unless_empty("REEVE_PAYLOAD_FILE", payload_file);
  entries.add_unless_empty("TRACEPARENT", execution.traceparent);
  return entries.take();
}

std::vector<std::string> environment_of(WorkerIdentity worker, std::string_view kind, const ProcessSpec& spec, const Surroundings& surroundings,
                                        std::string_view home) {
  Entries entries;
  add_declared(entries, spec, home);
  entries.add("REEVE_WORKER", "1");
  entries.add("REEVE_WORKER_NUMBER", std::to_string(worker.number));
  entries.add("REEVE_KIND", kind);
  add_surroundings(entries, surroundings);
  return entries.take();
}

std::string_view search_path(const ProcessSpec& spec) {
  const auto declared = spec.env.find("PATH");
  return declared == spec.env.end() ? default_path : std::string_view(declared->second);
}

}  // namespace reeve::executors::process
