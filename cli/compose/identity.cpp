#include "cli/compose/identity.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace reeve::cli::compose {
namespace {

std::string hex(std::uint64_t number) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
  return text.data();
}

// FNV-1a: the same in every build, which std::hash does not promise.
std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
  return hash;
}

std::string boot_id() {
  std::string id{};
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::getline(file, id);
  return id;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

}  // namespace

std::string make_incarnation() {
  std::array<std::uint64_t, 2> bits{};
  if (getrandom(bits.data(), sizeof bits, 0) != static_cast<ssize_t>(sizeof bits))
    throw std::system_error(errno, std::system_category(), "the kernel gives no random numbers");
  return hex(bits[0]) + hex(bits[1]);
}

std::string id_of_store(const std::string& url) {
  if (url.starts_with("memory:")) return make_incarnation().substr(0, 16);
  const std::string path = url.substr(url.find(':') + 1);
  std::error_code error{};
  const auto canonical = std::filesystem::weakly_canonical(path, error);
  return hex(hash_of(error ? path : canonical.string()));
}

store::RunnerIdentity make_identity(const std::string& name, const std::string& incarnation) {
  return {name.empty() ? host_name() : name, boot_id(), incarnation, getpid()};
}

}  // namespace reeve::cli::compose
