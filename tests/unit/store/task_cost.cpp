// What the life of a short task costs the store in CPU time, piece by piece. Only what holds on every machine is judged: the two ways of
// recording a start are compared in one run.
#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <ctime>
#include <filesystem>

#include "store/open.hpp"
#include "tests/unit/store/now.hpp"

namespace reeve::store {
namespace {

using namespace std::chrono_literals;
constexpr int batch_size = 32;
constexpr int tasks_in_all = 4'800;

struct Cost {
  double claim = 0, start = 0, finish = 0, rest = 0;   // seconds
};

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void enqueue(Store& store, int count) {
  EnqueueRequest request;
  for (int i = 0; i < count; ++i) {
    NewTask& task = request.tasks.emplace_back();
    task.kind = "noop";
    task.queue = "default";
    task.payload = "\"" + std::string(198, 'x') + "\"";
    task.created_by = "uid:1000";
  }
  transact(store, [&](Store& s) { return s.tasks().enqueue(request, now).index(); });
}

Finish success(const Task& task, bool brings_start) {
  Finish end;
  end.claim = {task.id, task.epoch};
  end.next = Succeed{R"({"ok":true})"};
  end.exit_code = 0;
  if (!brings_start) return end;
  end.started_at = now;
  end.executor = "inline";
  return end;
}

Cost cost_of(bool apart) {
  std::string directory = (std::filesystem::temp_directory_path() / "reeve-cost-XXXXXX").string();
  REQUIRE(::mkdtemp(directory.data()));
  Options options;
  options.url = "sqlite:" + directory + "/reeve.db";
  options.durability = Durability::relaxed;   // the disk is not what is measured
  Cost cost;
  {
    const auto store = open(options);
    enqueue(*store, tasks_in_all);
    ClaimRequest request;
    request.limit = batch_size;
    request.lease_expires_at = now + 15s;
    request.kinds = {{"noop", batch_size}};
    const double begun = cpu_seconds();
    const auto timed = [](double& sum, auto work) {
      const double from = cpu_seconds();
      work();
      sum += cpu_seconds() - from;
    };
    for (int done = 0; done < tasks_in_all; done += batch_size) {
      transact(*store, [&](Store& s) {
        std::vector<Task> tasks;
        timed(cost.claim, [&] { tasks = s.tasks().claim(request, now).tasks; });
        REQUIRE(tasks.size() == batch_size);
        if (apart)
          timed(cost.start, [&] { for (const Task& task : tasks) (void)s.tasks().start({task.id, task.epoch}, 0, "inline", now); });
        timed(cost.finish, [&] { for (const Task& task : tasks) (void)s.tasks().finish(success(task, !apart), now); });
      });
    }
    cost.rest = cpu_seconds() - begun - cost.claim - cost.start - cost.finish;
  }
  std::filesystem::remove_all(directory);
  return cost;
}

double total(const Cost& cost) { return cost.claim + cost.start + cost.finish + cost.rest; }

// The better of two: what else the machine does can only add.
Cost best_of_two(bool apart) {
  const Cost one = cost_of(apart);
  const Cost other = cost_of(apart);
  return total(one) < total(other) ? one : other;
}

void tell(const char* how, const Cost& cost) {
  const auto each = [](double seconds) { return seconds * 1e6 / tasks_in_all; };
  std::printf("%s: claim %.1f us, start %.1f us, finish %.1f us, commit %.1f us: %.1f us a task\n", how, each(cost.claim), each(cost.start),
              each(cost.finish), each(cost.rest), each(total(cost)));
}

}  // namespace

TEST_CASE("a short task costs less when its end brings its start along", "[task-cost][sqlite]") {
  const Cost apart = best_of_two(true);
  const Cost together = best_of_two(false);
  tell("start recorded apart", apart);
  tell("start brought by the end", together);
  CHECK(total(together) < total(apart));
}

}  // namespace reeve::store
