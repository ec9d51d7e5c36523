// A cgroup v2 leaf for each attempt that runs: every process of it is in there whatever it does, and dies with one write. Leaves are made
// ahead and used again, as making one costs more than starting a process.
//
//   <our own cgroup>/reeve-<store id>/<incarnation>/<number>
//
// Which cgroup is ours to divide: delegation.hpp. What leaves can limit: limits_group.hpp.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "executors/make.hpp"
#include "executors/process/descriptor.hpp"
#include "executors/process/retired_groups.hpp"

namespace reeve::executors::process {

// As the kernel counts it for a group: of living and dead members alike.
struct CpuTime {
  std::chrono::microseconds user{};
  std::chrono::microseconds system{};
  CpuTime operator-(const CpuTime& before) const { return {user - before.user, system - before.system}; }
};

class Leaf {
 public:
  Leaf() = default;
  explicit Leaf(std::string path);   // makes it; see error()
  Leaf(Leaf&&) = default;
  Leaf& operator=(Leaf&&) = default;

  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(folder_); }
  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] int folder() const { return folder_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool populated() const;
  [[nodiscard]] std::vector<int> members() const;
  [[nodiscard]] CpuTime cpu() const;
  // After this the leaf is spent: since Linux 6.14 whatever is born into a cgroup that was ever killed is killed at birth.
  void kill();
  void spend() { spent_ = true; }
  [[nodiscard]] bool spent() const { return spent_; }
  void close();                      // keeps the folder

 private:
  std::string path_{};
  Descriptor folder_{};
  Descriptor events_{};
  Descriptor cpu_{};
  int error_ = 0;
  bool spent_ = false;
};

// The leaves of one incarnation. When cgroups cannot be used, available() is false and why() says so.
class CgroupPool {
 public:
  explicit CgroupPool(const Options& options);
  ~CgroupPool();
  CgroupPool(const CgroupPool&) = delete;
  CgroupPool& operator=(const CgroupPool&) = delete;

  [[nodiscard]] bool available() const { return available_; }
  [[nodiscard]] const std::string& why() const { return why_; }           // where, or why not
  [[nodiscard]] const std::string& store_folder() const { return store_folder_; }
  [[nodiscard]] const std::string& own_folder() const { return own_folder_; }

  [[nodiscard]] bool has_controller(std::string_view name) const;         // for the leaves: "memory", "pids", "cpu"
  [[nodiscard]] const std::string& why_no_controllers() const { return why_no_controllers_; }

  [[nodiscard]] Leaf take();          // false when none can be made; see error()
  [[nodiscard]] Leaf take_fresh();    // one that nobody used before, to be given limits
  void give_back(Leaf leaf);          // empty again; a spent one is removed

 private:
  [[nodiscard]] Leaf make();
  void probe(int slots);
  void retire(Leaf leaf);

  bool available_ = false;
  std::string why_{};
  std::string store_folder_{};
  std::string own_folder_{};
  std::vector<std::string> controllers_{};
  std::string why_no_controllers_{};
  int made_ = 0;
  std::size_t kept_ = 0;
  std::vector<Leaf> free_{};
  RetiredGroups retired_{};
};

}  // namespace reeve::executors::process
