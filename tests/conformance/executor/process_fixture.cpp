#include "tests/conformance/executor/fixture.hpp"

namespace reeve::executors::testing {
namespace {

Execution shell(const std::string& script, std::string payload = "{}") {
  auto spec = std::make_shared<ProcessSpec>();
  spec->command = {"/bin/sh", "-c", script};
  spec->result_bytes_max = 8 << 20;
  Execution execution;
  execution.task = 7;
  execution.epoch = 3;
  execution.kind = "shell";
  execution.queue = "default";
  execution.payload = std::move(payload);
  execution.stop_grace = std::chrono::seconds(10);
  execution.process = spec;
  return execution;
}

std::optional<Execution> stubborn() {
  auto execution = shell("trap '' TERM INT HUP; echo ready; while :; do sleep 1; done");
  execution.stop_grace = std::chrono::milliseconds(100);
  return execution;
}

}  // namespace

const Fixture& fixture() {
  static const Fixture process_fixture{
      "process",
      [](const std::string& result) { return shell(R"({ printf '{"type":"result","value":'; cat; echo '}'; } >&3)", result); },
      [](const std::string& code, const std::string& message) {
        return shell(R"(echo '{"type":"error","code":")" + code + R"(","message":")" + message + R"("}' >&3)");
      },
      [](const std::string& code) { return shell(R"(echo '{"type":"reject","code":")" + code + R"("}' >&3)"); },
      [] { return shell("echo ready; exec sleep 60"); },
      stubborn,
      [](int count) {
        return std::optional(shell("i=0; while [ $i -lt " + std::to_string(count) +
                                   " ]; do i=$((i+1)); echo '{\"type\":\"progress\",\"percent\":'$i'}' >&3; echo '{\"type\":\"beat\"}' >&3; done"));
      },
      [](int count) {
        return std::optional(shell("i=0; while [ $i -lt " + std::to_string(count) + " ]; do i=$((i+1)); echo line $i; done"));
      },
      [](int signal) { return std::optional(shell("kill -" + std::to_string(signal) + " $$; sleep 60")); },
      [] { return std::optional(shell("sleep 60 & exit 0")); },
  };
  return process_fixture;
}

}  // namespace reeve::executors::testing
