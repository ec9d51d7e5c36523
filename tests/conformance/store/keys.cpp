// Dedupe windows, concurrency keys with their policies, supersede keys, lines of order keys.
#include "store/life.hpp"
#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

struct KeysTest : StoreTest {
  static NewTask keyed(const std::string& key, int limit = 1, OnConflict policy = OnConflict::queue) {
    NewTask fresh = task();
    Concurrency concurrency;
    concurrency.key = key;
    concurrency.limit = limit;
    concurrency.on_conflict = policy;
    fresh.concurrency = concurrency;
    return fresh;
  }
  static NewTask in_line(const std::string& line) {
    NewTask fresh = task();
    fresh.order_key = line;
    return fresh;
  }
  static NewTask replacing(const std::string& key) {
    NewTask fresh = task();
    fresh.supersede_key = key;
    return fresh;
  }
  static NewTask deduped(std::optional<Millis> window) {
    NewTask fresh = task();
    Dedupe dedupe;
    dedupe.key = "k";
    dedupe.window = window;
    fresh.dedupe = dedupe;
    return fresh;
  }
  std::vector<TaskId> claimed_ids(int limit = 100) {
    std::vector<TaskId> ids;
    for (const Task& task : claim(limit)) ids.push_back(task.id);
    return ids;
  }
  ClaimKey key_of(TaskId id) { return {id, get(id).epoch}; }
  void succeed(TaskId id) { REQUIRE(finish(succeeded(key_of(id))).recorded); }
  EnqueueRefused refused(NewTask fresh) {
    EnqueueRequest request;
    request.tasks.push_back(std::move(fresh));
    const EnqueueAnswer answer = enqueue_all(request);
    REQUIRE(std::holds_alternative<EnqueueRefused>(answer));
    return std::get<EnqueueRefused>(answer);
  }
  void sound() { CHECK(reader->check() == std::vector<std::string>{}); }
};

using Ids = std::vector<TaskId>;

}  // namespace

// ----------------------------------------------------------------------------------------------------------------- dedupe

TEST_CASE("a task may stand for its dedupe key as long as it is stored", "[keys][dedupe][conformance][case-53][case-56]") {
  KeysTest test;
  const TaskId first = test.enqueue(KeysTest::deduped(for_ever));
  test.succeed(test.claimed_ids().at(0));
  test.now += std::chrono::hours{24 * 365};
  NewTask again = KeysTest::deduped(for_ever);
  again.payload = "2";
  const Enqueued hit = test.enqueue_one(again);
  CHECK(hit.id == first);
  CHECK(hit.disposition == EnqueueDisposition::reused);
  CHECK(hit.payload_differs);
  CHECK(test.enqueue_one(KeysTest::deduped({})).id == first);
  REQUIRE(test.remove(first) == RemoveResult::removed);
  CHECK(test.enqueue_one(again).disposition == EnqueueDisposition::created);
  CHECK(test.get(test.enqueue(again)).dedupe->window == for_ever);
  test.sound();
}

TEST_CASE("a task may stand for its dedupe key for a while", "[keys][dedupe][conformance]") {
  KeysTest test;
  const TaskId first = test.enqueue(KeysTest::deduped(10min));
  test.now += 10min - 1ms;
  CHECK(test.enqueue_one(KeysTest::deduped(10min)).id == first);
  test.now += 1ms;
  const Enqueued next = test.enqueue_one(KeysTest::deduped(10min));
  CHECK(next.disposition == EnqueueDisposition::created);
  CHECK(test.enqueue_one(KeysTest::deduped(1min)).id == next.id);
  test.sound();
}

TEST_CASE("an operator's retry gives up a dedupe key that another task stands for by a window", "[keys][dedupe][retry][conformance]") {
  KeysTest test;
  const TaskId first = test.enqueue(KeysTest::deduped(1s));
  test.cancel(first);
  test.now += 2s;
  const TaskId second = test.enqueue(KeysTest::deduped(for_ever));
  CHECK(test.retry(first) == RetryResult::requeued);
  CHECK_FALSE(test.get(first).dedupe);
  CHECK(test.enqueue_one(KeysTest::deduped({})).id == second);
  test.sound();
}

