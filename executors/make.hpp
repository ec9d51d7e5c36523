// Where executors' concrete types are chosen.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "executors/executor.hpp"

namespace reeve::executors::remote {
class Exchange;
}

namespace reeve::executors {

// What a function of the embedding program sees of its attempt; implemented by the executors `thread` and `inline`. Only stop_requested() and the
// reports may be called from the function's own thread; a function ends soon after stop_requested() is true.
class FunctionContext {
 public:
  virtual ~FunctionContext() = default;
  [[nodiscard]] virtual const Execution& execution() const = 0;
  [[nodiscard]] virtual bool stop_requested() const = 0;
  virtual void progress(ProgressReport report) = 0;
  virtual void log(std::string level, std::string message) = 0;
  virtual void beat() = 0;
};

// A blocking function, run on the thread pool. Exceptions of it are failures with the code "exception".
struct ThreadFunction {
  std::string name{};
  std::function<End(FunctionContext& context)> call{};
};

// A short asynchronous function, run on the loop; it must not block. A stop cancels what it awaits (terminal cancellation).
struct CoroutineHandler {
  std::string name{};
  std::function<boost::asio::awaitable<End>(FunctionContext& context)> call{};
};

struct PoolStatus;

struct Options {
  std::string incarnation{};       // of the runner; marks every child's environment (REEVE_RUNNER) so that strays can be found
  std::string store_id{};          // of the store; marks it too (REEVE_STORE), so that only our own strays are removed
  std::string socket{};            // REEVE_SOCKET for the handlers; empty: none
  std::string attempt_dir{};       // directory for payload files; made 0711 when missing: their users pass, nobody lists
  int slots = 16;                  // attempts at once, for what is prepared ahead
  bool cgroups = true;             // false: does without them, as on a machine that has none
  std::string scoreboard{};        // path of its file; the pages of the bodies lie beside it (executors/scoreboard/); empty: none
  int threads = 4;                 // of the thread pool
  std::vector<ThreadFunction> functions{};     // for the `thread` executor
  std::vector<CoroutineHandler> coroutines{};  // for the `inline` executor
  std::function<void()> room_changed{};        // Executor::room() of some kind is another; loop thread, may come for each attempt
  std::function<void(const PoolStatus&)> pool_changed{};   // a pool of warm processes became degraded, or is so no longer; loop thread, rare
};

// What the kernel offers here; found out one by one at start, shown by doctor.
struct Feature {
  std::string name{};              // "cgroup v2 kill", "subreaper", "pidfd", ...
  bool available = false;
  std::string detail{};            // where, or why not and what is used instead
};

// A pool of warm processes, as people see it.
struct PoolStatus {
  std::string kind{};
  int starting = 0;
  int idle = 0;
  int busy = 0;
  int stopping = 0;
  int min = 0;
  int max = 0;
  std::int64_t waiting = 0;        // tasks that wait for a process
  std::int64_t started = 0;        // processes since the pool began
  std::int64_t recycled = 0;
  std::int64_t died = 0;           // not asked to
  bool degraded = false;           // starts fail; goes on trying, ever more slowly
  std::string trouble{};           // why: the last line of stderr, or what failed
  std::vector<std::int64_t> pids{};
};

// All executors of this build, by the word of the YAML file.
class Executors {
 public:
  virtual ~Executors() = default;
  // Nullptr: no such executor.
  [[nodiscard]] virtual Executor* find(std::string_view name) = 0;
  // The pools that are declared from now on; what is kept warm is started, pools that are no longer declared end with their last task.
  // At start, before the first claim, and at each reload.
  virtual void declare(std::vector<std::shared_ptr<const WorkerSpec>> pools) = 0;
  [[nodiscard]] virtual std::vector<PoolStatus> pools() const = 0;
  // The loop runs: shown on the scoreboard. About once a second while attempts run.
  virtual void beat() = 0;
  // Where workers elsewhere claim.
  [[nodiscard]] virtual remote::Exchange& exchange() = 0;
  // Nothing is to be run any more: ends what was kept warm. Returns when nothing of it is left.
  virtual boost::asio::awaitable<void> close() = 0;
  [[nodiscard]] virtual std::vector<Feature> features() const = 0;
  // Removes every process that an earlier, dead incarnation of this store left behind. Returns them. Call before the first claim.
  virtual std::vector<LeftChild> remove_strays() = 0;
};

// `loop` is the daemon's loop. Children are spawned from the calling thread's successor: the thread that runs the loop must live as long as
// the process (their parent-death signal is tied to it).
[[nodiscard]] std::unique_ptr<Executors> make(boost::asio::any_io_executor loop, const Options& options);

}  // namespace reeve::executors
