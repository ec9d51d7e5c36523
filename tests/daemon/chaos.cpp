// The handler that misbehaves on request: runs the script it finds in its payload.
//
// The payload is a JSON string without escapes; commands are separated by ';' and words by blanks: "progress 10; sleep 50; exit 3".
// `chaos --script "..."` takes the script from its arguments and never touches stdin.
//
// Whatever it is told, it first writes `BEGIN task attempt epoch pid mono_ns` to the file LAB_WITNESS, and `END ...` before it ends by
// itself: one line, one write to a file opened for appending, so that lines of many processes never mix. Between the two it looks for a
// process of another attempt of the same task and says `MEET ... other_pid` when it sees one: no later reasoning about clocks is needed.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Words = std::vector<std::string>;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

long long monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

void sleep_ms(long ms) {
  const long long end = monotonic_ns() + ms * 1'000'000LL;
  for (long long left = end - monotonic_ns(); left > 0; left = end - monotonic_ns()) {
    timespec pause{left / 1'000'000'000LL, left % 1'000'000'000LL};
    nanosleep(&pause, nullptr);
  }
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      poll(&ready, 1, -1);
      continue;
    }
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string read_file(const std::string& path) {
  std::string text;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char block[65536];
  for (ssize_t got = 0; (got = read(fd, block, sizeof block)) > 0;) text.append(block, static_cast<std::size_t>(got));
  close(fd);
  return text;
}

// ---------------------------------------------------------------------------------------------------------------- witness

void witness(std::string_view word, const std::string& more = {}) {
  const std::string path = variable("LAB_WITNESS");
  if (path.empty()) return;
  const int fd = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return;
  std::ostringstream line;
  line << word << ' ' << variable("REEVE_TASK_ID") << ' ' << variable("REEVE_ATTEMPT") << ' ' << variable("REEVE_EPOCH") << ' ' << getpid()
       << ' ' << monotonic_ns() << ' ' << variable("REEVE_KIND") << more << '\n';
  const std::string text = line.str();
  if (write(fd, text.data(), text.size()) < 0) std::abort();
  close(fd);
}

std::map<std::string, std::string> environment_of(const std::string& pid) {
  std::map<std::string, std::string> found;
  std::istringstream entries(read_file("/proc/" + pid + "/environ"));
  for (std::string entry; std::getline(entries, entry, '\0');)
    if (const auto equals = entry.find('='); equals != std::string::npos) found[entry.substr(0, equals)] = entry.substr(equals + 1);
  return found;
}

// The leader of a process group that was told to die may still be on its way out; what counts is a live one.
bool runs(const std::string& pid) {
  const std::string stat = read_file("/proc/" + pid + "/stat");
  const auto name_end = stat.rfind(')');
  return name_end != std::string::npos && name_end + 2 < stat.size() && stat[name_end + 2] != 'Z' && stat[name_end + 2] != 'X';
}

void look_for_others() {
  const std::string lab = variable("LAB_ID"), task = variable("REEVE_TASK_ID"), epoch = variable("REEVE_EPOCH");
  DIR* processes = lab.empty() ? nullptr : opendir("/proc");
  if (!processes) return;
  while (const dirent* entry = readdir(processes)) {
    const std::string pid = entry->d_name;
    if (pid.find_first_not_of("0123456789") != std::string::npos || pid == std::to_string(getpid())) continue;
    const auto other = environment_of(pid);
    const auto holds = [&](const char* name, const std::string& value) { const auto at = other.find(name); return at != other.end() && at->second == value; };
    if (holds("LAB_ID", lab) && holds("REEVE_TASK_ID", task) && !holds("REEVE_EPOCH", epoch) && runs(pid)) witness("MEET", " " + pid);
  }
  closedir(processes);
}

// --------------------------------------------------------------------------------------------------------------- protocol

void frame(const std::string& line) { write_all(3, line + "\n"); }

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
  return bytes;
}

void await_frame(const std::string& type) {
  std::string seen;
  const std::string wanted = "\"" + type + "\"";
  char block[4096];
  while (seen.find(wanted) == std::string::npos) {
    pollfd ready{3, POLLIN, 0};
    if (poll(&ready, 1, -1) < 0) continue;
    const ssize_t got = read(3, block, sizeof block);
    if (got == 0) return;
    if (got > 0) seen.append(block, static_cast<std::size_t>(got));
  }
}

// ----------------------------------------------------------------------------------------------------------------- output

// `bytes` of lines of 100 characters, or of one endless line.
void flood(int fd, long long bytes, bool lines) {
  std::string block(64000, 'x');
  if (lines)
    for (std::size_t at = 99; at < block.size(); at += 100) block[at] = '\n';
  for (; bytes > 0; bytes -= static_cast<long long>(block.size())) {
    if (bytes < static_cast<long long>(block.size())) block.resize(static_cast<std::size_t>(bytes));
    if (!write_all(fd, block)) return;
  }
}