// ------------------------------------------------------------------------------------------------------------ concurrency

TEST_CASE("keys are read back as they were given", "[keys][conformance]") {
  KeysTest test;
  NewTask fresh = KeysTest::keyed("c", 3, OnConflict::skip);
  fresh.concurrency->scope = KeyScope::kind;
  fresh.order_key = "line";
  fresh.supersede_key = "s";
  const Task task = test.get(test.enqueue(fresh));
  CHECK(task.concurrency == fresh.concurrency);
  CHECK(task.order_key == "line");
  CHECK(task.supersede_key == "s");
  CHECK_FALSE(task.superseded_by);
}

TEST_CASE("no more tasks of a key run than its limit, in their order", "[keys][conformance][case-66]") {
  KeysTest test;
  const int limit = GENERATE(1, 2);
  Ids ids;
  for (int i = 0; i < 5; ++i) ids.push_back(test.enqueue(KeysTest::keyed("c", limit)));
  Ids ran;
  while (ran.size() < ids.size()) {
    const Ids now_running = test.claimed_ids();
    REQUIRE(static_cast<int>(now_running.size()) <= limit);
    REQUIRE_FALSE(now_running.empty());
    CHECK(test.claimed_ids().empty());
    test.sound();
    for (const TaskId id : now_running) {
      ran.push_back(id);
      test.succeed(id);
    }
  }
  CHECK(ran == ids);
}

TEST_CASE("a key of one kind is not the key of another, unless it is global", "[keys][conformance]") {
  KeysTest test;
  NewTask echo = KeysTest::keyed("c");
  NewTask report = KeysTest::keyed("c");
  report.kind = "report";
  const bool global = GENERATE(true, false);
  echo.concurrency->scope = report.concurrency->scope = global ? KeyScope::global : KeyScope::kind;
  test.enqueue(echo);
  test.enqueue(report);
  CHECK(test.claimed_ids().size() == (global ? 1U : 2U));
}

TEST_CASE("tasks behind a busy key hide nobody", "[keys][conformance][case-68][case-70]") {
  KeysTest test;
  test.enqueue(KeysTest::keyed("c"));
  REQUIRE(test.claimed_ids().size() == 1);
  EnqueueRequest many;
  for (int i = 0; i < 200; ++i) many.tasks.push_back(KeysTest::keyed("c"));
  REQUIRE(std::holds_alternative<EnqueueDone>(test.enqueue_all(many)));
  const TaskId other_key = test.enqueue(KeysTest::keyed("d"));
  const TaskId free_task = test.enqueue();
  CHECK(test.claimed_ids(2) == Ids{other_key, free_task});
  CHECK(test.claimed_ids().empty());
  test.sound();
}

TEST_CASE("the better priority of a key goes first, also when it came later", "[keys][conformance]") {
  KeysTest test;
  const TaskId running = test.enqueue(KeysTest::keyed("c"));
  REQUIRE(test.claimed_ids() == Ids{running});
  const TaskId low = test.enqueue(KeysTest::keyed("c"));
  NewTask urgent = KeysTest::keyed("c");
  urgent.priority = 9;
  const TaskId high = test.enqueue(urgent);
  test.succeed(running);
  CHECK(test.claimed_ids() == Ids{high});
  test.succeed(high);
  CHECK(test.claimed_ids() == Ids{low});
}

