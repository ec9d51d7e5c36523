// The limits of one attempt as a whole, in the control groups of the kernel: memory, processes and processors of the whole tree, whatever it
// starts. One story for both hierarchies: in v2 the attempt's leaf holds all of them; in v1 there is a leaf for each.
//
// Entering a v1 leaf costs the child 4 to 15 ms (a fraction of that when others did so just before), and the daemon's loop waits with it
// (v2: nothing, it is born inside). Only bodies that declare such a limit pay that.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "executors/execution.hpp"
#include "executors/make.hpp"
#include "executors/process/cgroup.hpp"
#include "executors/process/descriptor.hpp"
#include "executors/process/retired_groups.hpp"

namespace reeve::executors::process {

enum class Resource { memory, processes, processors };
inline constexpr std::size_t resources = 3;
enum class Hierarchy { none, v1, v2 };

// Who can hold a limit of a tree here. Found out once.
struct Holder {
  Hierarchy hierarchy = Hierarchy::none;
  std::string store_folder{};   // v1: where the incarnations of the store have their folders
  std::string own_folder{};     // v1: where ours has its leaves
  std::string why{};            // where, or why not
};

class LimitsGroup {
 public:
  LimitsGroup() = default;      // holds nothing
  LimitsGroup(LimitsGroup&&) = default;
  LimitsGroup& operator=(LimitsGroup&&) = default;

  [[nodiscard]] bool holds(Resource resource) const { return held_[static_cast<std::size_t>(resource)]; }
  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] const std::string& what() const { return what_; }       // went wrong: the file that could not be written

  // "cgroup.procs" of the v1 leaves, open for writing: the child writes "0" to each before it does anything else.
  [[nodiscard]] std::vector<int> entrances() const;
  void close_entrances();
  [[nodiscard]] std::vector<int> members() const;                       // of the v1 leaves
  void shut() const;                                                    // no process of it can start another one
  [[nodiscard]] std::int64_t oom_kills() const;                         // processes that the kernel killed for want of memory
  [[nodiscard]] std::int64_t peak_bytes() const;                        // file cache included; 0: not known

 private:
  friend class LimitControllers;
  struct Part {
    std::string path{};
    Descriptor folder{};
    Descriptor entrance{};
  };
  void set(int folder, const char* file, const std::string& value);
  void hold(Resource resource, const Limits& limits, int v2_folder);
  [[nodiscard]] int folder_of(Resource resource) const;

  std::array<bool, resources> held_{};
  std::array<Part, resources> parts_{};      // v1
  int leaf_ = -1;                            // v2; belongs to the attempt's tree
  std::int64_t oom_kills_before_ = 0;
  int error_ = 0;
  std::string what_{};
};

// What this machine can hold, and the leaves made for it. v1 leaves are not used again: making one costs far less than entering it.
class LimitControllers {
 public:
  LimitControllers(const Options& options, const CgroupPool& cgroups);
  explicit LimitControllers(std::array<Holder, resources> holders) : holders_(std::move(holders)) {}   // found out by somebody else
  ~LimitControllers();
  LimitControllers(const LimitControllers&) = delete;
  LimitControllers& operator=(const LimitControllers&) = delete;

  [[nodiscard]] const Holder& holder(Resource resource) const { return holders_[static_cast<std::size_t>(resource)]; }

  // The leaf has to be a fresh one; see wants_leaf().
  [[nodiscard]] LimitsGroup make(const Limits& limits, const Leaf& leaf);
  [[nodiscard]] bool wants_leaf(const Limits& limits) const;
  void give_back(LimitsGroup group);         // empty again

 private:
  void make_part(LimitsGroup& group, Resource resource);

  std::array<Holder, resources> holders_{};
  int made_ = 0;
  RetiredGroups retired_{};
};

[[nodiscard]] bool declares(const Limits& limits, Resource resource);

}  // namespace reeve::executors::process
