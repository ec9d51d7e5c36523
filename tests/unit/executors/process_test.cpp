// Real processes, also hostile ones, through the `process` executor.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <fstream>

#include "tests/unit/executors/bodies.hpp"

using namespace reeve::executors;
using namespace reeve::executors::testing;
namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("reeve-test-" + std::to_string(::getpid()))) {
    fs::create_directories(path_);
    fs::permissions(path_, fs::perms(0755));
  }
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] std::string write(const std::string& name, const std::string& content, int mode) const {
    const auto file = path_ / name;
    std::ofstream(file) << content;
    fs::permissions(file, fs::perms(mode));
    return file;
  }
  [[nodiscard]] std::string path() const { return path_; }

 private:
  fs::path path_;
};

SpawnFailed refusal_of(const std::string& command) {
  auto spec = std::make_shared<ProcessSpec>();
  spec->command = {command};
  return refusal(spec);
}

}  // namespace

TEST_CASE("each exit code of a real body is told apart", "[process][exit]") {
  Bench bench;
  for (int code = 0; code < 256; ++code) {
    const auto outcome = bench.run("process", execution_of(shell("exit " + std::to_string(code))));
    REQUIRE(outcome.exit.code == code);
    REQUIRE_FALSE(outcome.exit.signal.has_value());
    REQUIRE(succeeded(outcome) == (code == 0));
  }
}

TEST_CASE("each fatal signal of a real body is a crash", "[process][exit]") {
  Bench bench;
  for (int signal = 1; signal < 32; ++signal) {
    if (signal == SIGCHLD || signal == SIGCONT || signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU ||
        signal == SIGURG || signal == SIGWINCH)
      continue;   // these end nobody
    const std::string said = signal % 2 == 0 ? "" : R"(echo '{"type":"result","value":1}' >&3; )";
    const auto outcome = bench.run("process", execution_of(shell(said + "kill -" + std::to_string(signal) + " $$")));
    INFO(signal);
    REQUIRE(std::holds_alternative<Crashed>(outcome.end));
    REQUIRE(std::get<Crashed>(outcome.end).signal == signal);
    REQUIRE(outcome.exit.signal == signal);
  }
}

TEST_CASE("a body has the descriptors 0 to 3 and no other", "[process][setup]") {
  const int leak = ::open("/dev/null", O_RDONLY);   // of a careless library: without close-on-exec
  Run run(python("import os; print(sorted(int(n) for n in os.listdir('/proc/self/fd'))[:5])"));
  ::close(leak);
  CHECK(run.out() == "[0, 1, 2, 3, 4]\n");   // 4 is the folder that is being listed
}

TEST_CASE("a body has an empty signal mask and default dispositions", "[process][setup]") {
  ::signal(SIGHUP, SIG_IGN);
  Run run(shell("grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status; exec true"));
  ::signal(SIGHUP, SIG_DFL);
  CHECK(run.out().find("SigBlk:\t0000000000000000") != std::string::npos);
  CHECK(run.out().find("SigIgn:\t0000000000000000") != std::string::npos);
}

TEST_CASE("a body leads a session, dies with the daemon and gains no privileges", "[process][setup]") {
  Run run(python("import os,ctypes\nn=ctypes.c_int()\nctypes.CDLL(None).prctl(2,ctypes.byref(n))\n"
                 "print(os.getsid(0)==os.getpid(), os.getpgid(0)==os.getpid(), n.value)\n"
                 "print([l for l in open('/proc/self/status') if 'NoNewPrivs' in l][0].split()[1])"));
  CHECK(run.out() == "True True 9\n1\n");
}

TEST_CASE("a body sees its environment and nothing of the daemon's", "[process][setup]") {
  ::setenv("CANARY_OF_THE_DAEMON", "secret", 1);
  auto spec = shell("env | cut -d= -f1 | grep -v -e PWD -e SHLVL -e ^_ | sort | tr '\\n' ' '");
  spec->env = {{"MINE", "1"}};
  Run run(spec);
  CHECK(run.out() ==
        "HOME LANG MINE PATH REEVE_ATTEMPT REEVE_EPOCH REEVE_FD REEVE_KIND REEVE_LABELS REEVE_MAX_ATTEMPTS REEVE_QUEUE REEVE_RUNNER REEVE_STORE "
        "REEVE_TASK_ID \n");
}