TEST_CASE("a task that was held back goes before a lesser one that was not", "[keys][conformance]") {
  KeysTest test;
  const TaskId running = test.enqueue(KeysTest::keyed("c"));
  NewTask minor = KeysTest::keyed("c");
  minor.priority = 0;
  const TaskId low = test.enqueue(minor);
  REQUIRE(test.claimed_ids(1) == Ids{running});  // and has not met the other one
  const TaskId high = test.enqueue(KeysTest::keyed("c"));
  test.sound();
  test.succeed(running);
  test.sound();
  CHECK(test.claimed_ids() == Ids{high});
  test.succeed(high);
  CHECK(test.claimed_ids() == Ids{low});
}

TEST_CASE("each task's own limit counts for its start", "[keys][conformance]") {
  KeysTest test;
  const TaskId first = test.enqueue(KeysTest::keyed("c", 2));
  const TaskId alone = test.enqueue(KeysTest::keyed("c", 1));
  const TaskId second = test.enqueue(KeysTest::keyed("c", 2));
  const TaskId third = test.enqueue(KeysTest::keyed("c", 2));
  CHECK(test.claimed_ids() == Ids{first, second});
  test.succeed(first);
  CHECK(test.claimed_ids() == Ids{third});
  test.succeed(second);
  test.succeed(third);
  CHECK(test.claimed_ids() == Ids{alone});
  test.sound();
}

TEST_CASE("a key is free again however its task leaves", "[keys][conformance]") {
  KeysTest test;
  const TaskId first = test.enqueue(KeysTest::keyed("c"));
  const TaskId second = test.enqueue(KeysTest::keyed("c"));
  REQUIRE(test.claimed_ids() == Ids{first});
  const ClaimKey key = test.key_of(first);
  SECTION("failed") { REQUIRE(test.finish(StoreTest::failed(key, Fail{})).recorded); }
  SECTION("retried later") { REQUIRE(test.finish(StoreTest::failed(key, Requeue{test.now + 1h, Budget::attempt})).recorded); }
  SECTION("suspended") {
    WaitRequest wait;
    wait.name = "nap";
    wait.until = test.now + 1h;
    REQUIRE(test.batch([&](Store& s) { return s.steps().wait(key, wait, test.now); }).result == WaitAnswer::Result::waiting);
    Finish suspended;
    suspended.claim = key;
    suspended.outcome = Outcome::suspended;
    suspended.next = Suspend{};
    REQUIRE(test.finish(suspended).status == Status::waiting);
  }
  SECTION("lost") {
    test.now += 16s;
    test.enqueue(KeysTest::keyed("other"));
    REQUIRE(test.expire().lost.size() == 1);
    test.cancel(first);
  }
  test.sound();
  const Ids next = test.claimed_ids();
  REQUIRE_FALSE(next.empty());
  CHECK(next.front() == second);
}

TEST_CASE("a lease that ran out holds its key until it is taken back, whoever looks first", "[keys][expire][conformance][case-21]") {
  KeysTest test;
  const TaskId first = test.enqueue(KeysTest::keyed("c"));
  const TaskId twin = test.enqueue(KeysTest::keyed("c"));
  REQUIRE(test.claimed_ids() == Ids{first});
  test.now += 16s;
  if (GENERATE(true, false)) CHECK(test.claimed_ids().empty());
  CHECK(test.expire().lost.size() == 1);
  test.sound();
  CHECK(test.claimed_ids() == Ids{twin});  // which was due before the other is due again
  CHECK(test.state(first) == State::blocked);
  CHECK(test.event_types(first) == std::vector<std::string>{"task.enqueued", "task.claimed", "task.lease_lost", "task.retried"});
  test.succeed(twin);
  CHECK(test.claimed_ids() == Ids{first});
}

TEST_CASE("cancelled and expired tasks of a key let those behind them go", "[keys][conformance]") {
  KeysTest test;
  NewTask short_lived = KeysTest::keyed("c");
  short_lived.expires_at = test.now + 1s;
  const TaskId first = test.enqueue(KeysTest::keyed("c"));
  test.enqueue(short_lived);
  const TaskId third = test.enqueue(KeysTest::keyed("c"));
  test.cancel(first);
  test.sound();
  test.now += 2s;
  CHECK(test.claimed_ids() == Ids{third});
  test.sound();
}

