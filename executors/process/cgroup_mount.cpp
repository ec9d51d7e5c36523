#include "executors/process/cgroup_mount.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace reeve::executors::process {
namespace {

bool has_word(std::string_view list, std::string_view word) {   // of words between commas
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (list.substr(0, comma) == word) return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

// A line is <number>:<controllers>:<path>; the v2 hierarchy is 0 and has an empty list.
std::string path_in_hierarchy(const std::string& cgroups, std::string_view controller) {
  std::istringstream memberships(cgroups);
  for (std::string line; std::getline(memberships, line);) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto controllers = std::string_view(line).substr(first + 1, second - first - 1);
    const bool wanted = controller.empty() ? line.starts_with("0::") : has_word(controllers, controller);
    if (wanted) return line.substr(second + 1);
  }
  return {};
}

// A line is <id> <parent> <device> <root> <mount point> ... - <type> <source> <options>.
bool is_hierarchy(const std::string& line, std::string_view controller) {
  const auto separator = line.find(controller.empty() ? " - cgroup2 " : " - cgroup ");
  if (separator == std::string::npos) return false;
  return controller.empty() || has_word(std::string_view(line).substr(line.rfind(' ') + 1), controller);
}

}  // namespace

std::string own_cgroup_folder(const std::string& mountinfo, const std::string& cgroups, std::string_view controller) {
  std::string inside = path_in_hierarchy(cgroups, controller);
  if (inside.empty()) return {};
  std::istringstream mounts(mountinfo);
  for (std::string line; std::getline(mounts, line);) {
    if (!is_hierarchy(line, controller)) continue;
    std::istringstream fields(line);
    std::string skip, root, mount;
    fields >> skip >> skip >> skip >> root >> mount;
    if (root != "/" && inside.starts_with(root)) inside.erase(0, root.size());   // a part of the hierarchy is mounted
    return inside.empty() || inside == "/" ? mount : mount + inside;
  }
  return {};
}

std::string own_cgroup_folder(const std::string& mountinfo, const std::string& cgroups) { return own_cgroup_folder(mountinfo, cgroups, {}); }

std::string cgroup_name_of(std::string_view id) {
  std::string name(id.empty() ? "unnamed" : id.substr(0, 100));
  std::replace_if(name.begin(), name.end(), [](unsigned char letter) { return !std::isalnum(letter) && letter != '-'; }, '_');
  return name;
}

}  // namespace reeve::executors::process
