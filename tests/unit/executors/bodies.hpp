// Bodies to try an executor with, and what is looked at around them.
#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "executors/process/proc.hpp"
#include "tests/conformance/executor/bench.hpp"

namespace reeve::executors::testing {

inline std::shared_ptr<ProcessSpec> shell(const std::string& script) {
  auto spec = std::make_shared<ProcessSpec>();
  spec->command = {"/bin/sh", "-c", script};
  return spec;
}

inline std::shared_ptr<ProcessSpec> python(const std::string& script) {
  auto spec = std::make_shared<ProcessSpec>();
  spec->command = {"/usr/bin/python3", "-c", script};
  return spec;
}

inline Execution execution_of(std::shared_ptr<const ProcessSpec> spec, std::string payload = "{}") {
  Execution execution;
  execution.task = 11;
  execution.epoch = 5;
  execution.kind = "k";
  execution.queue = "q";
  execution.payload = std::move(payload);
  execution.process = std::move(spec);
  return execution;
}

inline Options with_cgroups(bool cgroups) {
  Options chosen = options();
  chosen.cgroups = cgroups;
  return chosen;
}

// One attempt, run to its end.
struct Run {
  Bench bench;
  Witness witness;
  Brake brake;
  Outcome outcome;

  explicit Run(std::shared_ptr<const ProcessSpec> spec, std::string payload = "{}") { go(execution_of(std::move(spec), std::move(payload))); }
  explicit Run(Execution execution) { go(std::move(execution)); }
  Run(std::shared_ptr<const ProcessSpec> spec, const Options& chosen) : bench(chosen) { go(execution_of(std::move(spec))); }

  [[nodiscard]] std::string out() const { return witness.text(Stream::stdout_); }

 private:
  void go(Execution execution) { outcome = bench.run("process", std::move(execution), witness, brake); }
};

inline bool succeeded(const Outcome& outcome) { return std::holds_alternative<Succeeded>(outcome.end); }

inline double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// What runs with this word in its command line.
inline std::vector<int> processes_named(const std::string& word) {
  std::vector<int> found;
  for (const int pid : process::all_processes()) {
    if (pid != ::getpid() && process::read_command(pid).find(word) != std::string::npos) found.push_back(pid);
  }
  return found;
}

// A number that no other sleep on this machine uses.
inline std::string odd_sleep() {
  static int next = 0;
  return std::to_string(100'000 + ::getpid()) + "." + std::to_string(++next);
}

// The attempt ended without a body.
inline SpawnFailed refusal(std::shared_ptr<const ProcessSpec> spec) {
  Run run(std::move(spec));
  REQUIRE(std::holds_alternative<SpawnFailed>(run.outcome.end));
  CHECK(run.witness.pids.empty());
  CHECK(children().empty());
  return std::get<SpawnFailed>(run.outcome.end);
}

inline const Feature& feature(const Bench& bench, const std::string& name) {
  static std::vector<Feature> all;
  all = bench.executors->features();
  for (const Feature& one : all) {
    if (one.name == name) return one;
  }
  throw std::runtime_error("no feature " + name);
}

// False after saying so: the rest of the test case cannot be tried on this kernel.
inline bool has_feature(const std::string& name) {
  const Bench bench;
  const Feature& found = feature(bench, name);
  if (!found.available) WARN(name << " is not available here (" << found.detail << "): nothing was tried");
  return found.available;
}

}  // namespace reeve::executors::testing