TEST_CASE("scheduled tasks of a key wait for it when their time comes", "[keys][conformance]") {
  KeysTest test;
  NewTask later = KeysTest::keyed("c");
  later.run_at = test.now + 1min;
  const TaskId a = test.enqueue(later);
  const TaskId b = test.enqueue(later);
  const TaskId soon = test.enqueue(KeysTest::keyed("c"));
  REQUIRE(test.claimed_ids() == Ids{soon});
  test.now += 2min;
  CHECK(test.claimed_ids().empty());
  CHECK(test.state(a) == State::blocked);
  test.sound();
  REQUIRE(test.finish(StoreTest::succeeded(test.key_of(soon))).let_go);
  CHECK(test.claimed_ids() == Ids{a});
  CHECK(test.state(b) == State::blocked);
}

TEST_CASE("bodies that outlive their claims count against their keys", "[keys][conformance][case-48]") {
  KeysTest test;
  const TaskId keyed = test.enqueue(KeysTest::keyed("c"));
  const TaskId lined = test.enqueue(KeysTest::in_line("l"));
  ClaimRequest request = test.claim_request();
  request.held_keys.push_back({concurrency_token("echo", KeysTest::keyed("c").concurrency).value(), 1});
  request.held_lines.push_back("l");
  CHECK(test.claim(request).tasks.empty());
  test.sound();
  CHECK(test.claimed_ids() == Ids{keyed, lined});  // nothing was held back for it
}

// --------------------------------------------------------------------------------------------------------------- policies

TEST_CASE("reject refuses a task while its key is taken and names the holder", "[keys][conformance][case-71][case-108]") {
  KeysTest test;
  const TaskId holder = test.enqueue(KeysTest::keyed("c", 1, OnConflict::reject));
  SECTION("queued") {}
  SECTION("running") { REQUIRE(test.claimed_ids().size() == 1); }
  NewTask fresh = KeysTest::keyed("c", 1, OnConflict::reject);
  fresh.rerun_of = holder;
  const EnqueueRefused refused = test.refused(fresh);
  CHECK(refused.reason == EnqueueRefused::Reason::key_busy);
  CHECK(refused.holder == holder);
  CHECK(test.counts().size() == 1);
  CHECK(test.enqueue_one(KeysTest::keyed("c", 2, OnConflict::reject)).disposition == EnqueueDisposition::created);
}

TEST_CASE("reject takes a task again when the key is free", "[keys][conformance]") {
  KeysTest test;
  test.cancel(test.enqueue(KeysTest::keyed("c", 1, OnConflict::reject)));
  CHECK(test.enqueue_one(KeysTest::keyed("c", 1, OnConflict::reject)).disposition == EnqueueDisposition::created);
}

TEST_CASE("skip lets the pending task stand in and tells what was skipped", "[keys][conformance][case-71]") {
  KeysTest test;
  const TaskId first = test.enqueue(KeysTest::keyed("c", 1, OnConflict::skip));
  NewTask other = KeysTest::keyed("c", 1, OnConflict::skip);
  other.payload = R"({"n":2})";
  const Enqueued skipped = test.enqueue_one(other);
  CHECK(skipped.id == first);
  CHECK(skipped.disposition == EnqueueDisposition::coalesced);
  CHECK(skipped.payload_differs);
  CHECK(test.event_types(first) == std::vector<std::string>{"task.enqueued", "task.coalesced"});
  CHECK(test.events(first).back().data == R"({"concurrency_key":"c","payload":{"n":2}})");
  other.payload = "\"" + std::string(5000, 'x') + "\"";
  test.enqueue_one(other);
  CHECK(test.events(first).back().data == R"({"concurrency_key":"c","payload_bytes":5002})");
  CHECK(test.get(first).payload == R"({"n":1})");
}

