// Where executors' concrete types are chosen.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "executors/executor.hpp"

namespace reeve::executors {

struct Options {
  std::string incarnation{};       // of the runner; marks every child's environment (REEVE_RUNNER) so that strays can be found
  std::string store_id{};          // of the store; marks it too (REEVE_STORE), so that only our own strays are removed
  std::string socket{};            // REEVE_SOCKET for the handlers; empty: none
  std::string attempt_dir{};       // directory for payload files; made 0711 when missing: their users pass, nobody lists
  int slots = 16;                  // attempts at once, for what is prepared ahead
  bool cgroups = true;             // false: does without them, as on a machine that has none
};

// What the kernel offers here; found out one by one at start, shown by doctor.
struct Feature {
  std::string name{};              // "cgroup v2 kill", "subreaper", "pidfd", ...
  bool available = false;
  std::string detail{};            // where, or why not and what is used instead
};

// All executors of this build, by the word of the YAML file.
class Executors {
 public:
  virtual ~Executors() = default;
  // Nullptr: no such executor.
  [[nodiscard]] virtual Executor* find(std::string_view name) = 0;
  [[nodiscard]] virtual std::vector<Feature> features() const = 0;
  // Removes every process that an earlier, dead incarnation of this store left behind. Returns them. Call before the first claim.
  virtual std::vector<LeftChild> remove_strays() = 0;
};

// `loop` is the daemon's loop. Children are spawned from the calling thread's successor: the thread that runs the loop must live as long as
// the process (their parent-death signal is tied to it).
[[nodiscard]] std::unique_ptr<Executors> make(boost::asio::any_io_executor loop, const Options& options);

}  // namespace reeve::executors
