// What an implementation supplies to be tried by the suite: executions for behaviours. Absent means that its bodies cannot behave so, which
// its Capabilities must agree with.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "executors/execution.hpp"

namespace reeve::executors::testing {

struct Fixture {
  std::string executor{};                                                     // its word
  Execution (*succeed_with)(const std::string& result) = nullptr;             // JSON bytes, any size
  Execution (*fail_with)(const std::string& code, const std::string& message) = nullptr;
  Execution (*reject_with)(const std::string& code) = nullptr;
  Execution (*run_until_stopped)() = nullptr;
  std::optional<Execution> (*ignore_the_stop)() = nullptr;                    // with a grace of 100 ms
  std::optional<Execution> (*report_progress)(int count) = nullptr;           // percent 1, 2, 3 ... with something between them
  std::optional<Execution> (*print_lines)(int count) = nullptr;               // "line 1", "line 2" ...
  std::optional<Execution> (*crash)(int signal) = nullptr;
  std::optional<Execution> (*leave_a_child)() = nullptr;                      // succeeds, but not alone
};

// Defined once in each program.
const Fixture& fixture();

}  // namespace reeve::executors::testing
