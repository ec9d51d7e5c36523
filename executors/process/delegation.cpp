#include "executors/process/delegation.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <system_error>

#include "executors/process/cgroup_file.hpp"
#include "executors/process/descriptor.hpp"
#include "executors/process/proc.hpp"

namespace reeve::executors::process {
namespace {

constexpr std::string_view seat = "/supervisor";

// Those that the hierarchy above gives us.
std::vector<std::string> offered_by(const std::string& folder, const std::vector<std::string>& wanted) {
  std::vector<std::string> found;
  std::istringstream words(read_file(folder + "/cgroup.controllers"));
  for (std::string word; words >> word;) {
    if (std::find(wanted.begin(), wanted.end(), word) != wanted.end()) found.push_back(word);
  }
  return found;
}

int write_to(const std::string& folder, const char* file, std::string_view text) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened ? write_cgroup_file(opened.get(), file, text) : errno;
}

bool marked_as_delegated(const std::string& folder) {
  char value = 0;
  return (::getxattr(folder.c_str(), "user.delegate", &value, 1) == 1 || ::getxattr(folder.c_str(), "trusted.delegate", &value, 1) == 1) && value == '1';
}

bool alone_in(const std::string& folder) { return parse_pids(read_file(folder + "/cgroup.procs")) == std::vector<int>{::getpid()}; }

// Empty when we have moved; otherwise why not.
std::string take_seat(const std::string& folder, bool container_root) {
  if (!container_root && !marked_as_delegated(folder)) return folder + " is not delegated to the daemon (Delegate=yes in its unit does that)";
  if (!alone_in(folder)) return "other processes live in " + folder + "; give the daemon a cgroup of its own";
  const std::string chair = folder + std::string(seat);
  if (::mkdir(chair.c_str(), 0755) != 0 && errno != EEXIST) return chair + ": " + std::generic_category().message(errno);
  const int error = write_to(chair, "cgroup.procs", "0");
  return error == 0 ? std::string() : chair + ": " + std::generic_category().message(error);
}

// Whoever started us may have put us into the seat already: an earlier life of this process, or systemd with DelegateSubgroup=.
std::string above_seat(const std::string& own) {
  if (!own.ends_with(seat)) return own;
  const std::string above = own.substr(0, own.size() - seat.size());
  return read_file(above + "/cgroup.procs").empty() ? above : own;
}

}  // namespace

std::vector<std::string> hand_down(const std::string& folder, const std::vector<std::string>& controllers) {
  std::vector<std::string> handed;
  for (const auto& controller : controllers) {
    if (write_to(folder, "cgroup.subtree_control", "+" + controller) == 0) handed.push_back(controller);
  }
  return handed;
}

Delegation take_delegation(const std::string& own, bool container_root, const std::vector<std::string>& wanted) {
  Delegation delegation;
  delegation.folder = above_seat(own);
  const auto offered = offered_by(delegation.folder, wanted);
  delegation.controllers = hand_down(delegation.folder, offered);
  if (delegation.controllers.size() < offered.size()) {
    delegation.why = take_seat(delegation.folder, container_root);
    if (delegation.why.empty()) delegation.controllers = hand_down(delegation.folder, offered);
  }
  if (offered.empty()) delegation.why = "the v2 hierarchy has no controllers for limits in " + delegation.folder;
  return delegation;
}

}  // namespace reeve::executors::process
