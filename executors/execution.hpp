// What an executor is asked to run: one attempt, complete, by value.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reeve::executors {

enum class PayloadBy { stdin_, file, none };
enum class ResultBy { message, stdout_, none };
enum class ExitMeaning { success, retry, reject };

// Hard limits of one body. Absent: not limited.
struct Limits {
  std::optional<std::int64_t> memory_bytes{};
  std::optional<std::chrono::seconds> cpu{};
  std::optional<int> processes{};
  std::optional<int> open_files{};
  std::optional<std::int64_t> file_size_bytes{};
};

// How much of stdout and stderr together is kept: the first `head` and the last `tail` bytes.
struct OutputLimits {
  std::int64_t head_bytes = 256 << 10;
  std::int64_t tail_bytes = 768 << 10;
  std::int64_t line_bytes = 64 << 10;       // a longer line is cut; what was cut is counted
};

// How a child process is made; the `process` executor's part of a handler. Immutable, shared by the attempts that captured it, so that
// running attempts keep the configuration they started with.
struct ProcessSpec {
  std::vector<std::string> command{};       // argv; command[0] is a path, or a name looked up in the PATH of `env`. "{payload.field}" placeholders
  std::map<std::string, std::string> env{}; // exactly this, plus REEVE_*
  std::string cwd = "/";
  std::optional<int> umask{};
  std::string user{};                       // empty: the daemon's
  std::string group{};
  std::optional<int> nice{};
  int stop_signal = 15;
  PayloadBy payload = PayloadBy::stdin_;
  ResultBy result = ResultBy::message;
  std::map<int, ExitMeaning> exit_codes{};  // overrides of the table in docs/guides/write-a-handler.md
  Limits limits{};
  OutputLimits output{};
  std::int64_t result_bytes_max = 1 << 20;
};

// A function inside the daemon, by name; the `inline` executor's part of a handler.
struct BuiltinSpec {
  std::string name{};                       // noop echo sleep fail
};

struct Execution {
  std::int64_t task = 0;
  std::int64_t epoch = 0;
  int attempt = 1;
  int max_attempts = 1;
  std::string kind{};
  std::string queue{};
  std::map<std::string, std::string, std::less<>> labels{};
  std::string traceparent{};
  std::string metadata{};                   // JSON bytes or empty
  std::string payload{};                    // JSON bytes
  std::chrono::milliseconds stop_grace{10'000};   // between the stop signal and the kill of the tree
  std::shared_ptr<const ProcessSpec> process{};   // two owners: the handler's declaration and the attempts that run it
  std::shared_ptr<const BuiltinSpec> builtin{};
};

}  // namespace reeve::executors