TEST_CASE("limits, umask, nice and folder are as declared", "[process][setup]") {
  auto spec = shell("ulimit -n; ulimit -f; ulimit -t; umask; nice; pwd");
  spec->limits.open_files = 64;
  spec->limits.file_size_bytes = 1 << 20;
  spec->limits.cpu = std::chrono::seconds(100);
  spec->umask = 027;
  spec->nice = 5;
  spec->cwd = "/usr";
  Run run(spec);
  CHECK(run.out() == "64\n2048\n100\n0027\n5\n/usr\n");
}

TEST_CASE("without cgroups a body that needs more memory than its limit gets none", "[process][setup]") {
  auto spec = python("x = bytearray(2 << 30)");
  spec->limits.memory_bytes = 512 << 20;
  Run run(spec, with_cgroups(false));
  CHECK(std::holds_alternative<Failed>(run.outcome.end));
  CHECK(run.outcome.stderr_tail.find("MemoryError") != std::string::npos);
}

TEST_CASE("a body runs as its user and cannot come back", "[process][setup][root]") {
  if (::geteuid() != 0) return;
  auto spec = python("import os\nprint(os.getresuid(), os.getresgid())\ntry:\n  os.setuid(0)\n  print('root again')\nexcept PermissionError:\n  print('no way back')");
  spec->user = "nobody";
  Run run(spec);
  CHECK(run.out() == "(65534, 65534, 65534) (65534, 65534, 65534)\nno way back\n");
  CHECK(run.outcome.stderr_tail.empty());
}

TEST_CASE("a user or group that does not exist is named, and nothing runs", "[process][setup]") {
  auto spec = shell("true");
  spec->user = "no-such-user";
  CHECK(refusal(spec).message.find("no-such-user") != std::string::npos);
  spec = shell("true");
  spec->group = "no-such-group";
  CHECK(refusal(spec).message.find("no-such-group") != std::string::npos);
}

TEST_CASE("a program that cannot be executed is named, with what to do", "[process][spawn]") {
  const Folder folder;
  CHECK(refusal_of("/no/such/program").error == ENOENT);
  CHECK(refusal_of("no-such-program-in-path").message.find("PATH") != std::string::npos);
  CHECK(refusal_of(folder.path()).message.find("is a folder") != std::string::npos);
  CHECK(refusal_of(folder.write("plain", "#!/bin/sh\n", 0644)).message.find("chmod") != std::string::npos);
  CHECK(refusal_of(folder.write("bare", "echo hello\n", 0755)).error == ENOEXEC);
  CHECK(refusal_of(folder.write("broken", std::string("\x7f" "ELF") + std::string(100, '\1'), 0755)).error == ENOEXEC);
  CHECK(refusal_of(folder.write("lost", "#!/no/such/interpreter\n", 0755)).message.find("interpreter") != std::string::npos);
  CHECK(refusal_of(folder.write("file", "", 0755) + "/program").error == ENOTDIR);
  const auto busy = folder.path() + "/busy";
  fs::copy_file("/bin/true", busy);
  const int writing = ::open(busy.c_str(), O_WRONLY | O_CLOEXEC);
  CHECK(refusal_of(busy).error == ETXTBSY);
  ::close(writing);
  auto spec = shell("true");
  spec->cwd = "/no/such/folder";
  CHECK(refusal(spec).step == "cwd");
}

TEST_CASE("whatever descriptor is the one that is missing, nothing leaks and the step is named", "[process][spawn]") {
  Bench bench;
  bench.run("process", execution_of(shell("true")));
  const auto before = open_descriptors();
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  int refused = 0;
  for (rlim_t room = 0; room < 24; ++room) {
    const int highest = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(highest);
    const rlimit tight{static_cast<rlim_t>(highest) + room, limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &tight);
    const auto outcome = bench.run("process", execution_of(shell("exit 0"), R"({"a":1})"));
    ::setrlimit(RLIMIT_NOFILE, &limit);
    INFO(room);
    if (const auto* failed = std::get_if<SpawnFailed>(&outcome.end)) {
      ++refused;
      CHECK_FALSE(failed->step.empty());
      CHECK(failed->error != 0);
    } else {
      CHECK(succeeded(outcome));
    }
    CHECK(open_descriptors() == before);
    CHECK(children().empty());
  }
  CHECK(refused >= 6);
  CHECK(refused < 24);
}

