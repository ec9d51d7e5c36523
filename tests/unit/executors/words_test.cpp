// Arguments, environment, programs and cgroup folders: what is computed before a body is born.
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <string>
#include <vector>

#include "executors/process/arguments.hpp"
#include "executors/process/cgroup_mount.hpp"
#include "executors/process/environment.hpp"
#include "executors/process/program.hpp"

using namespace reeve::executors;
using namespace reeve::executors::process;

namespace {

std::vector<std::string> filled(const std::vector<std::string>& command, const std::string& payload) {
  return std::get<std::vector<std::string>>(arguments_of(command, payload));
}

std::string refusal(const std::vector<std::string>& command, const std::string& payload) {
  return std::get<Rejected>(arguments_of(command, payload)).message;
}

}  // namespace

TEST_CASE("placeholders are filled from the payload and stay one argument", "[arguments]") {
  const std::string payload = R"({"name":"a b; rm -rf / $(x) `y`","n":3,"price":30.5,"big":18446744073709551615,"yes":true,"user":{"id":7}})";
  CHECK(filled({"p", "{payload.name}"}, payload) == std::vector<std::string>{"p", "a b; rm -rf / $(x) `y`"});
  CHECK(filled({"p", "--n={payload.n},{payload.price}"}, payload)[1] == "--n=3,30.5");
  CHECK(filled({"p", "{payload.big}", "{payload.yes}"}, payload)[1] == "18446744073709551615");
  CHECK(filled({"p", "{payload.user.id}"}, payload)[1] == "7");
  CHECK(filled({"p", "{payload.", "{other}", "}"}, payload) == std::vector<std::string>{"p", "{payload.", "{other}", "}"});
}

TEST_CASE("a value that holds a placeholder is not filled again", "[arguments][hostile]") {
  CHECK(filled({"p", "{payload.a}"}, R"({"a":"{payload.b}","b":"secret"})")[1] == "{payload.b}");
}

TEST_CASE("a placeholder that cannot be filled is named", "[arguments]") {
  CHECK(refusal({"p", "{payload.x}"}, "{}").find("{payload.x}") != std::string::npos);
  CHECK(refusal({"p", "{payload.x}"}, R"({"x":{}})").find("{payload.x}") != std::string::npos);
  CHECK(refusal({"p", "{payload.x}"}, R"({"x":"a\u0000b"})").find("NUL") != std::string::npos);
  CHECK(refusal({"p", "{payload.x}"}, "not json").find("JSON") != std::string::npos);
  CHECK(refusal({"{payload.x}"}, R"({"x":"/bin/sh"})").find("program") != std::string::npos);
  CHECK_FALSE(refusal({}, "{}").empty());
}

TEST_CASE("a body sees exactly the declared environment and its attempt", "[environment]") {
  Execution execution;
  execution.task = 42;
  execution.epoch = 9;
  execution.attempt = 2;
  execution.max_attempts = 5;
  execution.kind = "report";
  execution.queue = "mail";
  execution.labels = {{"team", "a\"b"}};
  execution.traceparent = "00-1-2-01";
  ProcessSpec spec;
  spec.env = {{"MODE", "fast"}, {"REEVE_EPOCH", "1"}, {"LANG", "de_DE.UTF-8"}};
  const Surroundings surroundings{"inc", "store", "/run/reeve.sock"};
  auto entries = environment_of(execution, spec, surroundings, "/home/x", "/tmp/p");
  std::sort(entries.begin(), entries.end());
  CHECK(entries == std::vector<std::string>{"HOME=/home/x", "LANG=de_DE.UTF-8", "MODE=fast", "PATH=/usr/local/bin:/usr/bin:/bin",
                                            "REEVE_ATTEMPT=2", "REEVE_EPOCH=9", "REEVE_FD=3", "REEVE_KIND=report",
                                            R"(REEVE_LABELS={"team":"a\"b"})", "REEVE_MAX_ATTEMPTS=5", "REEVE_PAYLOAD_FILE=/tmp/p",
                                            "REEVE_QUEUE=mail", "REEVE_RUNNER=inc", "REEVE_SOCKET=/run/reeve.sock", "REEVE_STORE=store",
                                            "REEVE_TASK_ID=42", "TRACEPARENT=00-1-2-01"});
}

TEST_CASE("a bare command is looked up in the handler's own PATH", "[program]") {
  CHECK(find_program("sh", "/nowhere:/bin") == "/bin/sh");
  CHECK(find_program("sh", "/nowhere") == "sh");
  CHECK(find_program("./sh", "/bin") == "./sh");
  CHECK(find_program("passwd", "/etc:/usr/bin") == "/usr/bin/passwd");   // /etc/passwd is no program
}

TEST_CASE("our own cgroup is found wherever the v2 hierarchy is mounted", "[cgroup]") {
  const std::string hybrid = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
  CHECK(own_cgroup_folder(hybrid, "4:memory:/x\n0::/\n") == "/sys/fs/cgroup/unified");
  CHECK(own_cgroup_folder(hybrid, "0::/system.slice/reeve.service\n") == "/sys/fs/cgroup/unified/system.slice/reeve.service");
  CHECK(own_cgroup_folder("41 31 0:38 /a /mnt rw - cgroup2 none rw\n", "0::/a/b\n") == "/mnt/b");
  CHECK(own_cgroup_folder("31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n", "0::/\n").empty());
  CHECK(own_cgroup_folder(hybrid, "4:memory:/x\n").empty());
}
