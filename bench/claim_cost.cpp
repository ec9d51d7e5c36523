// What claiming and finishing one task costs, beside a backlog of some sort:
//
//   claim_cost --scene empty|queued|blocked|finished|due|tenants|lanes --size N [--tasks 4000] [--folder DIR]
//
// The backlog is written by SQL, at once; what is measured goes through the store as the daemon does it: claims of 16 in one batch, their
// finishes in another. Prints one line of JSON: microseconds of processor time a task (median and mean of the rounds; it does not depend on
// who else uses the machine), microseconds by the clock, the longest claim in milliseconds of either.
#include <sqlite3.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "store/open.hpp"
#include "store/store.hpp"

namespace {

using namespace reeve::store;
using Clock = std::chrono::steady_clock;

constexpr int claim_size = 16;
const Timestamp now = from_ms(1'800'000'000'000);

struct Wanted {
  std::string scene = "empty";
  std::int64_t size = 0;
  int tasks = 4'000;
  std::string folder{};
};

// Processor time of this thread, its system calls included.
std::chrono::nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

double micros(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

// A folder of its own that goes with it.
class Folder {
 public:
  explicit Folder(const std::string& parent) {
    path_ = (parent.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path(parent)).string() + "/reeve-claim-XXXXXX";
    if (!::mkdtemp(path_.data())) throw std::runtime_error("no folder for the store can be made at " + path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string store() const { return path_ + "/reeve.db"; }

 private:
  std::string path_;
};

std::unique_ptr<Store> open_store(const Folder& folder) {
  Options options;
  options.url = "sqlite:" + folder.store();
  return open(options);
}

// The rows of the backlog: columns of reeve_task that differ from scene to scene. $ stands for the number of the row.
struct Backlog {
  std::string kind = "noop";
  std::string queue = "default";
  std::string priority = "4";
  std::string status = "queued";
  std::string hold = "0";
  std::string block = "0";
  std::string run_at = "1799999000000 + $";
  std::string finished_at = "NULL";
  std::string fair_key = "NULL";
  bool attempts = false;
};

std::string replaced(std::string text) {
  for (std::size_t at = text.find('$'); at != std::string::npos; at = text.find('$')) text.replace(at, 1, "n");
  return text;
}

void write(const Folder& folder, const Backlog& backlog, std::int64_t size) {
  sqlite3* db = nullptr;
  if (sqlite3_open(folder.store().c_str(), &db) != SQLITE_OK) throw std::runtime_error("the store cannot be opened");
  const std::string count = std::to_string(size);
  const std::string rows = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < " + count + ") ";
  std::string sql =
      "PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; BEGIN;" + rows +
      "INSERT INTO reeve_task (id, queue, kind, priority, status, hold, block, max_attempts, max_crashes, created_at, run_at, finished_at, fair_key, "
      "attempt, epoch) SELECT n, " + replaced(backlog.queue == "default" ? "'default'" : backlog.queue) + ", " + replaced("'" + backlog.kind + "'") + ", " +
      replaced(backlog.priority) + ", '" + backlog.status + "', " + backlog.hold + ", " + backlog.block + ", 5, 3, 1799999000000, " +
      replaced(backlog.run_at) + ", " + replaced(backlog.finished_at) + ", " + replaced(backlog.fair_key) + ", " + (backlog.attempts ? "1, 1" : "0, 0") + " FROM r;" +
      rows + "INSERT INTO reeve_payload (task, payload) SELECT n, '{\"n\":' || n || '}' FROM r;" + rows +
      "INSERT INTO reeve_event (seq, at, type, task, kind, queue) SELECT n, 1799999000000, 'task.enqueued', n, 'noop', 'default' FROM r;";
  if (backlog.attempts)
    sql += rows + "INSERT INTO reeve_attempt (task, epoch, number, generation, runner, claimed_at, started_at, finished_at, outcome) "
                  "SELECT n, 1, 1, 1, 1, 1799999000000, 1799999000000, 1799999000001, 'succeeded' FROM r;";
  if (backlog.fair_key != "NULL")
    sql += "INSERT INTO reeve_line VALUES ('default', 4, 0); INSERT INTO reeve_tenant SELECT queue, priority, fair_key, 0, 1 FROM reeve_task;";
  sql += "INSERT INTO reeve_count SELECT queue, kind, status, count(*) FROM reeve_task GROUP BY 1, 2, 3; COMMIT; PRAGMA wal_checkpoint(TRUNCATE);";
  char* error = nullptr;
  const int code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error);
  const std::string fault = error ? error : "";
  sqlite3_free(error);
  sqlite3_close(db);
  if (code != SQLITE_OK) throw std::runtime_error("the backlog cannot be written: " + fault);
}

// The backlog of a scene; nullopt for an empty store.
std::optional<Backlog> backlog_of(const std::string& scene) {
  Backlog backlog;
  if (scene == "empty") return std::nullopt;
  if (scene == "queued") return backlog;
  if (scene == "blocked") {
    backlog.block = "1";
    backlog.priority = "9";
  } else if (scene == "finished") {
    backlog.status = "succeeded";
    backlog.hold = "NULL";
    backlog.finished_at = "1799999000001 + $";
    backlog.attempts = true;
  } else if (scene == "due") {
    backlog.hold = "1";
    backlog.run_at = "1799999999000";
  } else if (scene == "tenants") {
    backlog.fair_key = "'tenant ' || $";
  } else if (scene == "lanes") {
    backlog.queue = "'queue' || ($ % 20)";
    backlog.priority = "$ % 10";
  } else {
    throw std::runtime_error("there is no scene " + scene);
  }
  return backlog;
}

void enqueue(Store& store, int count, int priority) {
  EnqueueRequest request;
  for (int i = 0; i < count; ++i) {
    NewTask& task = request.tasks.emplace_back();
    task.kind = "noop";
    task.queue = "default";
    task.priority = priority;
  }
  transact(store, [&](Store& s) { return s.tasks().enqueue(request, now); });
}

struct Round {
  Clock::duration claim{};
  Clock::duration all{};
  std::chrono::nanoseconds claim_cpu{};
  std::chrono::nanoseconds cpu{};
  int tasks = 0;
};

Round claim_and_finish(Store& store, std::int64_t runner) {
  ClaimRequest request;
  request.runner = runner;
  request.lease_expires_at = now + std::chrono::seconds(15);
  request.limit = claim_size;
  request.kinds = {{"noop", claim_size}};
  Round round;
  const auto begun = Clock::now();
  const auto used = processor_time();
  const ClaimAnswer answer = transact(store, [&](Store& s) { return s.tasks().claim(request, now); });
  round.claim = Clock::now() - begun;
  round.claim_cpu = processor_time() - used;
  round.tasks = static_cast<int>(answer.tasks.size());
  transact(store, [&](Store& s) {
    for (const Task& task : answer.tasks) {
      Finish finish;
      finish.claim = {task.id, task.epoch};
      finish.next = Succeed{"1"};
      finish.started_at = now;
      finish.executor = "inline";
      (void)s.tasks().finish(finish, now);
    }
    return 0;
  });
  round.all = Clock::now() - begun;
  round.cpu = processor_time() - used;
  return round;
}

void measure(const Wanted& wanted) {
  const Folder folder(wanted.folder);
  open_store(folder).reset();
  if (const auto backlog = backlog_of(wanted.scene)) write(folder, *backlog, wanted.size);
  const auto store = open_store(folder);
  const std::int64_t runner = transact(*store, [](Store& s) { return s.runners().open_runner({"bench", "boot", "one", 1}, now); });
  // What waits and cannot be taken, or has ended, stays; so there is something to take beside it.
  const bool own = wanted.scene == "empty" || wanted.scene == "blocked" || wanted.scene == "finished";
  if (own) enqueue(*store, wanted.tasks, 4);
  std::vector<double> each;
  Clock::duration total{};
  Clock::duration longest{};
  std::chrono::nanoseconds cpu{};
  std::chrono::nanoseconds longest_cpu{};
  int tasks = 0;
  // One whose backlog comes due in pieces is followed to the end of that.
  const std::int64_t rounds = wanted.scene == "due" ? std::max<std::int64_t>(wanted.tasks / claim_size, wanted.size / 1'000 + 1) : wanted.tasks / claim_size;
  for (std::int64_t i = 0; i < rounds; ++i) {
    const Round round = claim_and_finish(*store, runner);
    if (round.tasks == 0) break;
    each.push_back(micros(round.cpu) / round.tasks);
    cpu += round.cpu;
    longest_cpu = std::max(longest_cpu, round.claim_cpu);
    total += round.all;
    longest = std::max(longest, round.claim);
    tasks += round.tasks;
  }
  if (each.empty()) throw std::runtime_error("nothing was claimed");
  std::sort(each.begin(), each.end());
  std::printf("{\"scene\":\"%s\",\"size\":%lld,\"tasks\":%d,\"median_cpu_us\":%.2f,\"mean_cpu_us\":%.2f,\"mean_us\":%.2f,\"longest_claim_cpu_ms\":%.2f,"
              "\"longest_claim_ms\":%.2f}\n",
              wanted.scene.c_str(), static_cast<long long>(wanted.size), tasks, each[each.size() / 2], micros(cpu) / tasks, micros(total) / tasks,
              micros(longest_cpu) / 1'000, micros(longest) / 1'000);
}

Wanted parse(int count, char** words) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < count; i += 2) options[words[i]] = words[i + 1];
  Wanted wanted;
  if (options.contains("--scene")) wanted.scene = options["--scene"];
  if (options.contains("--size")) wanted.size = std::stoll(options["--size"]);
  if (options.contains("--tasks")) wanted.tasks = std::max(claim_size, std::stoi(options["--tasks"]));
  if (options.contains("--folder")) wanted.folder = options["--folder"];
  return wanted;
}

}  // namespace

int main(int count, char** words) {
  try {
    measure(parse(count, words));
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "claim_cost: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
