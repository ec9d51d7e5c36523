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

// Hard limits of one body: of its whole process tree where the kernel lets us say so (cgroups), of each process otherwise (rlimits).
// Absent: not limited.
struct Limits {
  std::optional<std::int64_t> memory_bytes{};
  std::optional<std::chrono::seconds> cpu{};
  std::optional<int> processes{};
  std::optional<int> open_files{};
  std::optional<std::int64_t> file_size_bytes{};
  std::optional<double> cpus{};             // processors at once, 0.5 is half of one; needs cgroups
};

// What a body may touch, where the kernel can enforce it. Each layer that is asked for and cannot be had fails the start.
struct Sandbox {
  std::vector<std::string> read{};          // Landlock: these trees may be read and executed, nothing else; empty with `write` empty: no Landlock
  std::vector<std::string> write{};         // these may be changed, too
  bool private_tmp = false;                 // an empty /tmp and /var/tmp of its own
  bool network = true;                      // false: no network but a loopback of its own
  bool operator==(const Sandbox&) const = default;
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
  std::optional<Sandbox> sandbox{};
  OutputLimits output{};
  std::int64_t result_bytes_max = 1 << 20;
};

// When a warm process is replaced, always between tasks. Absent: not for that reason.
struct Recycle {
  std::optional<int> tasks{};               // +- a tenth, so that a pool does not restart at once
  std::optional<std::chrono::milliseconds> age{};
  std::optional<std::int64_t> memory_bytes{};   // resident; never below what it needed after its first task
};

// A pool of warm processes; the `worker` executor's part of a handler. The identity of the object is the identity of the pool: another
// declaration is another pool, and the old one ends with its last task.
struct WorkerSpec {
  std::string kind{};                       // whose pool it is, for names in logs and status
  std::shared_ptr<const ProcessSpec> process{};
  int min = 0;                              // kept warm without work
  int max = 1;
  int parallel = 1;                         // tasks that one process takes at once
  std::chrono::milliseconds idle{300'000};  // a process above `min` that had nothing to do for this long ends
  std::chrono::milliseconds start_timeout{30'000};   // to its `ready`
  Recycle recycle{};
};

// A function on the thread pool; the `thread` executor's part of a handler. One of the two.
struct ThreadSpec {
  std::string function{};                   // registered by the embedding program
  std::string plugin{};                     // path of a shared library, see sdk/plugin/reeve_plugin.h
};

// Claimed over HTTP by a worker elsewhere; the `remote` executor's part of a handler.
struct RemoteSpec {
  std::chrono::milliseconds lease{30'000};  // unless the worker asks for another
};

// A function inside the daemon, by name; the `inline` executor's part of a handler.
struct BuiltinSpec {
  std::string name{};                       // noop echo sleep fail http, or one that the embedding program registered
  std::string defaults{};                   // JSON object or empty: members that the payload does not give (http)
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
  std::int64_t batch = 0;                   // that it belongs to; 0: none
  std::string token{};                      // REEVE_TOKEN: speaks for this attempt over the socket; empty: none
  std::string payload{};                    // JSON bytes
  std::chrono::milliseconds stop_grace{10'000};   // between the stop signal and the kill of the tree
  std::shared_ptr<const ProcessSpec> process{};   // two owners: the handler's declaration and the attempts that run it
  std::shared_ptr<const BuiltinSpec> builtin{};
  std::shared_ptr<const WorkerSpec> worker{};
  std::shared_ptr<const ThreadSpec> thread{};
  std::shared_ptr<const RemoteSpec> remote{};
  std::map<std::string, std::vector<std::string>> resources{};   // by name, the units that it may use
};

}  // namespace reeve::executors
