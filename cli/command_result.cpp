#include "cli/command_result.hpp"

#include "cli/exit_code.hpp"

namespace reeve::cli {
namespace {

constexpr int could_not_start = 127;

bool is_timeout(const std::string& code) { return code == "timeout" || code == "timed_out"; }

}  // namespace

int exit_code_of_command(const Object& task) {
  const std::string status = text_in(task, "status");
  if (status == "succeeded") return ExitCode::ok;
  if (status == "cancelled") return ExitCode::interrupted;
  const Object& error = object_in(task, "error");
  const std::string code = text_in(error, "code");
  if (is_timeout(code)) return ExitCode::timed_out;
  if (code == "spawn_failed") return could_not_start;
  if (const auto signal = integer_in(error, "signal")) return 128 + static_cast<int>(*signal);
  const auto exit = integer_in(error, "exit_code");
  return exit && *exit > 0 && *exit < 256 ? static_cast<int>(*exit) : static_cast<int>(ExitCode::failed);
}

}  // namespace reeve::cli
