#include <functional>
#include <stdexcept>

#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

struct Doing final : Operation {
  explicit Doing(std::function<void(Store&)> doing) : work(std::move(doing)) {}
  void run(Store& store) override {
    ++runs;
    work(store);
  }
  void refuse(std::exception_ptr why) override {
    try {
      std::rethrow_exception(why);
    } catch (const std::exception& error) {
      refused = error.what();
    }
  }
  std::function<void(Store&)> work;
  int runs = 0;
  std::string refused{};
};

}  // namespace

TEST_CASE("an operation that fails leaves no trace and hurts no neighbour", "[batch][conformance]") {
  StoreTest test;
  EnqueueRequest request;
  request.tasks = {StoreTest::task()};
  const auto enqueue = [&](Store& s) { (void)s.tasks().enqueue(request, test.now); };
  Doing first(enqueue);
  Doing broken([&](Store& s) {
    enqueue(s);
    (void)s.queues().pause("default", "", "", test.now);
    throw std::runtime_error("no");
  });
  Doing last(enqueue);
  Operation* const operations[] = {&first, &broken, &last};
  test.store->batch(operations);
  CHECK(first.refused.empty());
  CHECK(last.refused.empty());
  CHECK(broken.refused == "no");
  CHECK(broken.runs == 1);
  CHECK(first.runs == 2);
  CHECK(last.runs == 1);
  CHECK(test.counts()["default/echo/queued"] == 2);
  CHECK(test.reader->pauses().empty());
  CHECK(test.claim().size() == 2);
  CHECK(test.reader->check().empty());
}

TEST_CASE("several operations may fail in one batch", "[batch][conformance]") {
  StoreTest test;
  const auto fail = [](Store&) { throw std::runtime_error("no"); };
  Doing a(fail), b([&](Store& s) { (void)s.queues().pause("q", "", "", test.now); }), c(fail), d(fail);
  Operation* const operations[] = {&a, &b, &c, &d};
  test.store->batch(operations);
  CHECK((a.refused == "no" && c.refused == "no" && d.refused == "no"));
  CHECK(b.refused.empty());
  CHECK(test.reader->pauses().queues.size() == 1);
}

TEST_CASE("a batch of failures alone commits nothing", "[batch][conformance]") {
  StoreTest test;
  const Cursor before = test.store->last_event();
  Doing a([&](Store& s) {
    (void)s.queues().pause("q", "", "", test.now);
    throw std::runtime_error("no");
  });
  Operation* const operations[] = {&a};
  test.store->batch(operations);
  CHECK(test.store->last_event() == before);
  test.store->batch({});
  CHECK(test.store->last_event() == before);
}

TEST_CASE("operations of a batch see what was done before them", "[batch][conformance]") {
  StoreTest test;
  const auto claimed = test.batch([&](Store& s) {
    EnqueueRequest request;
    request.tasks = {StoreTest::task()};
    (void)s.tasks().enqueue(request, test.now);
    return s.tasks().claim(test.claim_request(), test.now).tasks.size();
  });
  CHECK(claimed == 1);
}

TEST_CASE("a reader does not see a batch before it is committed", "[batch][conformance][case-135]") {
  StoreTest test;
  const Cursor before = test.reader->last_event();
  const Cursor inside = test.batch([&](Store& s) {
    EnqueueRequest request;
    request.tasks = {StoreTest::task()};
    (void)s.tasks().enqueue(request, test.now);
    Event event;
    event.type = "x";
    return s.maintenance().append_event(event);
  });
  CHECK(inside > before);
  CHECK(test.reader->last_event() == inside);
}

TEST_CASE("a verb outside a batch is refused", "[batch][conformance]") {
  StoreTest test;
  CHECK_THROWS_AS(test.store->tasks().expire(test.now, 1), std::logic_error);
  CHECK_THROWS_AS(test.store->queues().pause("q", "", "", test.now), std::logic_error);
}

TEST_CASE("idle work ends", "[batch][conformance]") {
  StoreTest test;
  test.make_succeeded();
  int rounds = 0;
  while (test.store->tidy_up() && rounds < 100) ++rounds;
  CHECK(rounds < 100);
  CHECK_FALSE(test.store->tidy_up());
}

}  // namespace reeve::store::conformance
