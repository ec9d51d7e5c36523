// What no single key of a handler shows.

#include <sys/stat.h>
#include <unistd.h>

#include "config/bytes.hpp"
#include "config/scalars.hpp"
#include "config/sections.hpp"
#include "handlers/schema/json_schema.hpp"

namespace reeve::config {

namespace {

// Keys that mean something for one executor only.
constexpr std::string_view process_keys[] = {"command", "stop_signal", "env", "cwd", "umask", "user", "group", "nice",
                                             "payload", "result", "result_limit", "exit_codes", "limits", "sandbox", "output"};

class HandlerCheck {
 public:
  HandlerCheck(Reading& reading, const Entry& entry, const HandlerDraft& draft) : reading_(reading), entry_(entry), draft_(draft) {}

  void all() {
    executor_fits();
    times_fit();
    retry_fits();
    output_fits();
    schemas_fit();
    time_is_limited();
    program_is_safe();
  }

 private:
  [[nodiscard]] const Node* given(std::string_view key) const { return entry_.value.find(key); }
  [[nodiscard]] bool runs_process() const { return draft_.handler.executor == "process" || runs_workers(); }
  [[nodiscard]] bool runs_workers() const { return draft_.handler.executor == "worker"; }

  // The executor was given and could not be read: what it needs is not known.
  [[nodiscard]] bool executor_unknown() const {
    const Node* executor = given("executor");
    return executor && executor->text != draft_.handler.executor;
  }

  void error(std::string_view key, std::string message) { say(key, std::move(message), &Reading::error); }
  void warn(std::string_view key, std::string message) { say(key, std::move(message), &Reading::warn); }

  void say(std::string_view key, std::string message, void (Reading::*how)(Place, std::string)) {
    const Reading::Step step{reading_, key};
    (reading_.*how)(place_of_key(key), std::move(message));
  }

  Place place_of_key(std::string_view key) const {
    for (const Entry& entry : entry_.value.entries)
      if (entry.key == key) return entry.place;
    return entry_.place;
  }

  void executor_fits() {
    if (executor_unknown()) return;
    if (draft_.handler.executor == "remote") remote_fits();
    else if (draft_.handler.executor == "thread") thread_fits();
    else if (runs_process()) process_fits();
    else inline_fits();
    if (given("lease") && draft_.handler.executor != "remote") error("lease", "means something for executor: remote only; remove it");
    if (runs_workers()) check_worker(reading_, entry_, draft_);
    else refuse_worker_keys(reading_, entry_);
    for (const std::string_view key : {"plugin", "function"})
      if (given(key) && draft_.handler.executor != "thread") error(key, "means something for executor: thread only; add that or remove it");
    if (given("with") && draft_.builtin != "http") error("with", "means something for builtin: http only; remove it");
  }

  void process_fits() {
    if (!given("command"))
      reading_.error(entry_.place, given("builtin") ? "a builtin runs inside the daemon; add executor: inline" : "no command; write command: [/path/to/program, argument]");
    else if (given("builtin")) error("builtin", "a handler has either a command or a builtin; remove one of them");
  }

  void inline_fits() {
    if (!given("builtin")) reading_.error(entry_.place, "an inline handler needs a builtin; write builtin: noop, echo, sleep, fail or http");
    for (const std::string_view key : process_keys)
      if (given(key)) error(key, "means nothing for executor inline, which has no process; remove it or use executor: process");
  }

  void thread_fits() {
    if (!given("plugin") && !given("function"))
      reading_.error(entry_.place, "a handler on a thread needs a function; write plugin: /path/to/library.so, or function: with a name that the program registered");
    if (given("plugin") && given("function")) error("function", "a handler has either a plugin or a function; remove one of them");
    for (const std::string_view key : process_keys)
      if (given(key)) error(key, "means nothing for executor thread, which has no process; remove it or use executor: process");
    if (given("builtin")) error("builtin", "a builtin runs on the loop; write executor: inline, or remove it");
  }

  void remote_fits() {
    for (const std::string_view key : process_keys)
      if (given(key)) error(key, "means nothing for executor remote, whose workers run elsewhere; remove it");
    if (given("builtin")) error("builtin", "means nothing for executor remote; remove it");
  }

