// What a sandboxed body may not do, tried by a body that does it.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/unit/executors/bodies.hpp"

using namespace reeve::executors;
using namespace reeve::executors::testing;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> system_folders{"/usr", "/bin", "/lib", "/lib64", "/etc"};

class Place {
 public:
  Place() : path_(fs::temp_directory_path() / ("reeve-sandbox-" + std::to_string(::getpid()))) {
    fs::create_directories(path_ / "in");
    fs::create_directories(path_ / "out");
    std::ofstream(path_ / "in" / "file") << "content\n";
    std::ofstream(path_ / "out" / "file") << "secret\n";
    for (const char* name : {"", "in", "out"}) fs::permissions(path_ / name, fs::perms(0777));
  }
  ~Place() { fs::remove_all(path_); }
  [[nodiscard]] std::string in(const std::string& name = "") const { return path_ / "in" / name; }
  [[nodiscard]] std::string out(const std::string& name = "") const { return path_ / "out" / name; }

 private:
  fs::path path_;
};

std::shared_ptr<ProcessSpec> fenced(const std::string& script, std::vector<std::string> read, std::vector<std::string> write) {
  auto spec = shell(script);
  spec->sandbox.emplace();
  spec->sandbox->read = system_folders;
  spec->sandbox->read.insert(spec->sandbox->read.end(), read.begin(), read.end());
  spec->sandbox->write = std::move(write);
  spec->sandbox->write.emplace_back("/dev/null");
  return spec;
}

std::string answers(const std::vector<std::string>& acts) {
  std::string script = "export LC_ALL=C; ";
  for (const auto& act : acts) script += "(" + act + ") >/dev/null 2>&1 && echo -n y || echo -n n; ";
  return script;
}

}  // namespace

TEST_CASE("a fenced body reads what it may and nothing else", "[sandbox][landlock]") {
  if (!has_feature("Landlock")) return;
  const Place place;
  Run run(fenced(answers({"cat " + place.in("file"), "ls " + place.in(), "cat " + place.out("file"), "ls " + place.out(), "echo x >> " + place.in("file"),
                          "touch " + place.in("new"), "rm " + place.in("file"), "cat /proc/self/status"}),
                 {place.in()}, {}));
  CHECK(run.out() == "yynnnnnn\n");
  CHECK(process::read_file(place.in("file")) == "content\n");
}

TEST_CASE("a fenced body changes what it may and nothing else", "[sandbox][landlock]") {
  if (!has_feature("Landlock")) return;
  const Place place;
  Run run(fenced(answers({"echo x > " + place.in("new"), "mkdir " + place.in("folder"), "mv " + place.in("new") + " " + place.in("folder/"),
                          "cat " + place.in("file"), "rm " + place.in("file"), "echo x > " + place.out("new"), "ln " + place.in("folder/new") + " " + place.out("link"),
                          "truncate -s 0 " + place.out("file"), "echo x > /dev/null"}),
                 {}, {place.in()}));
  CHECK(run.out() == "yyyyynnny\n");
  CHECK(process::read_file(place.out("file")) == "secret\n");
}

TEST_CASE("a fence holds for descendants, and what was open stays open", "[sandbox][landlock]") {
  if (!has_feature("Landlock")) return;
  const Place place;
  auto spec = fenced("wc -c; setsid sh -c 'cat " + place.out("file") + "' 2>/dev/null; echo done", {}, {});
  Run run(spec, "\"payload\"");
  CHECK(run.out() == "9\ndone\n");
}

TEST_CASE("the program and its payload file need no permission, its loader does", "[sandbox][landlock]") {
  if (!has_feature("Landlock")) return;
  const Place place;
  fs::copy_file("/bin/cat", place.out("program"));
  auto spec = fenced("", {}, {});
  spec->command = {place.out("program"), "/dev/stdin"};
  spec->sandbox->read.emplace_back("/proc");
  CHECK(succeeded(Run(spec).outcome));
  spec = fenced("cat $REEVE_PAYLOAD_FILE", {}, {});
  spec->payload = PayloadBy::file;
  CHECK(Run(spec, "[1]").out() == "[1]\n");
  spec = shell("exit 0");
  spec->sandbox.emplace();
  spec->sandbox->read = {place.in()};
  const auto failed = refusal(spec);
  CHECK(failed.step == "exec");
  CHECK(failed.message.find("read: has to name its loader") != std::string::npos);
}

TEST_CASE("a sandbox that names what does not exist refuses the start and says which", "[sandbox][landlock]") {
  if (!has_feature("Landlock")) return;
  const auto failed = refusal(fenced("exit 0", {"/no/such/folder"}, {}));
  CHECK(failed.step == "sandbox");
  CHECK(failed.message.find("read: /no/such/folder") != std::string::npos);
}

