#include "cli/compose/locate.hpp"

#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "config/configuration.hpp"

namespace reeve::cli::compose {
namespace {

// Relative paths in XDG variables are to be ignored, says their specification.
std::optional<std::string> folder_in(const Surroundings& around, const char* variable) {
  const auto value = around.environment(variable);
  if (!value || value->empty() || value->front() != '/') return std::nullopt;
  return value;
}

std::string user_folder(const Surroundings& around, const char* variable, const char* below_home) {
  if (auto folder = folder_in(around, variable)) return *folder;
  if (auto home = folder_in(around, "HOME")) return *home + below_home;
  throw std::runtime_error(std::string("neither ") + variable + " nor HOME is set, so there is no place for reeve's files; set one of them");
}

std::optional<std::string> named(const std::string& option, const Surroundings& around, const char* variable) {
  if (!option.empty()) return option;
  auto value = around.environment(variable);
  if (value && !value->empty()) return value;
  return std::nullopt;
}

std::optional<std::string> socket_in_file(const std::string& file) {
  const config::Loaded loaded = config::load(file, process_environment);
  if (!loaded.errors.empty()) return std::nullopt;
  return loaded.configuration.api.socket;
}

}  // namespace

Surroundings surroundings(Environment environment) {
  const auto exists = [](const std::string& path) {
    std::error_code ignored{};
    return std::filesystem::exists(path, ignored);
  };
  return {std::move(environment), geteuid() == 0, exists};
}

std::string config_file(const Choices& choices, const Surroundings& around) {
  if (auto file = named(choices.config, around, "REEVE_CONFIG")) return *file;
  if (!around.root && !folder_in(around, "XDG_CONFIG_HOME") && !folder_in(around, "HOME")) return {};
  const std::string file =
      around.root ? "/etc/reeve/reeve.yaml" : user_folder(around, "XDG_CONFIG_HOME", "/.config") + "/reeve/reeve.yaml";
  return around.exists(file) ? file : std::string{};
}

std::string default_socket(const Surroundings& around) {
  if (around.root) return "/run/reeve/reeve.sock";
  if (const auto runtime = folder_in(around, "XDG_RUNTIME_DIR")) return *runtime + "/reeve/reeve.sock";
  return user_folder(around, "XDG_STATE_HOME", "/.local/state") + "/reeve/reeve.sock";
}

std::string default_store(const Surroundings& around) {
  if (around.root) return "/var/lib/reeve/reeve.db";
  return user_folder(around, "XDG_STATE_HOME", "/.local/state") + "/reeve/reeve.db";
}

FoundSocket find_socket(const Choices& choices, const Surroundings& around, const SocketIn& socket_in) {
  if (auto socket = named(choices.socket, around, "REEVE_SOCKET")) return {*socket, {}};
  const std::string file = config_file(choices, around);
  if (file.empty()) return {default_socket(around), {}};
  const auto socket = socket_in(file);
  if (!socket) {
    const std::string fallback = default_socket(around);
    return {fallback, file + " has errors (see `reeve check`), so its api.socket is unknown; trying " + fallback};
  }
  return {socket->empty() ? default_socket(around) : *socket, {}};
}

FoundSocket find_socket(const Choices& choices, const Surroundings& around) { return find_socket(choices, around, socket_in_file); }

}  // namespace reeve::cli::compose