  void times_fit() {
    const handlers::Handler& handler = draft_.handler;
    if (handler.timeout && handler.soft_timeout && *handler.soft_timeout >= *handler.timeout)
      error("soft_timeout", "the warning after " + store::to_text(*handler.soft_timeout) + " would come no earlier than the timeout of " +
                                store::to_text(*handler.timeout) + "; write a shorter soft_timeout");
    if (handler.timeout && handler.watchdog && *handler.watchdog >= *handler.timeout)
      warn("watchdog", "never bites: the timeout of " + store::to_text(*handler.timeout) + " ends the attempt first; write a shorter watchdog");
    if (given("on_stale") && !given("watchdog")) warn("on_stale", "means nothing without a watchdog; add one, for example watchdog: 60s");
  }

  void retry_fits() {
    const Node* retry = given("retry");
    if (!retry) return;
    const Reading::Step step{reading_, "retry"};
    const handlers::RetryPolicy& policy = draft_.handler.retry;
    if (const Node* crashes = retry->find("crashes"); crashes && draft_.on_crash == OnCrash::fail && policy.crashes != 1)
      crashes_contradict(*crashes);
    if (policy.base > policy.max) {
      const Node* base = retry->find("base");
      const Node* max = retry->find("max");
      reading_.error(base ? base->place : max ? max->place : retry->place,
                     "the first pause (base " + store::to_text(policy.base) + ") is longer than the longest (max " + store::to_text(policy.max) + "); write base below max");
    }
    if (const Node* ratio = retry->find("jitter_ratio"); ratio && policy.jitter != handlers::Jitter::ratio)
      reading_.warn(ratio->place, "jitter_ratio means nothing without jitter: ratio");
    if (const Node* factor = retry->find("factor"); factor && policy.backoff != handlers::Backoff::exponential)
      reading_.warn(factor->place, "factor means nothing without backoff: exponential");
  }

  void crashes_contradict(const Node& crashes) {
    const Reading::Step step{reading_, "crashes"};
    reading_.error(crashes.place, "crashes is " + std::to_string(draft_.handler.retry.crashes) + ", but on_crash: fail ends the task at the first; remove one of them");
  }

  void output_fits() {
    const Node* output = given("output");
    if (draft_.output && output && (output->find("head") || output->find("tail")))
      error("output", "limits.output already says how much is kept; remove it, or output.head and output.tail");
  }

  void time_is_limited() {
    if (runs_process() && !executor_unknown() && !given("timeout"))
      reading_.warn(entry_.place, "no timeout: a hung process holds its place for ever; write timeout: 5m or as long as it may take");
  }

  void schemas_fit() {
    constexpr auto most = static_cast<std::int64_t>(handlers::JsonSchema::value_bytes_max);
    const std::string checked = "at most " + size_text(most) + " are checked against a schema; write a smaller limit, or remove the schema";
    if (given("payload_schema") && draft_.handler.payload_bytes_max > most) error("payload_limit", checked);
    if (given("result_schema") && draft_.process.result_bytes_max > most) error("result_limit", checked);
    const Node* result = given("result");
    if (given("result_schema") && result && result->text == "none") error("result_schema", "there is no result with result: none; remove one of them");
  }

  // A program that others may change runs their code as the daemon's user.
  void program_is_safe() {
    if (draft_.process.command.empty() || draft_.process.command.front().find('/') == std::string::npos) return;
    const std::string& program = draft_.process.command.front();
    if (program.find("{payload") != std::string::npos) return;
    struct stat facts {};
    if (::stat(program.c_str(), &facts) != 0) return warn("command", shown(program) + " cannot be found now; install it before tasks of this kind are due");
    if (facts.st_mode & S_IWOTH) warn("command", "everybody may change " + shown(program) + ", which runs as the daemon's user; chmod o-w");
    if (!S_ISREG(facts.st_mode)) warn("command", shown(program) + " is not a regular file, so it cannot be run");
    else if ((facts.st_mode & 0111) == 0) warn("command", shown(program) + " is not executable; chmod +x");
  }

  Reading& reading_;
  const Entry& entry_;
  const HandlerDraft& draft_;
};

}  // namespace

void check_handler(Reading& reading, const Entry& entry, const HandlerDraft& draft) { HandlerCheck{reading, entry, draft}.all(); }

}  // namespace reeve::config
