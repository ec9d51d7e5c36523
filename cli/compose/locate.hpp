// Where things are when nobody says: the configuration file, the socket, the store.
//
//   configuration   --config, REEVE_CONFIG, else $XDG_CONFIG_HOME/reeve/reeve.yaml for a user and /etc/reeve/reeve.yaml for root, if it exists
//   socket          --socket, REEVE_SOCKET, api.socket of that file, else $XDG_RUNTIME_DIR/reeve/reeve.sock for a user (under
//                   $XDG_STATE_HOME when there is no runtime directory) and /run/reeve/reeve.sock for root
//   store           store.url of that file, else $XDG_STATE_HOME/reeve/reeve.db for a user and /var/lib/reeve/reeve.db for root
//
// Nothing is ever put in /tmp: everybody may write there.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/terminal.hpp"

namespace reeve::cli::compose {

// What the answer depends on; a value, so that tests can be anybody anywhere.
struct Surroundings {
  Environment environment{};
  bool root = false;
  std::function<bool(const std::string&)> exists{};
};

// This process, with the environment given.
[[nodiscard]] Surroundings surroundings(Environment environment);

struct Choices {
  std::string config{};  // --config
  std::string socket{};  // --socket
};

// Empty: there is none. A file that was named is given whether or not it exists.
[[nodiscard]] std::string config_file(const Choices& choices, const Surroundings& around);

// These throw std::runtime_error when neither XDG variables nor HOME say where a user's files are.
[[nodiscard]] std::string default_socket(const Surroundings& around);
[[nodiscard]] std::string default_store(const Surroundings& around);

struct FoundSocket {
  std::string path{};
  std::string remark{};  // a sentence for stderr, when the configuration file could not be used
};

// `socket_in` gives api.socket of a configuration file; nullopt when the file is not usable.
using SocketIn = std::function<std::optional<std::string>(const std::string& file)>;
[[nodiscard]] FoundSocket find_socket(const Choices& choices, const Surroundings& around, const SocketIn& socket_in);
// The same, reading the real file.
[[nodiscard]] FoundSocket find_socket(const Choices& choices, const Surroundings& around);

}  // namespace reeve::cli::compose