// -------------------------------------------------------------------------------------------------------------- processes

[[noreturn]] void linger() {
  for (;;) pause();
}

void forget_descriptors() {
  const int nothing = open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= 3; ++fd) dup2(nothing, fd);
}

void leave_child(bool own_session, bool orphan, bool quiet) {
  const pid_t child = fork();
  if (child > 0 && orphan) waitpid(child, nullptr, 0);
  if (child != 0) return;
  if (own_session) setsid();
  if (orphan && fork() != 0) _exit(0);
  if (quiet) forget_descriptors();
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  linger();
}

void fork_bomb() {
  for (;;)
    if (fork() < 0) sleep_ms(5);
}

volatile std::sig_atomic_t noted = 0;
void note_signal(int number) { noted = number; }

void ignore_all() {
  for (int number = 1; number < 65; ++number) signal(number, SIG_IGN);
  sigset_t all{};
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
}

[[noreturn]] void die_of(int number) {
  witness("END");
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  signal(number, SIG_DFL);
  sigset_t one{};
  sigemptyset(&one);
  sigaddset(&one, number);
  sigprocmask(SIG_UNBLOCK, &one, nullptr);
  kill(getpid(), number);
  for (;;) sleep_ms(1000);  // the signal stops, or is ignored by default
}

[[noreturn]] void leave(int code) {
  witness("END");
  _exit(code);
}

// What the kernel says this process is: the probe of what a handler starts with.
void dump(const std::string& path) {
  std::ostringstream text;
  text << "pid " << getpid() << "\nppid " << getppid() << "\nsid " << getsid(0) << "\npgid " << getpgrp() << "\n";
  const mode_t mask = umask(0);
  umask(mask);
  text << "umask " << std::oct << mask << std::dec << "\n";
  char target[4096];
  if (const ssize_t size = readlink("/proc/self/cwd", target, sizeof target); size > 0) text << "cwd " << std::string_view(target, static_cast<std::size_t>(size)) << "\n";
  for (int fd = 0; fd < 1024; ++fd) {
    const std::string name = "/proc/self/fd/" + std::to_string(fd);
    if (const ssize_t size = readlink(name.c_str(), target, sizeof target); size > 0) text << "fd " << fd << " " << std::string_view(target, static_cast<std::size_t>(size)) << "\n";
  }
  text << read_file("/proc/self/status");
  std::string environment = read_file("/proc/self/environ");
  for (char& byte : environment)
    if (byte == '\0') byte = '\n';
  std::istringstream entries(environment);
  for (std::string entry; std::getline(entries, entry);) text << "env " << entry << "\n";
  const std::string pending = path + ".part";
  const int fd = open(pending.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  write_all(fd, text.str());
  close(fd);
  rename(pending.c_str(), path.c_str());
}

void touch(const std::string& path) { close(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666)); }

void await_file(const std::string& path) {
  while (access(path.c_str(), F_OK) != 0) sleep_ms(3);
}

void open_fifo(const std::string& path) {
  int fd = -1;
  while ((fd = open(path.c_str(), O_RDONLY | O_CLOEXEC)) < 0 && errno == EINTR) {}
  char byte = 0;
  while (read(fd, &byte, 1) < 0 && errno == EINTR) {}
}

void hold_memory(long megabytes) {
  for (long i = 0; i < megabytes; ++i) {
    char* block = static_cast<char*>(std::malloc(1 << 20));
    if (!block) leave(3);
    std::memset(block, 1, 1 << 20);
  }
}

// ----------------------------------------------------------------------------------------------------------------- script

using Command = std::function<void(const Words&)>;

long long figure(const Words& words, std::size_t at, long long otherwise = 0) { return at < words.size() ? std::atoll(words[at].c_str()) : otherwise; }
std::string word(const Words& words, std::size_t at) { return at < words.size() ? words[at] : std::string(); }

