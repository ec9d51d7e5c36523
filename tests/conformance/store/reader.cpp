#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

std::vector<std::int64_t> ids(const TaskPage& page) {
  std::vector<std::int64_t> found;
  for (const Task& task : page.tasks) found.push_back(number(task.id));
  return found;
}

// One task in each state there is.
struct AllStates : StoreTest {
  AllStates() {
    queued = enqueue(task("wait"));
    NewTask later = task("wait");
    later.run_at = now + 1h;
    scheduled = enqueue(later);
    NewTask stopped = task("wait");
    stopped.queue = "stopped";
    blocked = enqueue(stopped);
    pause("stopped");
    retrying = enqueue();
    REQUIRE(finish(failed(start_one(), Requeue{now + 1h})).recorded);
    claimed = enqueue();
    claim_one();
    running = enqueue();
    start_one();
    stale = enqueue();
    REQUIRE(flag_stale(start_one()));
    cancelling = enqueue();
    start_one();
    cancel(cancelling);
    succeeded_ = make_succeeded();
    failed_ = make_failed();
    cancelled_ = make_cancelled();
  }
  TaskId queued, scheduled, blocked, retrying, claimed, running, stale, cancelling, succeeded_, failed_, cancelled_;
};

}  // namespace

TEST_CASE("tasks are found by each state", "[list][conformance]") {
  AllStates test;
  const std::pair<State, TaskId> expected[] = {
      {State::queued, test.queued},   {State::scheduled, test.scheduled},   {State::blocked, test.blocked},     {State::retrying, test.retrying},
      {State::claimed, test.claimed}, {State::running, test.running},       {State::stale, test.stale},         {State::cancelling, test.cancelling},
      {State::succeeded, test.succeeded_}, {State::failed, test.failed_},   {State::cancelled, test.cancelled_}};
  for (const auto& [state, id] : expected) {
    ListQuery query;
    query.selector.states = {state};
    CHECK(ids(test.reader->list(query, test.now)) == std::vector<std::int64_t>{number(id)});
  }
  ListQuery waiting;
  waiting.selector.states = {State::waiting};
  CHECK(test.reader->list(waiting, test.now).tasks.empty());
  ListQuery several;
  several.selector.states = {State::failed, State::running, State::scheduled};
  several.order = Order::oldest_first;
  CHECK(ids(test.reader->list(several, test.now)) ==
        std::vector<std::int64_t>{number(test.scheduled), number(test.running), number(test.failed_)});
}

TEST_CASE("every field that is given restricts a list", "[list][conformance]") {
  StoreTest test;
  const Timestamp start = test.now;
  for (int i = 0; i < 6; ++i) {
    NewTask fresh = StoreTest::task(i % 2 ? "echo" : "report");
    fresh.queue = i < 3 ? "a" : "b";
    test.enqueue(fresh);
    test.now += 1s;
  }
  const auto list = [&](auto set) {
    ListQuery query;
    query.order = Order::oldest_first;
    set(query.selector);
    return ids(test.reader->list(query, test.now));
  };
  using Ids = std::vector<std::int64_t>;
  CHECK(list([](Selector& s) { s.kinds = {"echo"}; }) == Ids{2, 4, 6});
  CHECK(list([](Selector& s) { s.kinds = {"echo", "report"}; }).size() == 6);
  CHECK(list([](Selector& s) { s.queues = {"b"}; }) == Ids{4, 5, 6});
  CHECK(list([](Selector& s) { s.ids = {TaskId{5}, TaskId{1}, TaskId{99}}; }) == Ids{1, 5});
  CHECK(list([](Selector& s) { s.range = std::make_pair(TaskId{2}, TaskId{3}); }) == Ids{2, 3});
  CHECK(list([&](Selector& s) { s.since = start + 4s; }) == Ids{5, 6});
  CHECK(list([&](Selector& s) { s.until = start + 1s; }) == Ids{1});
  CHECK(list([&](Selector& s) {
          s.kinds = {"echo"};
          s.queues = {"b"};
          s.since = start + 4s;
        }) == Ids{6});
  CHECK(list([](Selector& s) { s.kinds = {"none"}; }).empty());
}

TEST_CASE("labels filter together", "[list][conformance][case-286]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.labels = {{"a", "1"}, {"b", "2"}, {"dotted.key", "x"}};
  const TaskId id = test.enqueue(fresh);
  test.enqueue();
  const auto list = [&](Labels labels) {
    ListQuery query;
    query.selector.labels = std::move(labels);
    return ids(test.reader->list(query, test.now));
  };
  CHECK(list({{"a", "1"}}) == std::vector<std::int64_t>{number(id)});
  CHECK(list({{"a", "1"}, {"b", "2"}}).size() == 1);
  CHECK(list({{"a", "1"}, {"b", "9"}}).empty());
  CHECK(list({{"dotted.key", "x"}}).size() == 1);
  CHECK(test.reader->list({}, test.now).tasks.back().labels == fresh.labels);
}

