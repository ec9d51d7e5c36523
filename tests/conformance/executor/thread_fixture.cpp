#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <thread>

#include "tests/conformance/executor/bench.hpp"
#include "tests/conformance/executor/fixture.hpp"

namespace reeve::executors::testing {
namespace {

std::string member(FunctionContext& context, const char* name) {
  return std::string(boost::json::parse(context.execution().payload).at(name).as_string());
}

End echo(FunctionContext& context) { return Succeeded{context.execution().payload}; }
End fail(FunctionContext& context) { return Failed{member(context, "code"), member(context, "message"), {}, {}}; }
End reject(FunctionContext& context) { return Rejected{context.execution().payload, {}, {}}; }
End wait(FunctionContext& context) {
  while (!context.stop_requested()) std::this_thread::yield();
  return Failed{"stopped", "as asked", {}, {}};
}
End report(FunctionContext& context) {
  const int count = std::stoi(context.execution().payload);
  for (int i = 1; i <= count; ++i) {
    ProgressReport report;
    report.percent = i;
    context.progress(report);
    context.beat();
  }
  return Succeeded{};
}

const bool registered = [] {
  functions() = {{"echo", echo}, {"fail", fail}, {"reject", reject}, {"wait", wait}, {"report", report}};
  return true;
}();

Execution function(const char* name, std::string payload) {
  Execution execution;
  execution.task = 1;
  execution.epoch = 1;
  execution.kind = name;
  execution.payload = std::move(payload);
  execution.thread = std::make_shared<ThreadSpec>(ThreadSpec{name, {}});
  return execution;
}

}  // namespace

const Fixture& fixture() {
  static const Fixture thread_fixture{
      "thread",
      [](const std::string& result) { return function("echo", result); },
      [](const std::string& code, const std::string& message) { return function("fail", R"({"code":")" + code + R"(","message":")" + message + "\"}"); },
      [](const std::string& code) { return function("reject", code); },
      [] { return function("wait", "{}"); },
      [] { return std::optional<Execution>(); },
      [](int count) { return std::optional(function("report", std::to_string(count))); },
      [](int) { return std::optional<Execution>(); },
      [](int) { return std::optional<Execution>(); },
      [] { return std::optional<Execution>(); },
  };
  return thread_fixture;
}

}  // namespace reeve::executors::testing
