// How long it takes from the request that enqueues a task to the first instruction of its body, on an idle daemon.
//
//   latency --socket PATH --kind started --report SOCK --count 300    enqueues; each body reports when it began
//   latency --spawn SELF --report SOCK --count 300                    the raw limit: posix_spawn in place of a daemon
//   latency --socket PATH --kind warm --report SOCK --count 300 --answered yes   from the answer to the enqueue, to a warm worker; a body
//                                                                     that began before its enqueue was answered counts as 0
//   latency --inbox STORE --kind warm --report SOCK --count 300       from the commit of a foreign program's INSERT; 0 as above. "missed" are rows
//                                                                     whose body did not begin within a second
//   BENCH_REPORT=SOCK latency                                         the body: sends its time of birth to SOCK and ends
//
// Prints one line of JSON.
#include <poll.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <algorithm>
#include <cctype>
#include <functional>

#include "bench/figures.hpp"
#include "bench/unix_http.hpp"

namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), std::min(path.size() + 1, sizeof address.sun_path - 1));
  return address;
}

int be_a_body(const char* report) {
  const std::int64_t born = bench::now_ns();
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(report);
  const ssize_t sent = sendto(fd, &born, sizeof born, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  close(fd);
  return sent == static_cast<ssize_t>(sizeof born) ? 0 : 1;
}

// The place where bodies report.
class Births {
 public:
  explicit Births(const std::string& path) : path_(path), fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_un address = address_of(path);
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("cannot bind " + path);
  }
  Births(const Births&) = delete;
  Births& operator=(const Births&) = delete;
  ~Births() {
    close(fd_);
    unlink(path_.c_str());
  }
  [[nodiscard]] bool within(int ms) const {
    pollfd ready{fd_, POLLIN, 0};
    return poll(&ready, 1, ms) == 1;
  }
  std::int64_t next() {
    if (!within(30'000)) throw std::runtime_error("no body began within 30 s");
    std::int64_t born = 0;
    if (recv(fd_, &born, sizeof born, 0) != static_cast<ssize_t>(sizeof born)) throw std::runtime_error("a strange report");
    return born;
  }

 private:
  std::string path_;
  int fd_;
};

void spawn_and_reap(std::string program, const std::string& report, const std::function<void()>& meanwhile) {
  std::string variable = "BENCH_REPORT=" + report;
  char* const child_argv[] = {program.data(), nullptr};
  char* const child_environment[] = {variable.data(), nullptr};
  pid_t child = 0;
  if (posix_spawn(&child, program.c_str(), nullptr, nullptr, child_argv, child_environment) != 0) throw std::runtime_error("cannot spawn " + program);
  meanwhile();
  waitpid(child, nullptr, 0);
}

// Another program, with a connection of its own to the daemon's store.
class ForeignProgram {
 public:
  ForeignProgram(const std::string& store, const std::string& kind) : insert_("INSERT INTO reeve_inbox (kind) VALUES ('" + kind + "')") {
    if (sqlite3_open_v2(store.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) throw std::runtime_error("cannot open " + store);
    sqlite3_busy_timeout(db_, 30'000);
  }
  ForeignProgram(const ForeignProgram&) = delete;
  ForeignProgram& operator=(const ForeignProgram&) = delete;
  ~ForeignProgram() { sqlite3_close(db_); }
  void enqueue() {
    if (sqlite3_exec(db_, insert_.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(db_));
  }

 private:
  std::string insert_;
  sqlite3* db_ = nullptr;
};

void measure_inbox(const bench::Arguments& arguments) {
  Births births(arguments.text("--report"));
  ForeignProgram program(arguments.text("--inbox"), arguments.text("--kind", "started"));
  bench::Samples samples;
  long missed = 0;
  for (long i = 0; i < arguments.figure("--count", 300); ++i) {
    program.enqueue();
    const std::int64_t committed = bench::now_ns();
    if (!births.within(1'000)) ++missed;
    samples.add(std::max<std::int64_t>(0, births.next() - committed));
    // A program writes when it has something to write, not when reeve has just finished: the daemon is asleep again by then.
    poll(nullptr, 0, static_cast<int>(arguments.figure("--pause-ms", 30)));
  }
  std::printf("{\"count\":%zu,\"missed\":%ld,\"p50_us\":%.1f,\"p99_us\":%.1f}\n", samples.count(), missed, samples.percentile_us(0.5),
              samples.percentile_us(0.99));
}

void measure(const bench::Arguments& arguments) {
  const std::string report = arguments.text("--report"), spawned = arguments.text("--spawn");
  Births births(report);
  bench::Samples samples;
  std::optional<bench::Connection> daemon;
  if (spawned.empty()) daemon.emplace(arguments.text("--socket"));
  const bool answered = !arguments.text("--answered").empty();
  const std::string enqueue = bench::post(answered ? "/v1/tasks" : "/v1/tasks?wait=30s", "{\"kind\":\"" + arguments.text("--kind", "started") + "\",\"payload\":null}");
  const std::int64_t begin = bench::now_ns();
  for (long i = 0; i < arguments.figure("--count", 300); ++i) {
    const std::int64_t at = bench::now_ns();
    if (daemon) {
      daemon->exchange(enqueue);
      const std::int64_t told = answered ? bench::now_ns() : at;
      samples.add(std::max<std::int64_t>(0, births.next() - told));
    } else {
      spawn_and_reap(spawned, report, [&] { samples.add(births.next() - at); });
    }
  }
  bench::tell(samples.count(), bench::now_ns() - begin, samples);
}

}  // namespace

int main(int argc, char** argv) {
  if (const char* report = std::getenv("BENCH_REPORT")) return be_a_body(report);
  try {
    const bench::Arguments arguments(argc, argv);
    if (arguments.text("--inbox").empty()) measure(arguments);
    else measure_inbox(arguments);
    return 0;
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "latency: %s\n", fault.what());
    return 1;
  }
}