TEST_CASE("queue_latest leaves one follow-up, the newest", "[keys][conformance][case-73]") {
  KeysTest test;
  const TaskId running = test.enqueue(KeysTest::keyed("c", 1, OnConflict::queue_latest));
  REQUIRE(test.claimed_ids() == Ids{running});
  TaskId before{};
  for (int i = 0; i < 5; ++i) {
    NewTask fresh = KeysTest::keyed("c", 1, OnConflict::queue_latest);
    fresh.payload = std::to_string(i);
    const Enqueued stored = test.enqueue_one(fresh);
    CHECK(stored.superseded == (i == 0 ? Ids{} : Ids{before}));
    CHECK(stored.disposition == (i == 0 ? EnqueueDisposition::created : EnqueueDisposition::superseded));
    CHECK(stored.stop.empty());
    before = stored.id;
  }
  CHECK(test.claimed_ids().empty());
  test.succeed(running);
  const std::vector<Task> next = test.claim();
  REQUIRE(next.size() == 1);
  CHECK(next[0].payload == "4");
  test.succeed(next[0].id);
  CHECK(test.claimed_ids().empty());
  test.sound();
}

TEST_CASE("supersede stops what runs, and starts when that is gone", "[keys][conformance][case-48]") {
  KeysTest test;
  const TaskId running = test.enqueue(KeysTest::keyed("c", 1, OnConflict::supersede));
  const ClaimKey old = test.start_one();
  const TaskId waiting = test.enqueue(KeysTest::keyed("c"));
  const Enqueued stored = test.enqueue_one(KeysTest::keyed("c", 1, OnConflict::supersede));
  CHECK(stored.disposition == EnqueueDisposition::superseded);
  CHECK(stored.superseded == Ids{running, waiting});
  CHECK(stored.stop == std::vector<ClaimKey>{old});
  CHECK(test.get(waiting).error->code == "superseded");
  CHECK(test.get(waiting).superseded_by == stored.id);
  CHECK(test.get(running).cancel_reason == "superseded by task " + std::to_string(number(stored.id)));
  CHECK(test.state(running) == State::cancelling);
  CHECK(test.claimed_ids().empty());  // its tree lives
  Finish stopped;
  stopped.claim = old;
  stopped.outcome = Outcome::cancelled;
  stopped.next = Cancel{};
  REQUIRE(test.finish(stopped).status == Status::cancelled);
  CHECK(test.get(running).error->code == "superseded");
  CHECK(test.claimed_ids() == Ids{stored.id});
  test.sound();
}

TEST_CASE("a superseded task that came first has succeeded", "[keys][conformance]") {
  KeysTest test;
  test.enqueue(KeysTest::keyed("c", 1, OnConflict::supersede));
  const ClaimKey old = test.start_one();
  const TaskId next = test.enqueue(KeysTest::keyed("c", 1, OnConflict::supersede));
  CHECK(test.finish(StoreTest::succeeded(old)).status == Status::succeeded);
  CHECK(test.claimed_ids() == Ids{next});
}

TEST_CASE("a superseded task that fails or is lost is not tried again", "[keys][conformance]") {
  KeysTest test;
  const TaskId running = test.enqueue(KeysTest::keyed("c", 1, OnConflict::supersede));
  const ClaimKey old = test.start_one();
  test.enqueue(KeysTest::keyed("c", 1, OnConflict::supersede));
  SECTION("fails") { REQUIRE(test.finish(StoreTest::failed(old, Requeue{test.now, Budget::attempt})).recorded); }
  SECTION("is lost") {
    test.now += 16s;
    REQUIRE(test.expire().lost.size() == 1);
  }
  CHECK(test.status(running) == Status::cancelled);
  CHECK(test.get(running).error->code == "superseded");
}

// -------------------------------------------------------------------------------------------------------------- supersede

