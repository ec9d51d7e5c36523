#include "supervisor/store_thread.hpp"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <future>

#include "store/open.hpp"

using namespace reeve;
using namespace reeve::supervisor;
using store::StoreError;
namespace asio = boost::asio;

namespace {

const store::Timestamp now = store::from_ms(1'790'000'000'000);

store::TaskId enqueue_one(store::Store& store) {
  store::EnqueueRequest request;
  request.tasks.resize(1);
  request.tasks[0].kind = "echo";
  request.tasks[0].queue = "default";
  return std::get<store::EnqueueDone>(store.tasks().enqueue(request, now)).tasks.at(0).id;
}

// Passes everything on to a memory store; counts batches, and fails or waits when told.
class Watched final : public store::Store {
 public:
  void batch(std::span<store::Operation* const> operations) override {
    if (gate.valid()) gate.wait();
    ++batches_run;
    largest = std::max<std::size_t>(largest, operations.size());
    if (failure) throw *failure;
    inner->batch(operations);
  }
  store::Tasks& tasks() override { return inner->tasks(); }
  store::Journal& journal() override { return inner->journal(); }
  store::Steps& steps() override { return inner->steps(); }
  store::Runners& runners() override { return inner->runners(); }
  store::Queues& queues() override { return inner->queues(); }
  store::Revisions& revisions() override { return inner->revisions(); }
  store::Schedules& schedules() override { return inner->schedules(); }
  store::Batches& batches() override { return inner->batches(); }
  store::Door& door() override { return inner->door(); }
  std::unique_ptr<store::Peephole> open_peephole() override { return inner->open_peephole(); }
  store::Maintenance& maintenance() override { return inner->maintenance(); }
  std::unique_ptr<store::Reader> open_reader() override { return inner->open_reader(); }
  store::Cursor last_event() const override { return inner->last_event(); }
  bool tidy_up() override { return false; }

  std::unique_ptr<store::Store> inner = store::open({.url = "memory:"});
  std::shared_future<void> gate{};
  std::optional<StoreError> failure{};
  std::atomic<int> batches_run{0};
  std::atomic<std::size_t> largest{0};
};

struct Bench {
  Bench(StoreThread::Options options = {}, std::optional<StoreError> failure = {}) {
    auto owned = std::make_unique<Watched>();
    watched = owned.get();
    watched->gate = opened.get_future().share();
    watched->failure = std::move(failure);
    thread.emplace(loop.get_executor(), std::move(owned), options, [this](store::Cursor last) { commits.push_back(last); },
                   [this](const StoreError& error) { fatal.push_back(error.what()); });
  }
  void open_gate() { opened.set_value(); }

  asio::io_context loop{};
  std::promise<void> opened{};
  Watched* watched = nullptr;
  std::vector<store::Cursor> commits{};
  std::vector<std::string> fatal{};
  std::optional<StoreThread> thread{};
};

}  // namespace

TEST_CASE("operations that wait together are committed together and answered in order", "[store-thread][group-commit]") {
  Bench bench;
  std::vector<std::int64_t> answers;
  for (int i = 0; i < 50; ++i)
    bench.thread->send(enqueue_one, [&](const std::exception_ptr& failed, store::TaskId* id) {
      REQUIRE_FALSE(failed);
      answers.push_back(number(*id));
    });
  bench.open_gate();
  bench.loop.run();
  REQUIRE(answers.size() == 50);
  CHECK(std::is_sorted(answers.begin(), answers.end()));
  CHECK(bench.watched->batches_run <= 3);  // whatever the first commit left behind went together
  CHECK(bench.watched->largest >= 24);
  REQUIRE_FALSE(bench.commits.empty());
  CHECK(number(bench.commits.back()) == 50);
}

