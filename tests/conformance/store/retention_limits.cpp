// Retention by number and size: tasks of a kind, logs, steps, events; and the forecast of all of it.
#include "tests/conformance/store/steps_fixture.hpp"

namespace reeve::store::conformance {
namespace {

struct RetentionTest : StepsTest {
  RetentionPolicy policy{};

  RetentionReport retain(int limit = 1'000) {
    return batch([&](Store& s) { return s.maintenance().retain(policy, now, limit); });
  }
  // What the forecast says is what then happens, in pieces of any size.
  RetentionReport foreseen(int limit = 1'000) {
    const RetentionReport forecast = reader->would_let_go(policy, now);
    RetentionReport total;
    do total.add(retain(limit));
    while (total.more);
    CHECK(forecast.tasks == total.tasks);
    CHECK(forecast.succeeded == total.succeeded);
    CHECK(forecast.failed == total.failed);
    CHECK(forecast.cancelled == total.cancelled);
    CHECK(forecast.log_lines == total.log_lines);
    CHECK(forecast.log_bytes == total.log_bytes);
    CHECK(forecast.steps == total.steps);
    CHECK(forecast.requests == total.requests);
    CHECK(reader->check().empty());
    return total;
  }
  TaskId logged(const std::vector<std::string>& lines) {
    const TaskId id = enqueue();
    const ClaimKey key = start_one();
    REQUIRE(log(key, lines));
    REQUIRE(finish(succeeded(key)).recorded);
    now += 1s;
    return id;
  }
  std::vector<std::int64_t> line_numbers(TaskId id) {
    LogQuery query;
    query.task = id;
    std::vector<std::int64_t> numbers;
    for (const LogLine& line : reader->log(query).lines) numbers.push_back(line.seq);
    return numbers;
  }
  std::int64_t let_go_up_to(TaskId id) {
    LogQuery query;
    query.task = id;
    return reader->log(query).let_go;
  }
};

std::string kilobytes(int count) { return std::string(static_cast<std::size_t>(count) * 1'024, 'x'); }

}  // namespace

TEST_CASE("of each kind the newest successes and failures are kept", "[retention][conformance]") {
  RetentionTest test;
  std::vector<TaskId> echoes, failures;
  for (int i = 0; i < 4; ++i) {
    echoes.push_back(test.make_succeeded());
    failures.push_back(test.make_failed());
    test.now += 1s;
  }
  const TaskId other = test.enqueue(StoreTest::task("report"));
  REQUIRE(test.finish(StoreTest::succeeded(test.start_one())).recorded);
  const TaskId cancelled = test.make_cancelled();
  const TaskId open = test.enqueue();
  test.policy.succeeded_per_kind = 1;
  test.policy.failed_per_kind = 3;
  const RetentionReport report = test.foreseen(2);
  CHECK(report.succeeded == 3);
  CHECK(report.failed == 1);
  CHECK(report.tasks == 4);
  CHECK_FALSE(test.reader->get(echoes[2]));
  CHECK(test.status(echoes[3]) == Status::succeeded);
  CHECK_FALSE(test.reader->get(failures[0]));
  CHECK(test.status(failures[1]) == Status::failed);
  CHECK(test.status(other) == Status::succeeded);
  CHECK(test.status(cancelled) == Status::cancelled);
  CHECK(test.status(open) == Status::queued);
}

TEST_CASE("age and number hold together", "[retention][conformance]") {
  RetentionTest test;
  for (int i = 0; i < 5; ++i) {
    test.make_succeeded();
    test.now += 1h;
  }
  test.policy.succeeded = 2h;
  test.policy.succeeded_per_kind = 4;
  CHECK(test.foreseen().tasks == 3);   // three are older than two hours; the number alone would let one go
}

TEST_CASE("of a long log the end is kept, and numbering goes on", "[retention][journal][conformance]") {
  RetentionTest test;
  const TaskId long_one = test.logged({kilobytes(3), kilobytes(3), kilobytes(3), kilobytes(1)});
  const TaskId short_one = test.logged({kilobytes(1), kilobytes(2)});
  test.policy.log_bytes_per_task = 5 * 1'024;
  const RetentionReport report = test.foreseen(1);
  CHECK(report.log_lines == 2);
  CHECK(report.log_bytes == 6 * 1'024);
  CHECK(report.tasks == 0);
  CHECK(test.line_numbers(long_one) == std::vector<std::int64_t>{3, 4});
  CHECK(test.let_go_up_to(long_one) == 2);
  CHECK(test.line_numbers(short_one) == std::vector<std::int64_t>{1, 2});
  CHECK(test.let_go_up_to(short_one) == 0);
  CHECK(test.retain().log_lines == 0);
}

TEST_CASE("logs of open tasks are not touched", "[retention][journal][conformance]") {
  RetentionTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.log(key, {kilobytes(9), kilobytes(9)}));
  test.policy.log_bytes_per_task = log_bytes_least;
  test.policy.log_bytes = 1;
  CHECK_FALSE(test.retain().deleted_anything());
  CHECK(test.line_numbers(id).size() == 2);
}

TEST_CASE("all logs together have a size, and those of the tasks that ended first go first", "[retention][journal][conformance]") {
  RetentionTest test;
  const TaskId first = test.logged({kilobytes(1), kilobytes(1)});
  const TaskId second = test.logged({kilobytes(1), kilobytes(1)});
  const TaskId third = test.logged({kilobytes(1)});
  test.policy.log_bytes = 2 * 1'024;
  CHECK(test.foreseen(2).log_lines == 3);
  CHECK(test.line_numbers(first).empty());
  CHECK(test.line_numbers(second) == std::vector<std::int64_t>{2});
  CHECK(test.line_numbers(third) == std::vector<std::int64_t>{1});
}

TEST_CASE("a log that is gone as a whole is not begun anew by a retry", "[retention][journal][retry][conformance]") {
  RetentionTest test;
  const TaskId id = test.enqueue();
  ClaimKey key = test.start_one();
  REQUIRE(test.log(key, {"one", "two"}));
  REQUIRE(test.finish(StoreTest::failed(key, Fail{})).recorded);
  test.policy.log_bytes = 1;
  CHECK(test.retain().log_lines == 2);
  REQUIRE(test.retry(id) == RetryResult::requeued);
  key = test.start_one();
  REQUIRE(test.log(key, {"three"}));
  CHECK(test.line_numbers(id) == std::vector<std::int64_t>{3});
}

TEST_CASE("of a succeeded task the newest steps are kept", "[retention][steps][conformance][case-238]") {
  RetentionTest test;
  const auto with_steps = [&](bool succeeds) {
    const TaskId id = test.enqueue();
    const ClaimKey key = test.start_one();
    for (int i = 1; i <= 8; ++i) {
      (void)test.begin(key, "step" + std::to_string(i));
      (void)test.end(key, "step" + std::to_string(i));
    }
    REQUIRE(test.finish(succeeds ? StoreTest::succeeded(key) : StoreTest::failed(key, Fail{})).recorded);
    return id;
  };
  const TaskId done = with_steps(true);
  const TaskId failed = with_steps(false);
  test.policy.steps_per_task = 5;
  CHECK(test.foreseen(2).steps == 3);
  const std::vector<Step> steps = all_steps(*test.reader, done);
  REQUIRE(steps.size() == 5);
  CHECK(steps.front().name == "step4");
  CHECK(test.reader->step_tries(done).size() == 5);
  CHECK(all_steps(*test.reader, failed).size() == 8);   // a retry goes on with them
}

TEST_CASE("at most so many events are kept", "[retention][events][conformance]") {
  RetentionTest test;
  for (int i = 0; i < 4; ++i) test.make_succeeded();
  const std::int64_t last = number(test.reader->last_event());
  test.policy.newest_events = 3;
  CHECK(test.reader->would_let_go(test.policy, test.now).events == last - 3);
  CHECK(test.retain().events == last - 3);
  CHECK(number(test.reader->first_event()) == last - 2);
  CHECK(test.retain().events == 0);
}

TEST_CASE("retention says when it is due next", "[retention][conformance]") {
  RetentionTest test;
  test.policy.requests.reset();
  CHECK_FALSE(test.retain().next_due);
  test.make_succeeded();
  CHECK_FALSE(test.retain().next_due);   // it is kept for ever
  const Timestamp ended = test.now;
  test.policy.succeeded = 1h;
  test.policy.failed = 1min;
  CHECK(test.retain().next_due == ended + 1h + 1ms);
  test.now = ended + 1h;
  CHECK(test.retain().tasks == 0);
  test.now += 1ms;
  const RetentionReport report = test.retain();
  CHECK(report.tasks == 1);
  CHECK_FALSE(report.next_due);
}

TEST_CASE("there may be no space to give back", "[retention][conformance]") {
  RetentionTest test;
  const SpaceGiven given = test.batch([](Store& s) { return s.maintenance().give_space_back(1 << 20); });
  CHECK(given.bytes == 0);
  CHECK(given.left == 0);
}

TEST_CASE("the parts of a store can be counted", "[reader][conformance]") {
  RetentionTest test;
  const TaskId id = test.logged({"a", "bc"});
  test.enqueue();
  const StoreAnatomy anatomy = test.reader->anatomy();
  std::map<std::string, std::int64_t> rows;
  for (const StoreAnatomy::Table& table : anatomy.tables) rows[table.name] = table.rows;
  CHECK(rows["task"] == 2);
  CHECK(rows["attempt"] == 1);
  CHECK(rows["log"] == 2);
  CHECK(rows["event"] == number(test.reader->last_event()));
  CHECK(anatomy.log_bytes == 3);
  CHECK(anatomy.oldest_task == test.get(id).created_at);
  CHECK(anatomy.newest_task == test.now);
  CHECK(anatomy.oldest_end == test.get(id).finished_at);
  CHECK(anatomy.counts.size() == test.reader->counts().size());
}

}  // namespace reeve::store::conformance