TEST_CASE("a supersede key ends the older open tasks of its kind", "[keys][conformance][case-60][case-65]") {
  KeysTest test;
  const TaskId running = test.enqueue(KeysTest::replacing("s"));
  const ClaimKey old = test.start_one();
  NewTask later = KeysTest::replacing("t");
  const TaskId other_key = test.enqueue(later);
  later = KeysTest::replacing("s");
  later.kind = "report";
  const TaskId other_kind = test.enqueue(later);
  later.kind = "echo";
  later.run_at = test.now + 1h;
  const Enqueued second = test.enqueue_one(later);
  CHECK(second.superseded == Ids{running});
  const Enqueued third = test.enqueue_one(KeysTest::replacing("s"));
  CHECK(third.disposition == EnqueueDisposition::superseded);
  CHECK(third.superseded == Ids{second.id});  // the first was asked to stop before
  CHECK(test.event_types(second.id) == std::vector<std::string>{"task.enqueued", "task.cancelled"});
  CHECK(test.status(other_key) == Status::queued);
  CHECK(test.status(other_kind) == Status::queued);
  Finish stopped;
  stopped.claim = old;
  stopped.outcome = Outcome::cancelled;
  stopped.next = Cancel{};
  REQUIRE(test.finish(stopped).recorded);
  CHECK(test.events(running).back().type == "task.cancelled");
  CHECK(test.events(running).back().data == R"({"from":"running","outcome":"cancelled","code":"superseded"})");
}

TEST_CASE("a supersede key that nobody has creates", "[keys][conformance][case-61]") {
  KeysTest test;
  test.make_succeeded();
  const Enqueued first = test.enqueue_one(KeysTest::replacing("s"));
  CHECK(first.disposition == EnqueueDisposition::created);
  CHECK(first.superseded.empty());
}

TEST_CASE("a dedupe hit supersedes nothing", "[keys][dedupe][conformance][case-63]") {
  KeysTest test;
  NewTask fresh = KeysTest::deduped({});
  fresh.supersede_key = "s";
  fresh.concurrency = KeysTest::keyed("c", 1, OnConflict::supersede).concurrency;
  const TaskId first = test.enqueue(fresh);
  const Enqueued hit = test.enqueue_one(fresh);
  CHECK(hit.id == first);
  CHECK(hit.disposition == EnqueueDisposition::reused);
  CHECK(hit.superseded.empty());
  CHECK(test.status(first) == Status::queued);
}

TEST_CASE("the answer to a request is given again whole", "[keys][conformance][case-55]") {
  KeysTest test;
  const TaskId old = test.enqueue(KeysTest::replacing("s"));
  EnqueueRequest request;
  request.tasks = {KeysTest::replacing("s"), KeysTest::keyed("c", 1, OnConflict::skip), KeysTest::keyed("c", 1, OnConflict::skip)};
  request.request_key = "r";
  const auto first = std::get<EnqueueDone>(test.enqueue_all(request));
  const auto again = std::get<EnqueueDone>(test.enqueue_all(request));
  CHECK(again.replayed);
  REQUIRE(again.tasks.size() == 3);
  CHECK(again.tasks[0].superseded == Ids{old});
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(again.tasks[i].id == first.tasks[i].id);
    CHECK(again.tasks[i].disposition == first.tasks[i].disposition);
  }
  CHECK(again.tasks[2].disposition == EnqueueDisposition::coalesced);
}

// ------------------------------------------------------------------------------------------------------------------- bulk

TEST_CASE("items of one request see each other's keys", "[keys][conformance][case-76]") {
  KeysTest test;
  EnqueueRequest request;
  request.tasks = {KeysTest::keyed("c", 1, OnConflict::skip), StoreTest::task(), KeysTest::keyed("c", 1, OnConflict::skip),
                   KeysTest::replacing("s"), KeysTest::replacing("s")};
  const auto done = std::get<EnqueueDone>(test.enqueue_all(request));
  REQUIRE(done.tasks.size() == 5);
  CHECK(done.tasks[0].disposition == EnqueueDisposition::created);
  CHECK(done.tasks[1].disposition == EnqueueDisposition::created);
  CHECK(done.tasks[2].disposition == EnqueueDisposition::coalesced);
  CHECK(done.tasks[2].id == done.tasks[0].id);
  CHECK(done.tasks[4].superseded == Ids{done.tasks[3].id});
  CHECK(test.status(done.tasks[3].id) == Status::cancelled);
  test.sound();
}

