#include "cli/session.hpp"

#include <istream>
#include <ostream>
#include <utility>

#include "cli/compose/locate.hpp"
#include "cli/relative_time.hpp"
#include "cli/text_safety.hpp"
#include "supervisor/clock.hpp"

namespace reeve::cli {

Session::Session(Streams streams, GlobalOptions options, Terminal terminal, Environment environment)
    : streams_(streams), options_(std::move(options)), terminal_(terminal), environment_(std::move(environment)) {}

const std::string& Session::socket() {
  if (!socket_) {
    const compose::FoundSocket found = compose::find_socket({options_.config, options_.socket}, compose::surroundings(environment_));
    if (!found.remark.empty()) say(found.remark);
    socket_ = found.path;
  }
  return *socket_;
}

Connection& Session::daemon() {
  if (!daemon_) daemon_.emplace(socket());
  return *daemon_;
}

Connection Session::another_connection() { return Connection(socket()); }

store::Timestamp Session::now() const { return supervisor::SystemClock{}.now(); }

Cell Session::when(std::optional<store::Timestamp> at) const {
  if (!at) return {};
  return {relative_to(*at, now()), Tone::plain, store::to_rfc3339(*at)};
}

std::string Session::moment_text(store::Timestamp at) const { return terminal_.out ? relative_to(at, now()) : store::to_rfc3339(at); }

void Session::say(std::string_view text) const { streams_.err << text << '\n' << std::flush; }

void Session::print(std::string_view text) const { streams_.out << text << '\n'; }

std::string Session::shown_line(std::string_view text) const { return options_.raw ? std::string(text) : safe_line(text); }

std::string Session::shown_text(std::string_view text) const { return options_.raw ? std::string(text) : safe_text(text); }

bool Session::confirms(std::string_view question) const {
  streams_.err << question << " [y/N] " << std::flush;
  std::string answer{};
  std::getline(streams_.in, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace reeve::cli
