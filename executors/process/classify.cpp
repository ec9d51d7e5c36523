#include "executors/process/classify.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <csignal>
#include <utility>

#include "executors/protocol/terminal.hpp"
#include "executors/utf8.hpp"

namespace reeve::executors::process {
namespace {

using namespace protocol;

bool ours(const Ending& ending) {
  return ending.stop && !ending.oom && (*ending.exit.signal == SIGKILL || *ending.exit.signal == ending.stop_signal);
}

End by_signal(const Ending& ending) {
  if (ours(ending)) return Stopped{*ending.stop};
  return Crashed{*ending.exit.signal, ending.exit.core, ending.oom};
}

End failed_exit(int code) { return Failed{"exit", "exited with " + std::to_string(code), {}, {}}; }

End by_meaning(ExitMeaning meaning, int code, std::string& printed) {
  switch (meaning) {
    case ExitMeaning::success: return Succeeded{std::move(printed)};
    case ExitMeaning::retry: return Failed{"tempfail", "exited with " + std::to_string(code) + ", which asks for another try", {}, {}};
    case ExitMeaning::reject: return Rejected{"exit", "exited with " + std::to_string(code) + ", which no other try would change", {}};
  }
  return failed_exit(code);
}

End not_run(int code) {
  const bool missing = code == 127;
  return SpawnFailed{"exec", missing ? ENOENT : EACCES,
                     missing ? "exited with 127: a command was not found (or exit_codes: must say what 127 means here)"
                             : "exited with 126: a command could not be executed (or exit_codes: must say what 126 means here)"};
}

End by_code(int code, std::string& printed, const std::map<int, ExitMeaning>& exit_codes) {
  if (const auto own = exit_codes.find(code); own != exit_codes.end()) return by_meaning(own->second, code, printed);
  switch (code) {
    case 0: return by_meaning(ExitMeaning::success, code, printed);
    case 75: return by_meaning(ExitMeaning::retry, code, printed);
    case 64: case 65: case 77: case 78: return by_meaning(ExitMeaning::reject, code, printed);
    case 126: case 127: return not_run(code);
    default: return failed_exit(code);
  }
}

bool means_success(int code, const std::map<int, ExitMeaning>& exit_codes) {
  const auto own = exit_codes.find(code);
  return own == exit_codes.end() ? code == 0 : own->second == ExitMeaning::success;
}

}  // namespace

End classify(Ending ending, const std::map<int, ExitMeaning>& exit_codes) {
  if (ending.broken) return ProtocolError{std::move(*ending.broken)};
  const bool suspended = ending.suspending && (!ending.said || std::holds_alternative<SuspendMessage>(*ending.said));
  if (suspended) return Suspended{};
  if (ending.exit.signal) return by_signal(ending);
  if (!ending.exit.code) return Failed{"exit", "its exit status was taken by somebody else in the daemon's process", {}, {}};
  const int code = *ending.exit.code;
  const bool well = means_success(code, exit_codes);
  if (ending.said && well) return meaning(std::move(*ending.said));
  if (ending.stop) return Stopped{*ending.stop};
  if (ending.said && std::holds_alternative<ResultMessage>(*ending.said))
    return Failed{"exit", "sent a result and then exited with " + std::to_string(code), {}, {}};
  if (ending.said) return meaning(std::move(*ending.said));
  return by_code(code, ending.printed, exit_codes);
}

std::string printed_result(std::string bytes) {
  if (!bytes.empty() && bytes.back() == '\n') bytes.pop_back();
  if (bytes.empty()) return bytes;
  boost::system::error_code error;
  boost::json::parse_options options;
  options.max_depth = 64;
  boost::json::parse(bytes, error, {}, options);
  if (!error) return bytes;
  return boost::json::serialize(boost::json::value(to_utf8(bytes)));
}

}  // namespace reeve::executors::process
