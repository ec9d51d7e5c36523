// Where the built-in `http` is sent.
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace reeve::executors::in_daemon {

struct Url {
  bool tls = false;
  std::string host{};              // as it is looked up and verified: no brackets
  std::string port{};
  std::string authority{};         // as the header `host` says it
  std::string target{};            // path and query, never empty
  bool operator==(const Url&) const = default;

  [[nodiscard]] bool same_origin(const Url& other) const { return tls == other.tls && host == other.host && port == other.port; }
  [[nodiscard]] std::string text() const { return (tls ? "https://" : "http://") + authority + target; }
};

struct BadUrl { std::string message{}; };

// Only http and https, without a user or password.
[[nodiscard]] std::variant<Url, BadUrl> parse_url(std::string_view text);

// Where an answer sends the request next: `location` may be relative to where it came from.
[[nodiscard]] std::variant<Url, BadUrl> resolve_url(const Url& base, std::string_view location);

}  // namespace reeve::executors::in_daemon
