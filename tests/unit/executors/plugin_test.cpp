// Real shared libraries (tests/plugins), good and bad, through the `thread` executor.
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "tests/conformance/executor/bench.hpp"

using namespace reeve::executors;
using namespace reeve::executors::testing;
namespace fs = std::filesystem;

namespace {

// A folder of our own, as a plugin needs one, with copies: each test has libraries that no other has loaded.
class PluginFolder {
 public:
  PluginFolder() {
    std::string name = (fs::temp_directory_path() / "reeve-plugins-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
    ::setenv("REEVE_TEST_DIARY", path("diary").c_str(), 1);
  }
  ~PluginFolder() {
    ::unsetenv("REEVE_TEST_DIARY");
    fs::remove_all(path_);
  }
  PluginFolder(const PluginFolder&) = delete;
  PluginFolder& operator=(const PluginFolder&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] std::string install(const std::string& name, mode_t mode = 0755) const {
    const std::string to = path(name + ".so");
    fs::copy_file(std::string(REEVE_TEST_PLUGINS) + "/" + name + "_plugin.so", to);
    ::chmod(to.c_str(), mode);
    return to;
  }
  [[nodiscard]] std::string diary() const {
    std::ifstream file(path("diary"));
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_;
};

Execution plugin_execution(const std::string& plugin, std::string payload = "{}") {
  Execution execution;
  execution.task = 11;
  execution.attempt = 2;
  execution.kind = "k";
  execution.payload = std::move(payload);
  execution.thread = std::make_shared<const ThreadSpec>(ThreadSpec{{}, plugin});
  return execution;
}

template <class Kind>
Kind plugin_ends_as(const std::string& plugin, std::string payload = "{}") {
  Bench bench;
  Witness witness;
  Brake brake;
  const auto end = bench.run("thread", plugin_execution(plugin, std::move(payload)), witness, brake).end;
  REQUIRE(std::holds_alternative<Kind>(end));
  CHECK(witness.pids.empty() == std::is_same_v<Kind, SpawnFailed>);
  return std::get<Kind>(end);
}

std::string plugin_refusal(const std::string& plugin) {
  const auto failed = plugin_ends_as<SpawnFailed>(plugin);
  CHECK(failed.step == "plugin");
  CHECK(failed.error != 0);
  CHECK_THAT(failed.message, Catch::Contains(plugin));
  return failed.message;
}

}  // namespace

TEST_CASE("a plugin sees its attempt, reports, and the first thing it says is its end", "[plugin]") {
  const PluginFolder folder;
  Bench bench;
  Witness witness;
  Brake brake;
  const auto outcome = bench.run("thread", plugin_execution(folder.install("good"), R"("describe")"), witness, brake);
  REQUIRE(std::holds_alternative<Succeeded>(outcome.end));
  CHECK(std::get<Succeeded>(outcome.end).result == R"({"task": 11, "attempt": 2, "kind": "k", "payload": "describe", "bytes": 10})");
  REQUIRE(witness.reports.size() == 2);
  CHECK(witness.reports[0].percent == 50);
  CHECK(witness.reports[0].label == "half");
  CHECK_FALSE(witness.reports[1].percent);
  CHECK(witness.reports[1].label == "only a label");
  REQUIRE(witness.lines.size() == 2);
  CHECK(witness.lines[0].level == "warn");
  CHECK(witness.lines[0].message == "bytes \xEF\xBF\xBD that are no text");
  CHECK(witness.lines[1].level == "info");
  CHECK(witness.lines[1].message.empty());
  CHECK(witness.signs_of_life == 1);
}

TEST_CASE("what a plugin answers and says together is its end", "[plugin]") {
  const PluginFolder folder;
  const std::string plugin = folder.install("good");
  CHECK(plugin_ends_as<Succeeded>(plugin).result.empty());
  CHECK(plugin_ends_as<Succeeded>(plugin, "\"answer\"").result == "1");
  CHECK(plugin_ends_as<Failed>(plugin, "\"fail\"").code == "no_paper");
  CHECK(plugin_ends_as<Failed>(plugin, "\"fail\"").message == "tray 2 is empty");
  CHECK(plugin_ends_as<Failed>(plugin, "\"fail 3\"").code == "no_paper");
  CHECK(plugin_ends_as<Rejected>(plugin, "\"no other try\"").code == "no_paper");
  CHECK(plugin_ends_as<Rejected>(plugin, "\"reject\"").code == "rejected");
  CHECK(plugin_ends_as<Rejected>(plugin, "\"reject 3\"").message == "never");
  CHECK(plugin_ends_as<Failed>(plugin, "\"3\"").code == "plugin");
  CHECK(plugin_ends_as<Failed>(plugin, "\"answer 3\"").message == "its run() answered 3");
  CHECK(plugin_ends_as<Failed>(plugin, "\"nonsense\"").code == "bad_result");
  CHECK(plugin_ends_as<Failed>(plugin, "\"huge\"").code == "result_too_large");
  CHECK(plugin_ends_as<Failed>(folder.install("throwing")).message == "thrown out of a plugin");
}

TEST_CASE("a plugin is asked to stop", "[plugin][stop]") {
  const PluginFolder folder;
  Bench bench;
  Witness witness;
  Brake brake;
  witness.react = [&] {
    if (witness.printed("ready")) brake.stop(StopReason::cancel);
  };
  CHECK(std::holds_alternative<Stopped>(bench.run("thread", plugin_execution(folder.install("good"), "\"until stopped\""), witness, brake).end));
}

TEST_CASE("a library is loaded once, whatever paths lead to it, and closed with the executors", "[plugin]") {
  const PluginFolder folder;
  const std::string plugin = folder.install("good");
  fs::create_symlink(plugin, folder.path("link.so"));
  fs::create_hard_link(plugin, folder.path("twin.so"));
  {
    Bench bench;
    for (const std::string& path : {plugin, plugin, folder.path("link.so"), folder.path("twin.so")})
      CHECK(std::holds_alternative<Succeeded>(bench.run("thread", plugin_execution(path)).end));
    fs::remove(plugin);
    CHECK(std::holds_alternative<Succeeded>(bench.run("thread", plugin_execution(plugin)).end));
    CHECK(folder.diary() == "init\n");
  }
  CHECK(folder.diary() == "init\nclose\n");
}

TEST_CASE("a plugin that cannot be loaded is refused with the reason", "[plugin][start]") {
  using Catch::Contains;
  const PluginFolder folder;
  CHECK_THAT(plugin_refusal(folder.path("missing.so")), Contains("there is no such file"));
  CHECK_THAT(plugin_refusal("plugin.so"), Contains("is no absolute path"));
  CHECK_THAT(plugin_refusal(folder.path(".")), Contains("is no regular file"));
  REQUIRE(::mkfifo(folder.path("fifo").c_str(), 0600) == 0);
  CHECK_THAT(plugin_refusal(folder.path("fifo")), Contains("is no regular file"));
  std::ofstream(folder.path("text.so")) << std::string(4096, 'x');
  CHECK_THAT(plugin_refusal(folder.path("text.so")), Contains("cannot be loaded") && Contains("ELF"));
  CHECK_THAT(plugin_refusal(folder.install("no_symbol")), Contains("exports no reeve_plugin_v1()"));
  CHECK_THAT(plugin_refusal(folder.install("null_description")), Contains("answers null"));
  CHECK_THAT(plugin_refusal(folder.install("other_abi")), Contains("speaks version 2") && Contains("this reeve 1"));
  CHECK_THAT(plugin_refusal(folder.install("short_description")), Contains("16 bytes"));
  CHECK_THAT(plugin_refusal(folder.install("no_run")), Contains("has no run()"));
  CHECK(folder.diary().empty());
  CHECK_THAT(plugin_refusal(folder.install("failing_init")), Contains("its init() answered 7: no licence"));
  CHECK(folder.diary() == "init\n");   // and no close
}

TEST_CASE("a plugin that somebody else could have changed is refused", "[plugin][start]") {
  using Catch::Contains;
  const PluginFolder folder;
  const std::string plugin = folder.install("good", 0775);
  CHECK_THAT(plugin_refusal(plugin), Contains("the file may be written by others than its owner (mode 0775)"));
  ::chmod(plugin.c_str(), 0757);
  CHECK_THAT(plugin_refusal(plugin), Contains("mode 0757"));
  ::chmod(plugin.c_str(), 0755);
  ::chmod(folder.path("").c_str(), 0770);
  CHECK_THAT(plugin_refusal(plugin), Contains("the folder ") && Contains("mode 0770"));
  ::chmod(folder.path("").c_str(), 01777);
  CHECK_THAT(plugin_refusal(plugin), Contains("mode 1777"));
  ::chmod(folder.path("").c_str(), 0700);
  const PluginFolder outside;
  fs::create_symlink(plugin, outside.path("link.so"));
  ::chmod(plugin.c_str(), 0777);
  CHECK_THAT(plugin_refusal(outside.path("link.so")), Contains("mode 0777"));
  ::chmod(plugin.c_str(), 0755);
  if (::geteuid() == 0) {
    REQUIRE(::chown(plugin.c_str(), 12345, 0) == 0);
    CHECK_THAT(plugin_refusal(plugin), Contains("the file belongs to user 12345"));
    REQUIRE(::chown(plugin.c_str(), 0, 0) == 0);
    REQUIRE(::chown(folder.path("").c_str(), 12345, 0) == 0);
    CHECK_THAT(plugin_refusal(plugin), Contains("belongs to user 12345"));
    REQUIRE(::chown(folder.path("").c_str(), 0, 0) == 0);
  }
  CHECK(plugin_ends_as<Succeeded>(plugin).result.empty());   // what was refused is tried again
}