const std::map<std::string, Command>& commands() {
  static const std::map<std::string, Command> table{
      {"note", [](const Words&) {}},  // makes a payload unlike any other
      {"sleep", [](const Words& w) { sleep_ms(figure(w, 1)); }},
      {"spin", [](const Words& w) { for (const long long end = monotonic_ns() + figure(w, 1) * 1'000'000; monotonic_ns() < end;) {} }},
      {"exit", [](const Words& w) { leave(static_cast<int>(figure(w, 1))); }},
      {"sig", [](const Words& w) { die_of(static_cast<int>(figure(w, 1))); }},
      {"segv", [](const Words&) { die_of(SIGSEGV); }},
      {"abort", [](const Words&) { die_of(SIGABRT); }},
      {"stop", [](const Words&) { kill(getpid(), SIGSTOP); }},
      {"ignore", [](const Words& w) { if (word(w, 1) == "TERM") signal(SIGTERM, SIG_IGN); else ignore_all(); }},
      {"catch", [](const Words&) { signal(SIGTERM, note_signal); }},
      {"await_stop", [](const Words&) { while (noted == 0) sleep_ms(3); }},
      {"await_cancel", [](const Words&) { signal(SIGTERM, SIG_IGN); await_frame("cancel"); }},
      {"fork", [](const Words& w) { for (long long i = 0; i < figure(w, 1, 1); ++i) leave_child(false, false, false); }},
      {"setsid", [](const Words&) { leave_child(true, false, false); }},
      {"dfork", [](const Words&) { leave_child(true, true, false); }},
      {"daemon", [](const Words&) { leave_child(true, true, true); }},
      {"forkbomb", [](const Words&) { fork_bomb(); }},
      {"mem", [](const Words& w) { hold_memory(figure(w, 1)); }},
      {"out", [](const Words& w) { flood(1, figure(w, 1), true); }},
      {"err", [](const Words& w) { flood(2, figure(w, 1), true); }},
      {"nonl", [](const Words& w) { flood(1, figure(w, 1), false); }},
      {"empty", [](const Words& w) { const std::string lines(static_cast<std::size_t>(figure(w, 1)), '\n'); write_all(1, lines); }},
      {"badutf8", [](const Words&) { write_all(1, "\xff\xfe \xc0\x80 \xed\xa0\x80 \xf5\x80\x80\x80 end\n"); }},
      {"print", [](const Words& w) { write_all(1, from_hex(word(w, 1)) + "\n"); }},
      {"eprint", [](const Words& w) { write_all(2, from_hex(word(w, 1)) + "\n"); }},
      {"result", [](const Words& w) { frame(R"({"type":"result","value":")" + std::string(static_cast<std::size_t>(figure(w, 1)), 'r') + R"("})"); }},
      {"value", [](const Words& w) { frame(R"({"type":"result","value":)" + from_hex(word(w, 1)) + "}"); }},
      {"error", [](const Words& w) { frame(R"({"type":"error","code":")" + word(w, 1) + R"(","message":"as asked"})"); }},
      {"reject", [](const Words& w) { frame(R"({"type":"reject","code":")" + word(w, 1) + R"(","message":"as asked"})"); }},
      {"snooze", [](const Words& w) { frame(R"({"type":"snooze","for_ms":)" + word(w, 1) + "}"); }},
      {"progress", [](const Words& w) { frame(R"({"type":"progress","percent":)" + word(w, 1) + R"(,"label":")" + word(w, 2) + R"("})"); }},
      {"beat", [](const Words&) { frame(R"({"type":"beat"})"); }},
      {"log", [](const Words& w) { frame(R"({"type":"log","level":"warn","message":")" + word(w, 1) + R"("})"); }},
      {"send", [](const Words& w) { write_all(3, from_hex(word(w, 1))); }},
      {"halfframe", [](const Words&) { write_all(3, R"({"type":"prog)"); }},
      {"garbage", [](const Words&) { frame("\x01\xff} not json {"); }},
      {"write", [](const Words& w) { touch(word(w, 1)); }},
      {"gate", [](const Words& w) { await_file(word(w, 1)); }},
      {"fifo", [](const Words& w) { open_fifo(word(w, 1)); }},
      {"dump", [](const Words& w) { dump(word(w, 1)); }},
      {"repeat", [](const Words&) {}},  // `repeat N command words`: see run()
      {"fail_first", [](const Words& w) { if (std::atoi(variable("REEVE_ATTEMPT").c_str()) <= figure(w, 1)) leave(1); }},
  };
  return table;
}

Words split(const std::string& text, char by) {
  Words parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, by);)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

void run(const Words& words) {
  if (words.empty()) return;
  const auto command = commands().find(words[0]);
  if (command == commands().end()) {
    write_all(2, "chaos: no such command: " + words[0] + "\n");
    leave(64);
  }
  if (words[0] != "repeat") return command->second(words);
  const Words rest(words.begin() + 2, words.end());
  for (long long i = 0; i < figure(words, 1); ++i) run(rest);
}

std::string script_of_stdin() {
  std::string payload;
  char block[65536];
  for (ssize_t got = 0; (got = read(0, block, sizeof block)) > 0;) payload.append(block, static_cast<std::size_t>(got));
  const auto open_quote = payload.find('"'), close_quote = payload.rfind('"');
  return open_quote == std::string::npos || close_quote == open_quote ? std::string() : payload.substr(open_quote + 1, close_quote - open_quote - 1);
}

}  // namespace

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  witness("BEGIN");
  look_for_others();
  const std::string script = argc == 3 && std::string_view(argv[1]) == "--script" ? argv[2] : script_of_stdin();
  for (const std::string& command : split(script, ';')) run(split(command, ' '));
  leave(0);
}
