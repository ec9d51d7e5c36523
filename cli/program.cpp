#include "cli/program.hpp"

#include <unistd.h>

#include <ostream>
#include <system_error>

#include "cli/exit_code.hpp"
#include "cli/parser.hpp"
#include "cli/problem.hpp"
#include "cli/selector.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

constexpr const char* system_socket = "/run/reeve/reeve.sock";

ColourChoice colour_choice(const std::string& word) {
  if (word == "always") return ColourChoice::always;
  return word == "never" ? ColourChoice::never : ColourChoice::automatic;
}

// A user whose own daemon does not run may have meant the system's.
std::string hint(Session& session) {
  const bool other = session.socket() != system_socket && access(system_socket, F_OK) == 0;
  return other ? "; the system's daemon has a socket: --socket " + std::string(system_socket) : "";
}

int say_unreachable(Session& session, const std::string& reason) {
  session.say("reeve: no daemon answers: " + safe_line(reason) + hint(session));
  return ExitCode::unreachable;
}

int say(Session& session, const std::string& sentence, int code) {
  session.say("reeve: " + sentence);
  return code;
}

int run_guarded(Verb& verb, Session& session) {
  try {
    return verb.run(session);
  } catch (const UsageError& error) {
    return say(session, error.what(), ExitCode::usage);
  } catch (const Problem& problem) {
    if (session.json()) session.print(problem.body());
    return say(session, problem.what(), problem.exit_code());
  } catch (const api::Unreachable& error) {
    return say_unreachable(session, error.what());
  } catch (const std::exception& error) {
    return say(session, safe_line(error.what()), ExitCode::failed);
  }
}

int run_verb(Verb& verb, Session& session) {
  const int code = run_guarded(verb, session);
  session.out().flush();
  if (session.out()) return code;
  return say(session, "cannot write to stdout", ExitCode::io_error);
}

}  // namespace

int run_program(std::vector<std::string> arguments, Session::Streams streams, const Environment& environment) {
  const Verbs verbs = all_verbs();
  GlobalOptions globals{};
  const Parsed parsed = parse(std::move(arguments), verbs, globals);
  if (const auto* help = std::get_if<ShowHelp>(&parsed)) {
    streams.out << help->text << std::flush;
    if (streams.out) return ExitCode::ok;
    streams.err << "reeve: cannot write to stdout\n" << std::flush;
    return ExitCode::io_error;
  }
  if (const auto* refusal = std::get_if<RefuseUsage>(&parsed)) {
    streams.err << "reeve: " << one_line(refusal->message) << '\n' << std::flush;
    return ExitCode::usage;
  }
  const Terminal terminal = look_at_terminal(environment, colour_choice(globals.colour));
  Session session(streams, globals, terminal, environment);
  return run_verb(*std::get<RunVerb>(parsed).verb, session);
}

}  // namespace reeve::cli
