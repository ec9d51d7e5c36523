#include "tests/conformance/executor/fixture.hpp"

namespace reeve::executors::testing {
namespace {

// One pool for the whole suite; each bench has its own processes of it.
std::shared_ptr<const WorkerSpec> pool() {
  static const auto spec = [] {
    ProcessSpec process;
    process.command = {REEVE_OBLIGING_WORKER};
    process.result_bytes_max = 8 << 20;
    WorkerSpec worker;
    worker.kind = "obliging";
    worker.process = std::make_shared<const ProcessSpec>(std::move(process));
    worker.max = 4;
    return std::make_shared<const WorkerSpec>(std::move(worker));
  }();
  return spec;
}

Execution order(std::string payload) {
  static std::int64_t tasks = 0;
  Execution execution;
  execution.task = ++tasks;
  execution.epoch = 3;
  execution.kind = "obliging";
  execution.queue = "default";
  execution.payload = std::move(payload);
  execution.stop_grace = std::chrono::seconds(10);
  execution.worker = pool();
  return execution;
}

std::optional<Execution> stubborn() {
  auto execution = order(R"({"act":"stubborn"})");
  execution.stop_grace = std::chrono::milliseconds(100);
  return execution;
}

std::optional<Execution> counted(const char* act, const char* what, int number) {
  return order("{\"act\":\"" + std::string(act) + "\",\"" + what + "\":" + std::to_string(number) + "}");
}

}  // namespace

const Fixture& fixture() {
  static const Fixture worker_fixture{
      "worker",
      [](const std::string& result) { return order("{\"act\":\"result\",\"value\":" + result + "}"); },
      [](const std::string& code, const std::string& message) { return order(R"({"act":"error","code":")" + code + R"(","message":")" + message + "\"}"); },
      [](const std::string& code) { return order(R"({"act":"reject","code":")" + code + "\"}"); },
      [] { return order(R"({"act":"wait"})"); },
      stubborn,
      [](int count) { return counted("progress", "count", count); },
      [](int count) { return counted("lines", "count", count); },
      [](int signal) { return counted("crash", "signal", signal); },
      [] { return std::optional<Execution>(order(R"({"act":"child"})")); },
  };
  return worker_fixture;
}

}  // namespace reeve::executors::testing