TEST_CASE("a refused item leaves nothing of those before it", "[keys][conformance][case-75]") {
  KeysTest test;
  const TaskId open = test.enqueue(KeysTest::replacing("s"));
  const std::int64_t events = number(test.reader->last_event());
  EnqueueRequest request;
  request.tasks = {KeysTest::replacing("s"), KeysTest::keyed("c", 1, OnConflict::reject), KeysTest::keyed("c", 1, OnConflict::reject)};
  const auto refused = std::get<EnqueueRefused>(test.enqueue_all(request));
  CHECK(refused.reason == EnqueueRefused::Reason::key_busy);
  CHECK(refused.item == 2);
  CHECK(refused.holder == TaskId{});  // an item of this request
  CHECK(test.status(open) == Status::queued);
  CHECK(number(test.reader->last_event()) == events);
  CHECK(test.counts() == std::map<std::string, std::int64_t>{{"default/echo/queued", 1}});
  CHECK(test.enqueue() == TaskId{number(open) + 1});
  test.sound();
}

// ------------------------------------------------------------------------------------------------------------------ order

TEST_CASE("tasks of a line run one after the other in the order of their ids", "[keys][order][conformance]") {
  KeysTest test;
  Ids ids;
  for (int i = 0; i < 4; ++i) {
    NewTask fresh = KeysTest::in_line("l");
    fresh.priority = i;  // the last would be first
    fresh.queue = i % 2 == 0 ? "even" : "odd";
    ids.push_back(test.enqueue(fresh));
  }
  const TaskId other = test.enqueue(KeysTest::in_line("m"));
  CHECK(test.claimed_ids() == Ids{other, ids[0]});
  for (std::size_t i = 0; i < ids.size(); ++i) {
    CHECK(test.claimed_ids().empty());
    test.sound();
    test.succeed(ids[i]);
    if (i + 1 < ids.size()) CHECK(test.claimed_ids() == Ids{ids[i + 1]});
  }
}

TEST_CASE("whatever the first of a line waits for, the line waits", "[keys][order][conformance]") {
  KeysTest test;
  const TaskId first = test.enqueue(KeysTest::in_line("l"));
  const TaskId second = test.enqueue(KeysTest::in_line("l"));
  const ClaimKey key = test.start_one();
  SECTION("a retry") { REQUIRE(test.finish(StoreTest::failed(key, Requeue{test.now + 1min, Budget::attempt})).recorded); }
  SECTION("a snooze") { REQUIRE(test.finish(StoreTest::failed(key, Requeue{test.now + 1min, Budget::snooze})).recorded); }
  SECTION("a sleep") {
    WaitRequest wait;
    wait.name = "nap";
    wait.until = test.now + 1min;
    test.batch([&](Store& s) { return s.steps().wait(key, wait, test.now); });
    Finish suspended;
    suspended.claim = key;
    suspended.outcome = Outcome::suspended;
    suspended.next = Suspend{};
    REQUIRE(test.finish(suspended).status == Status::waiting);
  }
  CHECK(test.claimed_ids().empty());
  CHECK(test.state(second) == State::blocked);
  test.sound();
  test.now += 1min;
  CHECK(test.claimed_ids() == Ids{first});
  test.succeed(first);
  CHECK(test.claimed_ids() == Ids{second});
}

