#include <unistd.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <map>
#include <ostream>

#include "cli/command_result.hpp"
#include "cli/compose/guest_daemon.hpp"
#include "cli/enqueue_options.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/log_reader.hpp"
#include "cli/problem.hpp"
#include "cli/selector.hpp"
#include "cli/task_view.hpp"
#include "cli/verbs/verbs.hpp"
#include "cli/waiting.hpp"

namespace reeve::cli {
namespace {

// What a command needs to feel at home, and nothing secret. Everything else comes with --env.
constexpr const char* home_variables[] = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ"};

class Run final : public Verb {
 public:
  About about() const override {
    return {"run", "run a command as a task: durable, supervised, without any configuration",
            "  reeve run -- make -j4                           see its output, exit with its code\n"
            "  reeve run --retries 5 --timeout 10m -- rsync -a src/ host:dst/\n"
            "  reeve run --detach -- ./nightly.sh              print the id and go on\n"
            "  reeve run --env TOKEN --env MODE=fast -- ./job  pass TOKEN on, set MODE\n"};
  }

  void declare(Grammar& grammar) override {
    options_.declare(grammar);
    grammar.option("--retries", retries_, "N", "try again so often (0)");
    grammar.option("--cwd", cwd_, "DIR", "where it runs (here)");
    grammar.option("--env", env_, "NAME[=VALUE]", "may be given again and again; NAME alone passes this shell's value on");
    grammar.flag("-d,--detach", detach_, "do not wait");
    grammar.flag("-w,--wait", wait_, "wait (usual)");
    grammar.after_dashes("the command and its arguments", command_);
  }

  int run(Session& session) override {
    if (command_.empty() || command_.front().empty()) throw UsageError("run what? Put the command after two dashes: reeve run -- make -j4");
    if (detach_ && wait_) throw UsageError("--detach and --wait exclude each other; leave one of them out");
    const std::string body = request(session);
    if (detach_) return detach(session, body);
    return attach(session, body);
  }

 private:
  [[nodiscard]] std::string environment(const Session& session) const {
    std::map<std::string, std::string> variables{};
    for (const char* name : home_variables)
      if (const auto value = session.environment()(name)) variables[name] = *value;
    for (const std::string& word : env_) {
      const std::size_t equals = word.find('=');
      if (word.empty() || equals == 0) throw UsageError("--env: \"" + word + "\" names no variable; write NAME=value or NAME");
      if (equals != std::string::npos) variables[word.substr(0, equals)] = word.substr(equals + 1);
      else if (const auto value = session.environment()(word)) variables[word] = *value;
      else throw UsageError("--env " + word + ": there is no such variable here; write " + word + "=value");
    }
    JsonObject object{};
    for (const auto& [name, value] : variables) object.add(name, value);
    return object.text();
  }

  [[nodiscard]] std::string folder() const {
    std::error_code error{};
    const auto here = std::filesystem::absolute(cwd_.value_or("."), error).lexically_normal();
    if (error || !std::filesystem::is_directory(here, error)) throw UsageError("--cwd: " + cwd_.value_or(".") + " is no directory");
    return here.string();
  }

