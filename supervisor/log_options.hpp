// What the operator may set about the daemon's log.
#pragma once

#include <string>
#include <vector>

namespace reeve::supervisor {

enum class LogFormat { automatic, json, text };   // automatic: text on a terminal, JSON lines otherwise
enum class LogLevel { debug, info, warn, error };

struct LogOptions {
  LogFormat format = LogFormat::automatic;
  LogLevel level = LogLevel::info;
  std::string file{};                             // empty: stdout; reopened on SIGHUP
  bool task_output = false;                       // forward the lines that handlers print
  std::vector<std::string> redact{"password", "secret", "token", "authorization", "api_key"};  // fields whose name contains one of these
};

}  // namespace reeve::supervisor
