// A cgroup v2 leaf for each attempt that runs: every process of it is in there whatever it does, and dies with one write. Leaves are made
// ahead and used again, as making one costs more than starting a process.
//
//   <our own cgroup>/reeve-<store id>/<incarnation>/<number>
#pragma once

#include <string>
#include <vector>

#include "executors/make.hpp"
#include "executors/process/descriptor.hpp"

namespace reeve::executors::process {

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
  // After this the leaf is spent: since Linux 6.14 whatever is born into a cgroup that was ever killed is killed at birth.
  void kill();
  [[nodiscard]] bool spent() const { return spent_; }
  void close();                      // keeps the folder

 private:
  [[nodiscard]] std::string read(const char* file) const;

  std::string path_{};
  Descriptor folder_{};
  Descriptor events_{};
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

  [[nodiscard]] Leaf take();          // false when none can be made; see error()
  void give_back(Leaf leaf);          // empty again; a spent one is removed

 private:
  [[nodiscard]] Leaf make();
  void probe(int slots);
  void retire(Leaf leaf);
  void remove_retired();

  bool available_ = false;
  std::string why_{};
  std::string store_folder_{};
  std::string own_folder_{};
  int made_ = 0;
  std::size_t kept_ = 0;
  std::vector<Leaf> free_{};
  std::vector<std::string> retired_{};   // to be removed; the kernel refuses while the last process is still on its way out
};

// Our own cgroup in the v2 hierarchy, as a folder; empty when there is none. Found through mountinfo: it is not always /sys/fs/cgroup.
[[nodiscard]] std::string own_cgroup_folder(const std::string& mountinfo, const std::string& cgroups);

}  // namespace reeve::executors::process