TEST_CASE("a payload reaches stdin whole, or a private file", "[process][payload]") {
  const std::string payload = "\"" + std::string(300'000, 'p') + "\"";
  Run on_stdin(shell("wc -c"), payload);
  CHECK(on_stdin.out() == "300002\n");
  auto spec = shell("cat \"$REEVE_PAYLOAD_FILE\" | wc -c; stat -c %a \"$REEVE_PAYLOAD_FILE\"; cat");
  spec->payload = PayloadBy::file;
  Run in_file(spec, payload);
  CHECK(in_file.out() == "300002\n400\n");
  CHECK(fs::is_empty(options().attempt_dir));
  spec = shell("cat");
  spec->payload = PayloadBy::none;
  CHECK(Run(spec, payload).out().empty());
}

TEST_CASE("a body that never reads 16 MiB on stdin harms nobody", "[process][payload]") {
  const double took = seconds_of([] { CHECK(succeeded(Run(shell("exit 0"), "\"" + std::string(16 << 20, 'x') + "\"").outcome)); });
  CHECK(took < 5);
}

TEST_CASE("a megabyte flows both ways at once", "[process][payload]") {
  const std::string payload = "\"" + std::string((1 << 20) - 2, 'x') + "\"";
  Run run(python("import sys,os\nwhile True:\n  c=sys.stdin.buffer.read(1000)\n  if not c: break\n  os.write(1,c)"), payload);
  CHECK(succeeded(run.outcome));
  CHECK(run.outcome.use.output_bytes == 1 << 20);
}

TEST_CASE("stdout can be the result", "[process][result]") {
  auto spec = shell("printf '{\"a\": 1.0}\\n'; echo note >&2");
  spec->result = ResultBy::stdout_;
  Run run(spec);
  CHECK(std::get<Succeeded>(run.outcome.end).result == "{\"a\": 1.0}");
  CHECK(run.out().empty());
  CHECK(run.witness.text(Stream::stderr_) == "note\n");
  spec->result_bytes_max = 5;
  CHECK(std::get<Failed>(Run(spec).outcome.end).code == "result_too_large");
}

TEST_CASE("half a gigabyte without a newline is bounded and quick", "[process][output]") {
  Run* done = nullptr;
  std::unique_ptr<Run> run;
  const double took = seconds_of([&] {
    run = std::make_unique<Run>(shell("head -c 536870912 /dev/zero"));
    done = run.get();
  });
  CHECK(succeeded(done->outcome));
  CHECK(done->outcome.use.output_bytes == 536870912);
  CHECK(done->outcome.use.dropped_bytes == 536870912 - (64 << 10));
  CHECK(took < 30);
}

TEST_CASE("what is written just before the exit is not lost", "[process][output]") {
  Run run(python("import os\nos.write(1,b'x'*60000+b'\\n')\nos.write(2,b'last words')\nos.write(3,b'{\"type\":\"result\",\"value\":1}')\nos._exit(0)"));
  CHECK(run.out().size() == 60001);
  CHECK(run.witness.text(Stream::stderr_) == "last words\n");
  CHECK(std::get<Succeeded>(run.outcome.end).result == "1");
}

TEST_CASE("nothing printed on stdout is taken for a message", "[process][output]") {
  Run run(shell(R"(echo '{"type":"result","value":1}'; echo '{"type":"progress","percent":5}')"));
  CHECK(std::get<Succeeded>(run.outcome.end).result.empty());
  CHECK(run.witness.reports.empty());
}

TEST_CASE("an executor stops reading when its observer holds too much", "[process][output]") {
  Bench bench;
  Witness witness;
  Brake brake;
  witness.backlog = 2 << 20;
  witness.react = [&] {
    if (!witness.resume) return;
    const auto resume = std::exchange(witness.resume, {});
    witness.backlog = 0;
    resume();
  };
  const auto outcome = bench.run("process", execution_of(shell("i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo line $i; done")), witness, brake);
  CHECK(succeeded(outcome));
  CHECK(witness.lines.size() == 200);
}

TEST_CASE("a body that ends while its observer holds too much ends all the same", "[process][output]") {
  Bench bench;
  Witness witness;
  Brake brake;
  witness.backlog = 2 << 20;
  const auto outcome = bench.run("process", execution_of(shell("echo one; echo two; exit 0")), witness, brake);
  CHECK(succeeded(outcome));
  CHECK(witness.printed("two"));
  if (witness.resume) witness.resume();   // after the end: nobody listens, nobody is hurt
}

TEST_CASE("a shell can report progress", "[process][protocol]") {
  Run run(shell(R"(echo '{"type":"progress","percent":40}' >&3)"));
  REQUIRE(run.witness.reports.size() == 1);
  CHECK(run.witness.reports[0].percent == 40);
}

TEST_CASE("the first result counts and the second is a fault", "[process][protocol]") {
  Run run(shell(R"(echo '{"type":"result","value":1}' >&3; echo '{"type":"error","code":"late"}' >&3)"));
  CHECK(std::get<Succeeded>(run.outcome.end).result == "1");
  CHECK(run.witness.faults.size() == 1);
}

TEST_CASE("a handler that talks nonsense is told apart from one that errs once", "[process][protocol]") {
  Run once(shell("echo nonsense >&3"));
  CHECK(succeeded(once.outcome));
  CHECK(once.witness.faults.size() == 1);
  Run always(shell("while :; do echo nonsense; done >&3"));
  CHECK(std::holds_alternative<ProtocolError>(always.outcome.end));
}

TEST_CASE("a protocol line without end breaks the protocol", "[process][protocol]") {
  Run run(shell("cat /dev/zero >&3"));
  CHECK(std::holds_alternative<ProtocolError>(run.outcome.end));
}

TEST_CASE("half a message and then silence breaks the protocol in ten seconds", "[process][protocol][slow]") {
  const double took = seconds_of([] {
    Run run(shell("printf '{\"type\":' >&3; exec sleep 60"));
    CHECK(std::holds_alternative<ProtocolError>(run.outcome.end));
  });
  CHECK(took < 20);
}

TEST_CASE("half a message and then the exit is a fault", "[process][protocol]") {
  Run run(shell("printf '{\"type\":' >&3"));
  CHECK(succeeded(run.outcome));
  CHECK(run.witness.faults.size() == 1);
}

TEST_CASE("a question is answered on the same line", "[process][protocol]") {
  Run run(python("import os\nf=os.fdopen(3,'r+b',0)\nf.write(b'{\"type\":\"emit\",\"id\":7}\\n')\nprint(f.readline().decode()[:40])"));
  CHECK(run.out() == "{\"re\":7,\"error\":{\"code\":\"not_available\",\n");
}

TEST_CASE("a handler hears that it should stop, and may finish first", "[process][stop]") {
  Bench bench;
  Witness witness;
  Brake brake;
  witness.react = [&] {
    if (witness.printed("ready")) brake.stop(StopReason::shutdown);
  };
  auto spec = python("import os,signal,sys\nsignal.signal(signal.SIGTERM,signal.SIG_IGN)\nprint('ready',flush=True)\nf=os.fdopen(3,'r+b',0)\n"
                     "print(f.readline().decode().strip(),flush=True)\nf.write(b'{\"type\":\"result\",\"value\":2}\\n')");
  const auto outcome = bench.run("process", execution_of(spec), witness, brake);
  CHECK(witness.printed(R"({"type":"cancel","task":11,"epoch":5,"reason":"shutdown","grace_ms":10000})"));
  CHECK(std::get<Succeeded>(outcome.end).result == "2");
}

TEST_CASE("descendants end with the attempt, whatever they do to escape", "[process][tree]") {
  const auto sleep = odd_sleep();
  const auto escape = GENERATE_COPY(as<std::string>{}, "sleep " + sleep + " & exit 0",
                                    "setsid sleep " + sleep + " & exit 0",
                                    "(setsid sh -c 'setsid sleep " + sleep + " & exit 0' & ) ; exit 0",
                                    "(trap '' TERM HUP INT; sleep " + sleep + ") & exit 0",
                                    "setsid env -i sleep " + sleep + " & exit 0",
                                    "setsid sleep " + sleep + " >/dev/null 2>&1 3>&- </dev/null & exit 0");
  const bool cgroups = GENERATE(true, false);
  const double took = seconds_of([&] {
    Run run(shell(escape), with_cgroups(cgroups));
    INFO(escape << (cgroups ? ", with cgroups" : ", without cgroups"));
    CHECK(succeeded(run.outcome));
    if (cgroups || escape.find("env -i") == std::string::npos) CHECK(run.outcome.left_children.size() >= 1);
    CHECK(processes_named("sleep " + sleep).empty());
    CHECK(children().empty());
  });
  CHECK(took < 10);
}

TEST_CASE("a stopped attempt takes its descendants with it", "[process][tree][stop]") {
  const auto sleep = odd_sleep();
  Bench bench(with_cgroups(GENERATE(true, false)));
  Witness witness;
  Brake brake;
  witness.react = [&] {
    if (witness.printed("ready")) brake.kill(StopReason::timeout);
  };
  bench.run("process", execution_of(shell("setsid sleep " + sleep + " & setsid sh -c 'sleep " + sleep + "; true' & echo ready; wait")), witness, brake);
  CHECK(processes_named("sleep " + sleep).empty());
  CHECK(children().empty());
}

TEST_CASE("a tree that was killed leaves the next attempts alone", "[process][tree]") {
  Bench bench;
  for (int i = 0; i < 8; ++i) bench.run("process", execution_of(shell("sleep 60 & exit 0")));
  for (int i = 0; i < 8; ++i) CHECK(succeeded(bench.run("process", execution_of(shell("sleep 0.01")))));
}

TEST_CASE("no cgroup is left when the executors are gone", "[process][tree]") {
  std::string folder;
  {
    Bench bench;
    for (const auto& feature : bench.executors->features()) {
      if (feature.name == "cgroup v2 kill" && feature.available) folder = feature.detail;
    }
    for (int i = 0; i < 6; ++i) bench.run("process", execution_of(shell("sleep 60 & exit 0")));
    bench.run("process", execution_of(shell("exit 0")));
    if (!folder.empty()) CHECK(fs::exists(folder));
  }
  if (!folder.empty()) CHECK_FALSE(fs::exists(folder));
}

TEST_CASE("a body whose first thread has ended is still alive", "[process][tree]") {
  Run run(python("import threading,ctypes,os,time\ndef f():\n  time.sleep(0.2)\n  os.write(1,b'still here\\n')\n  os._exit(0)\n"
                 "threading.Thread(target=f).start()\nctypes.CDLL(None).syscall(60,0)"));
  CHECK(run.out() == "still here\n");
}

TEST_CASE("what a dead incarnation left behind is removed, and nobody else is touched", "[process][strays]") {
  const auto sleep = odd_sleep();
  const auto start = [&](const std::string& store, const std::string& runner) {
    const std::string store_mark = "REEVE_STORE=" + store, runner_mark = "REEVE_RUNNER=" + runner;
    const char* argv[] = {"/bin/sleep", sleep.c_str(), nullptr};
    const char* env[] = {store_mark.c_str(), runner_mark.c_str(), nullptr};
    pid_t pid = 0;
    REQUIRE(::posix_spawn(&pid, argv[0], nullptr, nullptr, const_cast<char**>(argv), const_cast<char**>(env)) == 0);
    return pid;
  };
  const auto chosen = options();
  const pid_t stray = start(chosen.store_id, "dead");
  const pid_t own = start(chosen.store_id, chosen.incarnation);
  const pid_t foreign = start("other-store", "dead");
  Bench bench(chosen);
  const auto removed = bench.executors->remove_strays();
  REQUIRE(removed.size() == 1);
  CHECK(removed[0].pid == stray);
  CHECK(removed[0].command.find(sleep) != std::string::npos);
  int status = 0;
  CHECK(::waitpid(stray, &status, 0) == stray);
  CHECK(WTERMSIG(status) == SIGKILL);
  for (const pid_t pid : {own, foreign}) {
    CHECK(::waitpid(pid, &status, WNOHANG) == 0);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
  }
}

TEST_CASE("children die with their daemon, and the next incarnation removes what they started", "[process][strays]") {
  const auto sleep = odd_sleep();
  const auto store = "store-" + std::to_string(::getpid());
  const pid_t daemon = ::fork();
  if (daemon == 0) {   // a daemon that is killed in the middle of an attempt
    {
      Bench bench(options("first", store));
      Witness witness;
      Brake brake;
      witness.react = [&] {
        if (witness.printed("ready")) ::kill(::getpid(), SIGKILL);
      };
      bench.run("process", execution_of(shell("setsid sleep " + sleep + " & echo ready; exec sleep " + sleep)), witness, brake);
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(daemon, &status, 0) == daemon);
  REQUIRE(WIFSIGNALED(status));
  Bench bench(options("second", store));
  const auto removed = bench.executors->remove_strays();
  CHECK(removed.size() >= 1);
  CHECK(processes_named("sleep " + sleep).empty());
  for (const int pid : process::parse_pids(children())) ::waitpid(pid, nullptr, 0);
}

TEST_CASE("a storm of exits loses none", "[process][capacity]") {
  Bench bench;
  struct Attempt {
    Witness witness;
    Brake brake;
    std::optional<Outcome> outcome;
  };
  std::vector<std::unique_ptr<Attempt>> attempts;
  for (int i = 0; i < 300; ++i) {
    attempts.push_back(std::make_unique<Attempt>());
    auto& attempt = *attempts.back();
    bench.start(*bench.executors->find("process"), execution_of(shell("exit 3")), attempt.witness, attempt.brake, attempt.outcome);
  }
  REQUIRE(bench.settle());
  CHECK(std::all_of(attempts.begin(), attempts.end(), [](const auto& attempt) { return attempt->outcome && attempt->outcome->exit.code == 3; }));
  CHECK(children().empty());
}