TEST_CASE("pages follow one another without gap or repetition", "[list][conformance][case-223]") {
  StoreTest test;
  EnqueueRequest request;
  request.tasks.assign(23, StoreTest::task());
  test.enqueue_all(request);
  for (const Order order : {Order::newest_first, Order::oldest_first}) {
    ListQuery query;
    query.order = order;
    query.limit = 5;
    std::vector<std::int64_t> seen;
    for (int pages = 0; pages < 10; ++pages) {
      const TaskPage page = test.reader->list(query, test.now);
      for (const std::int64_t id : ids(page)) seen.push_back(id);
      if (!page.more) break;
      REQUIRE(page.tasks.size() == 5);
      query.after = page.tasks.back().id;
      test.enqueue(StoreTest::task("report"));
      query.selector.kinds = {"echo"};
    }
    CHECK(seen.size() == 23);
    CHECK((order == Order::oldest_first ? std::is_sorted(seen.begin(), seen.end()) : std::is_sorted(seen.rbegin(), seen.rend())));
  }
  ListQuery beyond;
  beyond.after = TaskId{1};
  CHECK(test.reader->list(beyond, test.now).tasks.empty());
}

TEST_CASE("a list carries payloads only when asked", "[list][conformance]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.metadata = "{}";
  test.enqueue(fresh);
  REQUIRE(test.finish(StoreTest::succeeded(test.start_one())).recorded);
  ListQuery query;
  const Task lean = test.reader->list(query, test.now).tasks.at(0);
  CHECK(lean.payload.empty());
  CHECK(lean.metadata.empty());
  CHECK_FALSE(lean.result);
  query.with_payload = true;
  const Task full = test.reader->list(query, test.now).tasks.at(0);
  CHECK(full.payload == fresh.payload);
  CHECK(full.metadata == "{}");
  CHECK(full.result == R"({"ok":true})");
}

TEST_CASE("counts are kept with every change", "[counts][conformance]") {
  AllStates test;
  const auto counts = test.counts();
  CHECK(counts.at("default/wait/queued") == 2);
  CHECK(counts.at("stopped/wait/queued") == 1);
  CHECK(counts.at("default/echo/queued") == 1);
  CHECK(counts.at("default/echo/claimed") == 1);
  CHECK(counts.at("default/echo/running") == 3);
  CHECK(counts.at("default/echo/succeeded") == 1);
  CHECK(counts.at("default/echo/failed") == 1);
  CHECK(counts.at("default/echo/cancelled") == 1);
  CHECK(counts.size() == 8);
}

TEST_CASE("a task's place in line counts what is claimed before it", "[position][conformance]") {
  StoreTest test;
  EnqueueRequest request;
  for (int i = 0; i < 10; ++i) {
    request.tasks.push_back(StoreTest::task(i % 2 ? "echo" : "report"));
    request.tasks.back().priority = i < 3 ? 9 : 4;
  }
  request.tasks.push_back(StoreTest::task());
  request.tasks.back().run_at = test.now + 1s;
  request.tasks.push_back(StoreTest::task());
  request.tasks.back().queue = "other";
  test.enqueue_all(request);
  CHECK(test.reader->position(TaskId{1}, test.now, 100).ahead == 0);
  CHECK(test.reader->position(TaskId{3}, test.now, 100).ahead == 2);
  const Position last = test.reader->position(TaskId{10}, test.now, 100);
  CHECK(last.ahead == 9);
  CHECK_FALSE(last.at_least);
  const Position capped = test.reader->position(TaskId{10}, test.now, 4);
  CHECK(capped.ahead == 4);
  CHECK(capped.at_least);
  CHECK(test.reader->position(TaskId{11}, test.now + 2s, 100).ahead == 10);
  CHECK(test.reader->position(TaskId{12}, test.now, 100).ahead == 0);
  CHECK(test.reader->position(TaskId{99}, test.now, 100).ahead == 0);
}

TEST_CASE("timings come from the newest attempts of a kind", "[timings][conformance]") {
  StoreTest test;
  for (int i = 1; i <= 10; ++i) {
    test.enqueue();
    test.now += 10ms;
    const ClaimKey key = test.start_one();
    test.now += Millis{100 * i};
    Finish end = StoreTest::succeeded(key);
    end.use.cpu_user_ms = i;
    end.use.max_rss_kib = 1000 + i;
    REQUIRE(test.finish(end).recorded);
  }
  const KindTimings all = test.reader->timings("echo", 100);
  CHECK(all.samples == 10);
  CHECK(all.start_p50_ms == Approx(10));
  CHECK(all.run_p50_ms == Approx(550));
  CHECK(all.run_p95_ms == Approx(955));
  CHECK(all.cpu_p50_ms == Approx(5.5));
  CHECK(all.rss_p95_kib == Approx(1009.55));
  const KindTimings newest = test.reader->timings("echo", 2);
  CHECK(newest.samples == 2);
  CHECK(newest.run_p50_ms == Approx(950));
  CHECK(test.reader->timings("none", 10).samples == 0);
}

TEST_CASE("a sound store has nothing to complain of", "[check][conformance]") {
  AllStates test;
  CHECK(test.reader->check().empty());
  CHECK_FALSE(test.reader->facts().engine.empty());
}

}  // namespace reeve::store::conformance
