// Everything one run of the CLI has at hand: its streams, its terminal, its options, and the daemon once it is asked for.
#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/connection.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "store/time.hpp"

namespace reeve::cli {

// The options that every verb takes.
struct GlobalOptions {
  std::string socket{};
  std::string config{};
  std::string colour = "auto";
  bool json = false;
  bool raw = false;
  bool yes = false;
};

class Session {
 public:
  struct Streams {
    std::istream& in;
    std::ostream& out;   // data
    std::ostream& err;   // talk
  };

  Session(Streams streams, GlobalOptions options, Terminal terminal, Environment environment);

  [[nodiscard]] const GlobalOptions& options() const { return options_; }
  [[nodiscard]] const Terminal& terminal() const { return terminal_; }
  [[nodiscard]] const Environment& environment() const { return environment_; }
  [[nodiscard]] std::istream& in() const { return streams_.in; }
  [[nodiscard]] std::ostream& out() const { return streams_.out; }
  [[nodiscard]] std::ostream& err() const { return streams_.err; }
  [[nodiscard]] Paper paper() const { return {terminal_.out, terminal_.width, terminal_.colour}; }
  [[nodiscard]] bool json() const { return options_.json; }

  // The socket this run talks to; found once (compose/locate.hpp).
  [[nodiscard]] const std::string& socket();
  // The one connection of this run. Nothing is sent before a request is made.
  Connection& daemon();
  // A connection of its own, for a live stream beside requests.
  [[nodiscard]] Connection another_connection();

  [[nodiscard]] store::Timestamp now() const;
  // "3m ago" for people; programs get `exact`.
  [[nodiscard]] Cell when(std::optional<store::Timestamp> at) const;
  [[nodiscard]] std::string moment_text(store::Timestamp at) const;

  // One line of talk.
  void say(std::string_view text) const;
  // One line of data.
  void print(std::string_view text) const;
  // Text of a task, made safe unless --raw.
  [[nodiscard]] std::string shown_line(std::string_view text) const;
  [[nodiscard]] std::string shown_text(std::string_view text) const;
  // Asks on the terminal; "y" or "yes" agrees.
  [[nodiscard]] bool confirms(std::string_view question) const;

 private:
  Streams streams_;
  GlobalOptions options_;
  Terminal terminal_;
  Environment environment_;
  std::optional<std::string> socket_{};
  std::optional<Connection> daemon_{};
};

}  // namespace reeve::cli