TEST_CASE("an operation that throws is told so and its neighbours are committed", "[store-thread][group-commit]") {
  Bench bench;
  int done = 0;
  std::string refused;
  for (int i = 0; i < 10; ++i) {
    bench.thread->send(
        [i](store::Store& store) {
          if (i == 4) throw std::runtime_error("number four");
          return enqueue_one(store);
        },
        [&](const std::exception_ptr& failed, store::TaskId*) {
          if (!failed) {
            ++done;
            return;
          }
          try {
            std::rethrow_exception(failed);
          } catch (const std::exception& error) {
            refused = error.what();
          }
        });
  }
  bench.open_gate();
  bench.loop.run();
  CHECK(done == 9);
  CHECK(refused == "number four");
}

TEST_CASE("a coroutine gets its answer and resumes on the loop", "[store-thread]") {
  Bench bench;
  bench.open_gate();
  std::optional<store::TaskId> id;
  std::thread::id resumed_on;
  auto story = [&]() -> asio::awaitable<void> {
    id = co_await bench.thread->run(enqueue_one);
    resumed_on = std::this_thread::get_id();
    auto nothing = [](store::Store&) {};
    co_await bench.thread->run(nothing);
  };
  asio::co_spawn(bench.loop, story, [](const std::exception_ptr& failed) { REQUIRE_FALSE(failed); });
  bench.loop.run();
  CHECK(id == store::TaskId{1});
  CHECK(resumed_on == std::this_thread::get_id());
}

TEST_CASE("a busy store refuses the batch and works again", "[store-thread][faults]") {
  Bench bench({}, StoreError(StoreError::Kind::busy, "locked"));
  bench.open_gate();
  int refused = 0, done = 0;
  const auto count = [&](const std::exception_ptr& failed, store::TaskId*) { ++(failed ? refused : done); };
  bench.thread->send(enqueue_one, [&](const std::exception_ptr& failed, store::TaskId* id) {
    count(failed, id);
    bench.watched->failure.reset();
    bench.thread->send(enqueue_one, count);
  });
  bench.loop.run();
  CHECK(refused == 1);
  CHECK(done == 1);
  CHECK(bench.fatal.empty());
  CHECK(bench.thread->figures().failed_batches == 1);
}

TEST_CASE("after a failed write of the disk nothing is acknowledged any more", "[store-thread][faults][promise-I7]") {
  Bench bench({}, StoreError(StoreError::Kind::io, "disk gone"));
  bench.open_gate();
  int refused = 0;
  bench.thread->send(enqueue_one, [&](const std::exception_ptr& failed, store::TaskId*) {
    refused += failed != nullptr;
    bench.watched->failure.reset();  // even if the disk came back
    bench.thread->send(enqueue_one, [&](const std::exception_ptr& again, store::TaskId*) { refused += again != nullptr; });
  });
  bench.loop.run();
  CHECK(refused == 2);
  CHECK(bench.fatal == std::vector<std::string>{"disk gone"});
  CHECK(bench.watched->batches_run == 1);
}

TEST_CASE("the queue of the store thread is bounded", "[store-thread][limits]") {
  Bench bench({.batch_max = 8, .queue_max = 16});
  int refused = 0, done = 0;
  for (int i = 0; i < 100; ++i)
    bench.thread->send(enqueue_one, [&](const std::exception_ptr& failed, store::TaskId*) { ++(failed ? refused : done); });
  bench.open_gate();
  bench.loop.run();
  CHECK(refused + done == 100);
  CHECK(done >= 16);
  CHECK(done <= 16 + 8);
  CHECK(bench.watched->largest <= 8);
}

TEST_CASE("what was queued before a stop is still run", "[store-thread]") {
  Bench bench;
  int done = 0;
  for (int i = 0; i < 20; ++i) bench.thread->send(enqueue_one, [&](const std::exception_ptr& failed, store::TaskId*) { done += !failed; });
  bench.open_gate();
  bench.thread->stop();
  bench.loop.run();
  CHECK(done == 20);
  bool refused = false;
  bench.loop.restart();
  bench.thread->send(enqueue_one, [&](const std::exception_ptr& failed, store::TaskId*) { refused = failed != nullptr; });
  bench.loop.run();
  CHECK(refused);
}