  [[nodiscard]] std::string request(const Session& session) const {
    if (retries_ && (*retries_ < 0 || *retries_ > 1'000)) throw UsageError("--retries: " + std::to_string(*retries_) + " is not from 0 to 1000");
    JsonObject task{};
    task.add("kind", "reeve.command").add("command", command_).add("cwd", folder()).add_raw("env", environment(session));
    const int tries = retries_.value_or(0) + 1;
    task.add("max_attempts", tries).add("max_crashes", tries);
    options_.add_to(task);
    return task.text();
  }

  int detach(Session& session, const std::string& body) const {
    const Answer answer = session.daemon().post("/v1/tasks", body, options_.headers());
    session.print(session.json() ? answer.body : std::to_string(integer_in(answer.object(), "id").value_or(0)));
    return ExitCode::ok;
  }

  int attach(Session& session, const std::string& body) const {
    std::atomic<std::int64_t> id{0};
    const std::string socket = session.socket();
    std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is seen by print()
    Interrupt interrupt([&id, &socket](int times) { on_interrupt(id, socket, times); });
    std::unique_ptr<compose::GuestDaemon> guest{};
    const Answer answer = enqueue(session, body, guest);
    id = integer_in(answer.object(), "id").value_or(0);
    const std::string path = std::to_string(id);
    const int code = report(session, follow(session, path, guest), path);
    session.out().flush();
    id = 0;
    if (guest) guest->end([&session] { session.say("other tasks still run here: waiting for their end (Ctrl-C: leave at once)"); });
    return code;
  }

  // The task at its end. Its daemon may have been the guest of another `run`, and gone with it: then this process serves.
  std::string follow(Session& session, const std::string& path, std::unique_ptr<compose::GuestDaemon>& guest) const {
    bool is_read = true;
    LogReader reader(session, {path, {}, {}}, [&](std::string_view line) {
      if (is_read) print(session, line);
      if (is_read && !session.out()) end_unread(session, path);
      is_read = static_cast<bool>(session.out());
    });
    while (true) {
      try {
        reader.follow();
        return wait_for(session, path, std::nullopt, Daemon::has_answered).task;
      } catch (const api::Unreachable&) {
        if (guest || is_named(session)) throw;
        guest = take_over(session);
      }
    }
  }

  // The daemon that went away may still be letting go of the store, or another `run` may have taken it: then there is a daemon again.
  static std::unique_ptr<compose::GuestDaemon> take_over(Session& session) {
    const auto begun = std::chrono::steady_clock::now();
    while (true) {
      try {
        return serve_here(session);
      } catch (const std::runtime_error&) {
        if (is_reachable(session)) return nullptr;
        if (std::chrono::steady_clock::now() - begun > restart_patience) throw;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
  }

  // With nobody there to run it, this process does - unless a socket was named: then that daemon was meant and no other.
  Answer enqueue(Session& session, const std::string& body, std::unique_ptr<compose::GuestDaemon>& guest) const {
    if (!is_reachable(session)) {
      if (is_named(session)) session.daemon().get("/healthz");
      guest = serve_here(session);
    }
    return session.daemon().post("/v1/tasks", body, options_.headers());
  }

  static bool is_named(const Session& session) { return !session.options().socket.empty() || !session.environment()("REEVE_SOCKET").value_or("").empty(); }

  static std::unique_ptr<compose::GuestDaemon> serve_here(Session& session) {
    auto guest = std::make_unique<compose::GuestDaemon>(compose::Choices{session.options().config, {}}, compose::surroundings(session.environment()));
    session.say("no daemon on " + session.socket() + ": serving here until the task is done");
    return guest;
  }

  static bool is_reachable(Session& session) {
    try {
      session.daemon().get("/healthz");
      return true;
    } catch (const Problem&) {
      return true;  // it is not well, but it is there
    } catch (const api::Unreachable&) {
      return false;
    }
  }

  // On a thread of its own: with a connection of its own.
  static void on_interrupt(std::int64_t id, const std::string& socket, int times) {
    if (id == 0 || times > 1) _exit(ExitCode::interrupted);
    std::cerr << "cancelling task " << id << " (once more: leave at once)\n";
    try {
      Connection(socket).post("/v1/tasks/" + std::to_string(id) + "/cancel", JsonObject{}.add("reason", "interrupted at the terminal").text());
    } catch (const std::exception& error) {
      std::cerr << "reeve: cannot cancel: " << error.what() << '\n';
    }
  }

  // Without `run` the command would learn that nobody takes its output any more; so its task ends here too.
  static void end_unread(Session& session, const std::string& id) {
    session.say("nobody reads the output any more: cancelling task " + id);
    session.daemon().post("/v1/tasks/" + id + "/cancel", JsonObject{}.add("reason", "nobody reads its output").text());
  }

  static void print(const Session& session, std::string_view json) {
    if (session.json()) {
      session.print(json);
    } else {
      const Object line = parse_object(json);
      const std::string stream = text_in(line, "stream");
      std::ostream& out = stream == "stdout" ? session.out() : session.err();
      const bool terminal = stream == "stdout" ? session.terminal().out : session.terminal().err;
      out << (terminal ? message_of_line(session, line) : bytes_of_line(line)) << '\n' << std::flush;
    }
    session.out().flush();
  }

  static int report(const Session& session, const std::string& json, const std::string& id) {
    const Object task = parse_object(json);
    if (session.json()) session.print(json);
    const int code = exit_code_of_command(task);
    if (code != ExitCode::ok)
      session.say("task " + id + " " + text_in(task, "status") + ": " + session.shown_line(error_text(object_in(task, "error"))));
    return code;
  }

  EnqueueOptions options_{};
  std::optional<int> retries_{};
  std::optional<std::string> cwd_{};
  std::vector<std::string> env_{};
  bool detach_ = false;
  bool wait_ = false;
  std::vector<std::string> command_{};
};

}  // namespace

std::unique_ptr<Verb> make_run() { return std::make_unique<Run>(); }

}  // namespace reeve::cli
