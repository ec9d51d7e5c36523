#include "executors/process/identity.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace reeve::executors::process {
namespace {

constexpr std::size_t record_bytes = 64 << 10;

struct User { std::string name; uid_t uid; gid_t gid; std::string home; };

// A name of digits alone is a number; there are no such names.
std::optional<id_t> number_in(const std::string& account) {
  id_t number = 0;
  const auto [end, error] = std::from_chars(account.data(), account.data() + account.size(), number);
  if (error != std::errc() || end != account.data() + account.size()) return std::nullopt;
  return number;
}

std::optional<User> find_user(const std::string& user) {
  std::vector<char> buffer(record_bytes);
  passwd record{};
  passwd* found = nullptr;
  const auto number = number_in(user);
  const int error = number ? ::getpwuid_r(*number, &record, buffer.data(), buffer.size(), &found)
                           : ::getpwnam_r(user.c_str(), &record, buffer.data(), buffer.size(), &found);
  if (error != 0 || found == nullptr) return std::nullopt;
  return User{found->pw_name, found->pw_uid, found->pw_gid, found->pw_dir};
}

std::optional<gid_t> find_group(const std::string& group) {
  std::vector<char> buffer(record_bytes);
  ::group record{};
  ::group* found = nullptr;
  if (const auto number = number_in(group)) return *number;
  if (::getgrnam_r(group.c_str(), &record, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return std::nullopt;
  return found->gr_gid;
}

std::vector<gid_t> groups_of(const std::string& user, gid_t gid) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgrouplist(user.c_str(), gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    ::getgrouplist(user.c_str(), gid, groups.data(), &count);
  }
  groups.resize(static_cast<std::size_t>(count));
  std::sort(groups.begin(), groups.end());   // as the kernel keeps them
  return groups;
}

// An unprivileged daemon that is already who it should be has nothing to switch, and could not.
bool already_is(const Credentials& who) { return ::geteuid() != 0 && who.uid == ::geteuid() && who.gid == ::getegid(); }

}  // namespace

std::variant<Identity, UnknownIdentity> resolve_identity(const std::string& user, const std::string& group) {
  Identity identity;
  if (user.empty() && group.empty()) return identity;
  Credentials who{::geteuid(), ::getegid(), {}};
  std::string name;
  if (!user.empty()) {
    const auto found = find_user(user);
    if (!found) return UnknownIdentity{"user: " + user + " is no user of this machine; create it or correct the name"};
    who = {found->uid, found->gid, {}};
    identity.home = found->home;
    name = found->name;
  }
  if (!group.empty()) {
    const auto found = find_group(group);
    if (!found) return UnknownIdentity{"group: " + group + " is no group of this machine; create it or correct the name"};
    who.gid = *found;
  }
  who.groups = name.empty() ? std::vector<gid_t>{who.gid} : groups_of(name, who.gid);
  if (!already_is(who)) identity.credentials = std::move(who);
  return identity;
}

}  // namespace reeve::executors::process