TEST_CASE("a line goes on when its first task fails or is cancelled", "[keys][order][conformance]") {
  KeysTest test;
  const TaskId first = test.enqueue(KeysTest::in_line("l"));
  const TaskId second = test.enqueue(KeysTest::in_line("l"));
  SECTION("failed") { REQUIRE(test.finish(StoreTest::failed(test.start_one(), Fail{})).recorded); }
  SECTION("cancelled") { test.cancel(first); }
  CHECK(test.claimed_ids() == Ids{second});
}

TEST_CASE("an older task that is retried goes back to the front, after what runs", "[keys][order][retry][conformance]") {
  KeysTest test;
  const TaskId first = test.enqueue(KeysTest::in_line("l"));
  const TaskId second = test.enqueue(KeysTest::in_line("l"));
  const TaskId third = test.enqueue(KeysTest::in_line("l"));
  REQUIRE(test.finish(StoreTest::failed(test.start_one(), Fail{})).recorded);
  SECTION("nothing runs") {
    REQUIRE(test.retry(first) == RetryResult::requeued);
    test.sound();
    CHECK(test.claimed_ids() == Ids{first});
    test.succeed(first);
    CHECK(test.claimed_ids() == Ids{second});
  }
  SECTION("the next one runs") {
    REQUIRE(test.claimed_ids() == Ids{second});
    REQUIRE(test.retry(first) == RetryResult::requeued);
    test.sound();
    CHECK(test.claimed_ids().empty());
    test.succeed(second);
    CHECK(test.claimed_ids() == Ids{first});
    test.succeed(first);
    CHECK(test.claimed_ids() == Ids{third});
  }
}

TEST_CASE("a task may have a line and a key", "[keys][order][conformance]") {
  KeysTest test;
  NewTask both = KeysTest::keyed("c");
  both.order_key = "l";
  const TaskId holder = test.enqueue(KeysTest::keyed("c"));
  const TaskId first = test.enqueue(both);
  const TaskId second = test.enqueue(both);
  const TaskId free_key = test.enqueue(KeysTest::keyed("c"));
  REQUIRE(test.claimed_ids() == Ids{holder});
  test.succeed(holder);
  CHECK(test.claimed_ids() == Ids{first});
  test.sound();
  test.succeed(first);
  CHECK(test.claimed_ids() == Ids{second});
  test.succeed(second);
  CHECK(test.claimed_ids() == Ids{free_key});
}

// ---------------------------------------------------------------------------------------------------------------- reading

TEST_CASE("the reader tells who has a key and who is before a task in its line", "[keys][reader][conformance]") {
  KeysTest test;
  const TaskId holder = test.enqueue(KeysTest::keyed("c"));
  const TaskId next = test.enqueue(KeysTest::keyed("c"));
  const TaskId last = test.enqueue(KeysTest::keyed("c"));
  REQUIRE(test.claimed_ids() == Ids{holder});
  const KeyHolds keys = test.reader->key_holds(last, test.now, 100);
  REQUIRE(keys.key);
  CHECK(keys.key->taken == 1);
  REQUIRE(keys.key->holders.size() == 1);
  CHECK(keys.key->holders[0].task == holder);
  CHECK(keys.key->holders[0].since == test.now);
  CHECK(keys.key->waiting.ahead == 1);
  CHECK(test.reader->key_holds(next, test.now, 100).key->waiting.ahead == 0);
  CHECK(test.reader->key_holds(last, test.now, 0).key->waiting.at_least);
  CHECK_FALSE(keys.line);
  const TaskId first = test.enqueue(KeysTest::in_line("l"));
  test.enqueue(KeysTest::in_line("l"));
  const TaskId third = test.enqueue(KeysTest::in_line("l"));
  const KeyHolds line = test.reader->key_holds(third, test.now, 100);
  REQUIRE(line.line);
  CHECK(line.line->first->task == first);
  CHECK(line.line->waiting.ahead == 2);
  CHECK_FALSE(test.reader->key_holds(first, test.now, 100).line);
  CHECK_FALSE(test.reader->key_holds(TaskId{999}, test.now, 100).key);
}

}  // namespace reeve::store::conformance
