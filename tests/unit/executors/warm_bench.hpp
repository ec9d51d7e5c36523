// A bench with warm workers: small Python programs that speak the protocol without a kit, and attempts that may overlap.
#pragma once

#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/conformance/executor/bench.hpp"

namespace reeve::executors::testing {

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// What every program begins with. `serve(act)` says ready, and calls act(task, payload) for each task until it is told to end.
inline const std::string prelude = R"(
import json, os, signal, subprocess, sys, time
heard = b""
def say(message):
    os.write(3, (json.dumps(message) + "\n").encode())
def hear():
    global heard
    while b"\n" not in heard:
        some = os.read(3, 65536)
        if not some:
            return None
        heard += some
    line, heard = heard.split(b"\n", 1)
    return json.loads(line)
def tell(task, type, **members):
    say({"type": type, "task": task["task"], "epoch": task["epoch"], **members})
def result(task, value=None):
    tell(task, "result", value=value)
def serve(act):
    say({"type": "ready"})
    while True:
        message = hear()
        if message is None or message["type"] == "shutdown":
            return
        if message["type"] == "task":
            act(message, message["payload"])
)";

// Does what the payload, a piece of Python, says.
inline const std::string does_as_told = "def act(task, payload):\n    exec(payload, globals() | {'task': task})\nserve(act)\n";

inline std::shared_ptr<ProcessSpec> worker_program(const std::string& program) {
  auto process = std::make_shared<ProcessSpec>();
  process->command = {"/usr/bin/python3", "-S", "-c", prelude + program};
  return process;
}

inline WorkerSpec warm(int min, int max, const std::string& program = does_as_told) {
  WorkerSpec spec;
  spec.kind = "warm";
  spec.process = worker_program(program);
  spec.min = min;
  spec.max = max;
  return spec;
}

inline std::shared_ptr<const WorkerSpec> shared(WorkerSpec spec) { return std::make_shared<const WorkerSpec>(std::move(spec)); }

struct Attempt {
  Witness witness{};
  Brake brake{};
  std::optional<Outcome> outcome{};
};

class WarmBench {
  std::deque<Attempt> attempts_{};   // they stay where they are, and outlive the loop

 public:
  explicit WarmBench(WorkerSpec spec, const Options& chosen = options()) : bench(chosen), pool(shared(std::move(spec))) { bench.executors->declare({pool}); }

  [[nodiscard]] Execution order(const std::string& code, std::shared_ptr<const WorkerSpec> other = nullptr) {
    Execution execution;
    execution.task = ++tasks_;
    execution.epoch = 2;
    execution.kind = "warm";
    execution.payload = quoted(code);
    execution.worker = other ? std::move(other) : pool;
    return execution;
  }
  Attempt& start(Execution execution) {
    attempts_.emplace_back();
    Attempt& attempt = attempts_.back();
    bench.start(*bench.executors->find("worker"), std::move(execution), attempt.witness, attempt.brake, attempt.outcome);
    return attempt;
  }
  Attempt& start(const std::string& code) { return start(order(code)); }
  Attempt& run(Execution execution) {
    Attempt& attempt = start(std::move(execution));
    end(attempt);
    return attempt;
  }
  Attempt& run(const std::string& code) { return run(order(code)); }
  void end(Attempt& attempt) {
    const bool ended = until([&] { return attempt.outcome.has_value(); });
    INFO((bench.executors->pools().empty() ? std::string() : status().trouble));
    REQUIRE(ended);
  }

  // Runs the loop until it is so; false when that takes too long.
  template <class Condition>
  [[nodiscard]] bool until(Condition condition, std::chrono::seconds deadline = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      bench.loop.restart();
      bench.loop.run_one_for(std::chrono::milliseconds(5));
    }
    return true;
  }
  [[nodiscard]] PoolStatus status() const { return bench.executors->pools().at(0); }
  [[nodiscard]] bool warmed(int processes) {
    return until([&] { return status().idle == processes; });
  }

  Bench bench;
  std::shared_ptr<const WorkerSpec> pool;

 private:
  static std::string quoted(const std::string& text) {
    std::string json = "\"";
    for (const char letter : text) {
      if (letter == '\n') json += "\\n";
      else (letter == '"' || letter == '\\' ? json += '\\' : json) += letter;
    }
    return json + "\"";
  }

  std::int64_t tasks_ = 0;
};

template <class Kind>
[[nodiscard]] const Kind& end_of(const Attempt& attempt) {
  REQUIRE(attempt.outcome);
  INFO("the end is of kind " << attempt.outcome->end.index());
  REQUIRE(std::holds_alternative<Kind>(attempt.outcome->end));
  return std::get<Kind>(attempt.outcome->end);
}

}  // namespace reeve::executors::testing
