// The processes of the attempts that run, and how to be sure that none is left. An attempt's process tree is: what is in its cgroup leaf, or
// in the groups that hold its limits; what is in the session or process group of its first process; and, as we are the subreaper, whatever
// was orphaned to us with the attempt's marks in its environment, with all its descendants. Orphans that carry no marks (a process that
// cleared its environment, left its session, lost its parents, and left its cgroup or never had one) are killed as soon as no attempt runs
// that they could belong to.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "executors/execution.hpp"
#include "executors/make.hpp"
#include "executors/outcome.hpp"
#include "executors/process/cgroup.hpp"
#include "executors/process/descriptor.hpp"
#include "executors/process/limits_group.hpp"
#include "executors/process/strays.hpp"

namespace reeve::executors::process {

class Containment {
 public:
  explicit Containment(const Options& options);

  [[nodiscard]] const CgroupPool& cgroups() const { return cgroups_; }
  [[nodiscard]] const LimitControllers& controllers() const { return controllers_; }
  [[nodiscard]] std::vector<StoreFolders> store_folders() const;        // in every hierarchy that is used
  [[nodiscard]] bool subreaper() const { return subreaper_; }
  [[nodiscard]] bool lists_children() const { return static_cast<bool>(children_); }

 private:
  friend class Tree;

  // Living children of ours that we did not start: they were orphaned to us. Dead ones are reaped on the way. Children of an embedding
  // program are left alone: they share our session, and an attempt's processes never do.
  [[nodiscard]] std::vector<int> adopt_orphans();
  void kill_unclaimed();

  std::string incarnation_;
  CgroupPool cgroups_;
  LimitControllers controllers_;
  bool subreaper_ = false;
  int own_session_ = 0;
  Descriptor children_{};              // of our first thread: orphans always come to it
  std::unordered_set<int> leaders_{};  // first processes of attempts, not yet reaped
};

// The tree of one attempt.
class Tree {
 public:
  // Takes a leaf when cgroups are used, and sets the limits of the whole tree that are declared; see error().
  Tree(std::shared_ptr<Containment> containment, const Execution& execution);
  // `marks`: entries of the environment that its processes, and no others, have.
  Tree(std::shared_ptr<Containment> containment, std::vector<std::string> marks, const Limits& declared);
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] const std::string& what() const { return what_; }       // went wrong
  [[nodiscard]] int cgroup() const { return leaf_ ? leaf_.folder() : -1; }

  [[nodiscard]] const LimitsGroup& limits() const { return limits_; }
  [[nodiscard]] const LimitControllers& controllers() const { return containment_->controllers_; }
  [[nodiscard]] CpuTime cpu() const { return leaf_ ? leaf_.cpu() - cpu_before_ : CpuTime{}; }   // of all its processes; zero: not known

  void born(int leader);               // must be reaped only after clear()
  void signal(int number) const;       // to the process group
  void kill();                         // everything that is known now

  // After the leader's exit and before it is reaped: kills what is left until nothing is, and returns what it was. Waits as long as the
  // kernel takes to end a process: an outcome may not be given before.
  boost::asio::awaitable<std::vector<LeftChild>> clear();
  [[nodiscard]] bool empty();
  [[nodiscard]] std::vector<int> members();   // living, without the leader
  [[nodiscard]] bool unsure() const { return unsure_; }   // of the last look at members(): one of them ended meanwhile, look again

  void reaped();                       // the leader is; its pid means nothing any more

 private:
  // `unsure`: it ended, or was between two programs, while it was looked at; another look will tell.
  enum class Belongs { no, yes, unsure };
  [[nodiscard]] Belongs belongs(int pid) const;
  [[nodiscard]] std::vector<int> in_groups() const;

  std::shared_ptr<Containment> containment_;  // of the executor and of each attempt that runs
  std::vector<std::string> marks_;
  Leaf leaf_{};
  LimitsGroup limits_{};
  CpuTime cpu_before_{};
  int leader_ = 0;
  int error_ = 0;
  std::string what_{};
  bool unsure_ = false;                       // of the last look at members()
};

}  // namespace reeve::executors::process
