// Round trips to a warm worker through the executor alone: no store, no HTTP.
//
//   worker_round_trip --seconds 3 --in-flight 1 --workers 1       itself is the worker, in C++
//   worker_round_trip --command "python3 worker.py" ...           another one
//
// Prints one line of JSON; loop_us is the processor time of the loop for one task.
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include "bench/figures.hpp"
#include "executors/make.hpp"

namespace {

namespace asio = boost::asio;
using namespace reeve::executors;

// `"name":123` as it stands in the order.
std::string member(std::string_view line, std::string_view name) {
  const auto at = line.find(name);
  return std::string(line.substr(at, line.find(',', at) - at));
}

int be_a_worker() {
  std::string bytes = "{\"type\":\"ready\"}\n";
  if (::write(3, bytes.data(), bytes.size()) < 0) return 1;
  bytes.clear();
  char buffer[65536];
  for (ssize_t count = 0; (count = ::read(3, buffer, sizeof buffer)) > 0;) {
    bytes.append(buffer, static_cast<std::size_t>(count));
    for (std::size_t newline = 0; (newline = bytes.find('\n')) != std::string::npos; bytes.erase(0, newline + 1)) {
      const std::string_view line = std::string_view(bytes).substr(0, newline);
      if (line.find("\"type\":\"task\"") == std::string_view::npos) return 0;
      const std::string answer = "{\"type\":\"result\"," + member(line, "\"task\":") + "," + member(line, "\"epoch\":") + ",\"value\":null}\n";
      if (::write(3, answer.data(), answer.size()) < 0) return 1;
    }
  }
  return 0;
}

struct Silent : Observer {
  void started(std::int64_t) override {}
  void alive() override {}
  void progress(ProgressReport) override {}
  void output(OutputLine) override {}
  void protocol_fault(std::string_view) override {}
  void request(Request, std::function<void(Answer)> answer) override { answer({}); }
  void listening(Ear*) override {}
  void visible(std::function<Glance()>) override {}
  std::int64_t backlog_bytes() const override { return 0; }
  void when_drained(std::function<void()>) override {}
};

struct Trips {
  Executor& executor;
  std::shared_ptr<const WorkerSpec> spec;
  std::int64_t end_ns;
  std::int64_t tasks = 0;
  bench::Samples samples{};
};

asio::awaitable<void> go_round(Trips& trips) {
  Silent observer;
  while (bench::now_ns() < trips.end_ns) {
    Brake brake;
    Execution execution;
    execution.task = ++trips.tasks;
    execution.epoch = 1;
    execution.kind = "bench";
    execution.queue = "default";
    execution.payload = "{\"n\":1}";
    execution.worker = trips.spec;
    const auto begin = bench::now_ns();
    const Outcome outcome = co_await trips.executor.run(std::move(execution), observer, brake);
    if (!std::holds_alternative<Succeeded>(outcome.end)) throw std::runtime_error("a trip did not succeed");
    trips.samples.add(bench::now_ns() - begin);
  }
}

std::int64_t own_cpu_ns() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000'000LL + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
}

std::shared_ptr<const WorkerSpec> pool_of(const std::string& command, int workers, int parallel) {
  ProcessSpec process;
  std::istringstream words(command);
  for (std::string word; words >> word;) process.command.push_back(word);
  WorkerSpec spec;
  spec.kind = "bench";
  spec.process = std::make_shared<const ProcessSpec>(std::move(process));
  spec.min = spec.max = workers;
  spec.parallel = parallel;
  return std::make_shared<const WorkerSpec>(std::move(spec));
}

void wait_for_warmth(asio::io_context& loop, const Executors& executors, int workers) {
  const auto deadline = bench::now_ns() + 30'000'000'000LL;
  while (executors.pools().front().idle < workers) {
    if (bench::now_ns() > deadline) throw std::runtime_error("the workers are not ready: " + executors.pools().front().trouble);
    loop.run_for(std::chrono::milliseconds(10));
  }
}

void rethrow(std::exception_ptr problem) {
  if (problem) std::rethrow_exception(problem);
}

void measure(const bench::Arguments& arguments, const std::string& self) {
  asio::io_context loop{1};
  Options options;
  options.incarnation = "bench";
  options.store_id = "bench-" + std::to_string(::getpid());
  options.cgroups = arguments.figure("--cgroups", 1) == 1;
  const auto executors = make(loop.get_executor(), options);
  const int workers = static_cast<int>(arguments.figure("--workers", 1));
  const auto spec = pool_of(arguments.text("--command", self), workers, static_cast<int>(arguments.figure("--parallel", 1)));
  executors->declare({spec});
  wait_for_warmth(loop, *executors, workers);

  const auto begin = bench::now_ns();
  const auto cpu = own_cpu_ns();
  Trips trips{*executors->find("worker"), spec, begin + static_cast<std::int64_t>(arguments.seconds() * 1e9)};
  auto travellers = arguments.figure("--in-flight", 1);
  for (auto left = travellers; left > 0; --left) {
    asio::co_spawn(loop, go_round(trips), [&](std::exception_ptr problem) {
      if (--travellers == 0) loop.stop();
      rethrow(problem);
    });
  }
  loop.restart();
  loop.run();
  const auto took = bench::now_ns() - begin;
  const double loop_us = static_cast<double>(own_cpu_ns() - cpu) / 1000.0 / static_cast<double>(trips.tasks);
  std::printf("{\"count\":%lld,\"rate\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"loop_us\":%.2f}\n", static_cast<long long>(trips.tasks),
              static_cast<double>(trips.tasks) * 1e9 / static_cast<double>(took), trips.samples.percentile_us(0.5), trips.samples.percentile_us(0.99), loop_us);

  asio::co_spawn(loop, executors->close(), [&](std::exception_ptr problem) {
    loop.stop();
    rethrow(problem);
  });
  loop.restart();
  loop.run();
}

}  // namespace

int main(int argc, char** argv) {
  if (std::getenv("REEVE_WORKER") != nullptr) return be_a_worker();
  try {
    measure(bench::Arguments(argc, argv), std::filesystem::read_symlink("/proc/self/exe"));
    return 0;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "worker_round_trip: %s\n", problem.what());
    return 1;
  }
}
