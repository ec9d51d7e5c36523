// A place where an executor is tried: a loop, the executors, an observer that remembers, and what the process owned before.
#pragma once

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "executors/executor.hpp"
#include "executors/make.hpp"

namespace reeve::executors::testing {

// Remembers everything in order; runs `react` after each event, so that a test can act at that very moment.
class Witness : public Observer {
 public:
  std::vector<ProgressReport> reports;
  std::vector<OutputLine> lines;
  std::vector<std::string> faults;
  std::vector<std::int64_t> pids;
  int signs_of_life = 0;
  std::function<void()> react;
  std::vector<Request> requests;
  std::function<Answer(const Request&)> answer_with;   // to what a body asks; nothing but "done" without it
  Ear* ear = nullptr;
  std::function<Glance()> look;
  std::int64_t backlog = 0;
  std::function<void()> resume;

  void started(std::int64_t pid) override { pids.push_back(pid), reacted(); }
  void alive() override { ++signs_of_life, reacted(); }
  void progress(ProgressReport report) override { reports.push_back(std::move(report)), reacted(); }
  void output(OutputLine line) override { lines.push_back(std::move(line)), reacted(); }
  void protocol_fault(std::string_view what) override { faults.emplace_back(what), reacted(); }
  void request(Request request, std::function<void(Answer)> answer) override {
    requests.push_back(request);
    answer(answer_with ? answer_with(request) : Answer{});
    reacted();
  }
  void listening(Ear* the_ear) override { ear = the_ear, reacted(); }
  void visible(std::function<Glance()> the_look) override { look = std::move(the_look), reacted(); }
  std::int64_t backlog_bytes() const override { return backlog; }
  void when_drained(std::function<void()> callback) override { resume = std::move(callback), reacted(); }

  [[nodiscard]] std::string text(Stream stream) const {
    std::string all;
    for (const auto& line : lines) {
      if (line.stream == stream) all += line.message + "\n";
    }
    return all;
  }
  [[nodiscard]] bool printed(const std::string& message) const {
    for (const auto& line : lines) {
      if (line.message == message) return true;
    }
    return false;
  }

 private:
  void reacted() {
    if (react) react();
  }
};

// What a program registers before its first bench, for the executors `thread` and `inline`.
inline std::vector<ThreadFunction>& functions() {
  static std::vector<ThreadFunction> all;
  return all;
}
inline std::vector<CoroutineHandler>& coroutines() {
  static std::vector<CoroutineHandler> all;
  return all;
}

inline Options options(const std::string& incarnation = "incarnation-a", const std::string& store = "bench-" + std::to_string(::getpid())) {
  Options chosen;
  chosen.incarnation = incarnation;
  chosen.store_id = store;
  chosen.slots = 4;
  chosen.attempt_dir = std::filesystem::temp_directory_path() / ("reeve-attempts-" + std::to_string(::getpid()));
  chosen.functions = functions();
  chosen.coroutines = coroutines();
  return chosen;
}

class Bench {
 public:
  explicit Bench(const Options& chosen = options()) : executors(make(loop.get_executor(), chosen)) {}

  // Runs the loop until every attempt that was started has ended. False when that takes longer than the deadline.
  [[nodiscard]] bool settle(std::chrono::seconds deadline = std::chrono::seconds(60)) {
    loop.restart();
    loop.run_for(deadline);
    return running == 0;
  }

  void start(Executor& executor, Execution execution, Witness& witness, Brake& brake, std::optional<Outcome>& outcome) {
    ++running;
    if (companion) companion(*this, execution, witness);
    boost::asio::co_spawn(loop, executor.run(std::move(execution), witness, brake), [this, &outcome](std::exception_ptr problem, Outcome ended) {
      --running;
      if (problem) std::rethrow_exception(problem);
      outcome = std::move(ended);
    });
  }

  Outcome run(const std::string& executor, Execution execution, Witness& witness, Brake& brake) {
    std::optional<Outcome> outcome;
    start(*executors->find(executor), std::move(execution), witness, brake, outcome);
    if (!settle() || !outcome) throw std::runtime_error("the attempt did not end in time");
    return std::move(*outcome);
  }
  Outcome run(const std::string& executor, Execution execution) {
    Witness witness;
    Brake brake;
    return run(executor, std::move(execution), witness, brake);
  }

  // Ends what is kept warm.
  void close() {
    ++running;
    boost::asio::co_spawn(loop, executors->close(), [this](std::exception_ptr problem) {
      --running;
      if (problem) std::rethrow_exception(problem);
    });
    if (!settle()) throw std::runtime_error("the executors did not close in time");
  }

  // Begun before each attempt: whoever an executor needs on the other side.
  static inline std::function<void(Bench&, const Execution&, Witness&)> companion{};

  boost::asio::io_context loop{1};
  std::unique_ptr<Executors> executors;
  int running = 0;
};

inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator folder("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(folder), end(folder)));
}

inline std::string children() {
  std::ifstream file("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace reeve::executors::testing
