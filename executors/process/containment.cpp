#include "executors/process/containment.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "executors/process/proc.hpp"

namespace reeve::executors::process {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds longest_reaping_pause{50};
// A process that shows no environment is between two programs for a moment, or has cleared it for good.
constexpr milliseconds longest_doubt{200};

std::string read_again(const Descriptor& file) {   // of a file in /proc that stays open
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t count = 0; (count = ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()))) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  return text;
}

}  // namespace

Containment::Containment(const Options& options) : incarnation_(options.incarnation), cgroups_(options), controllers_(options, cgroups_) {
  subreaper_ = ::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
  own_session_ = ::getsid(0);
  const std::string path = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
  children_ = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

std::vector<StoreFolders> Containment::store_folders() const {
  std::vector<StoreFolders> all{{cgroups_.store_folder(), cgroups_.own_folder()}};
  for (const Resource resource : {Resource::memory, Resource::processes, Resource::processors}) {
    const Holder& holder = controllers_.holder(resource);
    all.push_back({holder.store_folder, holder.own_folder});
  }
  return all;
}

// One that is found dead may have left children to us after the list was read: then the list is read again.
std::vector<int> Containment::adopt_orphans() {
  std::vector<int> orphans;
  for (bool again = true; again;) {
    again = false;
    orphans.clear();
    for (const int pid : parse_pids(read_again(children_))) {
      if (leaders_.contains(pid)) continue;
      const auto stat = read_stat(pid);
      if (!stat || stat->parent != ::getpid() || stat->session == own_session_) continue;
      if (!stat->dead()) orphans.push_back(pid);
      else again |= ::waitpid(pid, nullptr, WNOHANG) == pid;
    }
  }
  return orphans;
}

void Containment::kill_unclaimed() {
  for (const int pid : adopt_orphans()) {
    const Descriptor pidfd = open_pidfd(pid);
    const auto stat = read_stat(pid);
    if (!pidfd || !stat || stat->parent != ::getpid()) continue;
    send_signal(pidfd, SIGKILL);
    if (wait_for_exit(pidfd.get(), longest_reaping_pause)) ::waitpid(pid, nullptr, WNOHANG);   // otherwise it is reaped with the next orphans
  }
}

Tree::Tree(std::shared_ptr<Containment> containment, const Execution& execution)
    : Tree(std::move(containment), {"REEVE_TASK_ID=" + std::to_string(execution.task), "REEVE_EPOCH=" + std::to_string(execution.epoch)},
           execution.process->limits) {}

Tree::Tree(std::shared_ptr<Containment> containment, std::vector<std::string> marks, const Limits& declared)
    : containment_(std::move(containment)), marks_(std::move(marks)) {
  marks_.push_back("REEVE_RUNNER=" + containment_->incarnation_);
  LimitControllers& controllers = containment_->controllers_;
  if (containment_->cgroups_.available()) {
    leaf_ = controllers.wants_leaf(declared) ? containment_->cgroups_.take_fresh() : containment_->cgroups_.take();
    error_ = leaf_ ? 0 : leaf_.error();
    what_ = leaf_.path();
    cpu_before_ = leaf_ ? leaf_.cpu() : CpuTime{};
  }
  if (error_ != 0) return;
  limits_ = controllers.make(declared, leaf_);
  error_ = limits_.error();
  what_ = limits_.what();
}

Tree::~Tree() {
  const bool cleared = leader_ == 0;
  if (!cleared) reaped();
  containment_->controllers_.give_back(std::move(limits_));
  if (!leaf_) return;
  if (!cleared) leaf_.kill();   // the attempt was dropped with its loop; nobody may be born in there again
  else containment_->cgroups_.give_back(std::move(leaf_));
}

void Tree::born(int leader) {
  leader_ = leader;
  limits_.close_entrances();
  containment_->leaders_.insert(leader);
}

// The leader is not reaped yet, so its number still means this group and no other.
void Tree::signal(int number) const { ::kill(-leader_, number); }

void Tree::kill() {
  limits_.shut();
  signal(SIGKILL);
  if (leaf_) leaf_.kill();
  for (const int pid : members()) {   // who left the cgroup, or the group where there is no cgroup
    const Descriptor pidfd = open_pidfd(pid);
    if (pidfd && belongs(pid) == Belongs::yes) send_signal(pidfd, SIGKILL);
  }
}

// Up the chain of parents: a descendant is ours when an ancestor is, until the one that was orphaned to us.
Tree::Belongs Tree::belongs(int pid) const {
  const auto inside = in_groups();
  if (std::find(inside.begin(), inside.end(), pid) != inside.end()) return Belongs::yes;
  bool blank = false;
  for (int at = pid, steps = 0; at > 1 && at != ::getpid() && steps < 1000; ++steps) {
    const auto stat = read_stat(at);
    // Who it leaves behind is orphaned to us only now, and was not in the list that was looked through.
    if (!stat || stat->dead()) return Belongs::unsure;
    if (stat->session == leader_ || stat->group == leader_) return Belongs::yes;
    const std::string environment = read_environment(at);
    if (std::all_of(marks_.begin(), marks_.end(), [&](const std::string& mark) { return has_entry(environment, mark); })) return Belongs::yes;
    blank |= environment.empty();
    at = stat->parent;
    if (at == leader_) return Belongs::yes;
  }
  return blank ? Belongs::unsure : Belongs::no;
}

std::vector<int> Tree::in_groups() const {
  std::vector<int> inside = leaf_ && leaf_.populated() ? leaf_.members() : std::vector<int>{};
  for (const int pid : limits_.members()) {
    if (std::find(inside.begin(), inside.end(), pid) == inside.end()) inside.push_back(pid);
  }
  return inside;
}

std::vector<int> Tree::members() {
  std::vector<int> found = in_groups();
  std::erase(found, leader_);
  unsure_ = false;
  for (const int orphan : containment_->adopt_orphans()) {
    if (std::find(found.begin(), found.end(), orphan) != found.end()) continue;
    const Belongs whose = belongs(orphan);
    if (whose == Belongs::yes) found.push_back(orphan);
    unsure_ |= whose == Belongs::unsure;
  }
  if (!leaf_ || !found.empty()) {
    for (const int child : children_of(leader_)) {
      if (std::find(found.begin(), found.end(), child) == found.end()) found.push_back(child);
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      for (const int child : children_of(found[i])) {
        if (std::find(found.begin(), found.end(), child) == found.end()) found.push_back(child);
      }
    }
  }
  const auto gone = std::erase_if(found, [](int pid) {
    const auto stat = read_stat(pid);
    return !stat || stat->dead();
  });
  unsure_ |= gone > 0;   // what they had started comes to us now
  return found;
}

bool Tree::empty() { return members().empty() && !unsure_; }

asio::awaitable<std::vector<LeftChild>> Tree::clear() {
  std::vector<LeftChild> left;
  asio::steady_timer pause(co_await asio::this_coro::executor);
  milliseconds delay{1};
  auto doubt_ends = std::chrono::steady_clock::now() + longest_doubt;
  for (;;) {
    const auto living = members();
    if (living.empty()) {
      if (!unsure_ || std::chrono::steady_clock::now() > doubt_ends) break;
      pause.expires_after(milliseconds{1});
      co_await pause.async_wait(asio::use_awaitable);
      continue;
    }
    std::vector<Descriptor> dying;
    for (const int pid : living) {
      const bool known = std::any_of(left.begin(), left.end(), [&](const LeftChild& child) { return child.pid == pid; });
      if (!known) left.push_back(LeftChild{pid, read_command(pid)});
      dying.push_back(open_pidfd(pid));
    }
    kill();
    // Not for ever: one that was between two programs has escaped this round, and is looked for anew.
    int waits = 0;
    do {
      pause.expires_after(delay);
      co_await pause.async_wait(asio::use_awaitable);
      delay = std::min(delay * 2, longest_reaping_pause);
    } while (++waits < 6 && std::any_of(dying.begin(), dying.end(), [](const Descriptor& pidfd) { return pidfd && !has_exited(pidfd.get()); }));
    doubt_ends = std::chrono::steady_clock::now() + longest_doubt;   // who it orphaned may be in doubt in its turn
  }
  co_return left;
}

void Tree::reaped() {
  containment_->leaders_.erase(leader_);
  leader_ = 0;
  if (containment_->leaders_.empty()) containment_->kill_unclaimed();
}

}  // namespace reeve::executors::process