TEST_CASE("private temporary folders are empty, writable and gone afterwards", "[sandbox][mounts]") {
  if (!has_feature("mount namespace")) return;
  const Place place;
  auto spec = shell("ls /tmp /var/tmp | grep -c reeve; echo x > /tmp/reeve-mine && echo x > /var/tmp/reeve-mine && cat /tmp/reeve-mine; stat -c %a /tmp");
  spec->sandbox.emplace();
  spec->sandbox->private_tmp = true;
  Run run(spec);
  CHECK(run.out() == "0\nx\n1777\n");
  CHECK_FALSE(fs::exists("/tmp/reeve-mine"));
  CHECK_FALSE(fs::exists("/var/tmp/reeve-mine"));
  CHECK(process::read_file(place.in("file")) == "content\n");
}

TEST_CASE("private temporary folders lie inside the fence", "[sandbox][mounts][landlock]") {
  if (!has_feature("mount namespace") || !has_feature("Landlock")) return;
  auto spec = fenced(answers({"echo x > /tmp/mine", "cat /tmp/mine", "mkdir /var/tmp/folder", "echo x > /etc/mine"}), {}, {});
  spec->sandbox->private_tmp = true;
  CHECK(Run(spec).out() == "yyyn\n");
}

TEST_CASE("a payload file that private_tmp would hide refuses the start", "[sandbox][mounts]") {
  if (!has_feature("mount namespace")) return;
  auto spec = shell("exit 0");
  spec->payload = PayloadBy::file;
  spec->sandbox.emplace();
  spec->sandbox->private_tmp = true;
  const auto failed = refusal(spec);
  CHECK(failed.step == "sandbox");
  CHECK(failed.message.find("payload: stdin") != std::string::npos);
}

TEST_CASE("a body without network has a loopback of its own and nothing else", "[sandbox][network]") {
  if (!has_feature("network namespace")) return;
  const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);   // an abstract name belongs to a network, too
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "reeve-sandbox-" + std::to_string(::getpid());
  name.copy(address.sun_path + 1, name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  REQUIRE(::bind(server, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(server, 4) == 0);
  const std::string script = "import socket\nprint([n for _, n in socket.if_nameindex()])\n"
                             "s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname()); print('loopback')\n"
                             "try:\n  socket.socket(socket.AF_UNIX).connect('\\0" + name + "'); print('outside')\nexcept OSError: print('alone')";
  CHECK(Run(python(script)).out().find("outside") != std::string::npos);
  auto spec = python(script);
  spec->sandbox.emplace();
  spec->sandbox->network = false;
  Run run(spec);
  CHECK(run.out().find("'lo'") != std::string::npos);
  CHECK(run.out().find("eth") == std::string::npos);
  CHECK(run.out().find("loopback\nalone\n") != std::string::npos);
  ::close(server);
}

TEST_CASE("a daemon without privileges sandboxes inside a user namespace", "[sandbox][root]") {
  if (::geteuid() != 0 || !has_feature("mount namespace")) return;
  const pid_t child = ::fork();
  if (child == 0) {
    const bool nobody = ::syscall(SYS_setgroups, 0, nullptr) == 0 && ::syscall(SYS_setresgid, 65534, 65534, 65534) == 0 &&
                        ::syscall(SYS_setresuid, 65534, 65534, 65534) == 0 && ::chdir("/") == 0;
    ::syscall(SYS_prctl, 4 /* PR_SET_DUMPABLE */, 1, 0, 0, 0);
    Options chosen = options();
    chosen.cgroups = false;
    chosen.attempt_dir.clear();
    auto spec = shell("id -u; id -g; ls /tmp | wc -l; echo x > /tmp/mine && cat /tmp/mine; grep -E '^Cap(Prm|Bnd)' /proc/self/status | cut -f2; umount /tmp 2>/dev/null || echo held");
    spec->sandbox.emplace();
    spec->sandbox->private_tmp = true;
    spec->sandbox->network = false;
    Run run(spec, chosen);
    const bool refused = std::holds_alternative<SpawnFailed>(run.outcome.end);
    if (refused) std::fprintf(stderr, "%s\n", std::get<SpawnFailed>(run.outcome.end).message.c_str());
    ::_exit(!nobody ? 3 : refused ? 2 : run.out() == "65534\n65534\n0\nx\n0000000000000000\n0000000000000000\nheld\n" ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) {
    WARN("no user namespaces here: nothing was tried");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
}
