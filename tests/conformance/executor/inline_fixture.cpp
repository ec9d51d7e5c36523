#include "tests/conformance/executor/fixture.hpp"

namespace reeve::executors::testing {
namespace {

Execution builtin(const char* name, std::string payload) {
  Execution execution;
  execution.task = 1;
  execution.epoch = 1;
  execution.kind = name;
  execution.payload = std::move(payload);
  execution.builtin = std::make_shared<BuiltinSpec>(BuiltinSpec{name});
  return execution;
}

}  // namespace

const Fixture& fixture() {
  static const Fixture inline_fixture{
      "inline",
      [](const std::string& result) { return builtin("echo", result); },
      [](const std::string& code, const std::string& message) { return builtin("fail", R"({"code":")" + code + R"(","message":")" + message + "\"}"); },
      [](const std::string& code) { return builtin("fail", R"({"reject":true,"code":")" + code + "\"}"); },
      [] { return builtin("sleep", R"({"ms":60000})"); },
      [] { return std::optional<Execution>(); },
      [](int) { return std::optional<Execution>(); },
      [](int) { return std::optional<Execution>(); },
      [](int) { return std::optional<Execution>(); },
      [] { return std::optional<Execution>(); },
  };
  return inline_fixture;
}

}  // namespace reeve::executors::testing
