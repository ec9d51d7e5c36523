#include <limits>

#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {

TEST_CASE("the latest progress is kept", "[progress][conformance][case-196]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  Progress progress;
  progress.percent = 30;
  progress.current = 3;
  progress.total = 10;
  progress.label = "x";
  progress.meta = R"({"a":1})";
  test.now += 10ms;
  REQUIRE(test.progress(key, progress));
  CHECK(test.get(id).progress == progress);
  CHECK(test.get(id).progress_at == test.now);
  CHECK(test.get(id).last_seen_at == test.now);
}

TEST_CASE("progress does not go backwards within an attempt", "[progress][conformance][promise-I31]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  Progress far;
  far.percent = 50;
  far.current = 5;
  far.total = 10;
  far.label = "half";
  REQUIRE(test.progress(key, far));
  Progress back;
  back.percent = 20;
  back.current = 2;
  back.label = "again";
  REQUIRE(test.progress(key, back));
  const Progress kept = *test.get(id).progress;
  CHECK(kept.percent == 50);
  CHECK(kept.current == 5);
  CHECK(kept.label == "again");
}

TEST_CASE("numbers that are none do no harm", "[progress][conformance][F049]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  const auto percent_after = [&](double value) {
    REQUIRE(test.progress(key, StoreTest::percent(value)));
    return test.get(id).progress->percent;
  };
  CHECK(percent_after(-1) == 0);
  CHECK(percent_after(10) == 10);
  CHECK(percent_after(std::numeric_limits<double>::quiet_NaN()) == 10);
  CHECK(percent_after(std::numeric_limits<double>::infinity()) == 10);
  CHECK(percent_after(1e308) == 100);
  Progress odd;
  odd.current = std::numeric_limits<double>::quiet_NaN();
  odd.total = std::numeric_limits<double>::infinity();
  REQUIRE(test.progress(key, odd));
  CHECK_FALSE(test.get(id).progress->current);
  CHECK_FALSE(test.get(id).progress->total);
}

TEST_CASE("a new attempt begins its progress anew", "[progress][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.progress(key, StoreTest::percent(90)));
  REQUIRE(test.finish(StoreTest::failed(key, Requeue{test.now})).recorded);
  REQUIRE(test.progress(test.start_one(), StoreTest::percent(5)));
  CHECK(test.get(id).progress->percent == 5);
}

TEST_CASE("progress is an event at most once a second", "[progress][events][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  for (int i = 0; i < 30; ++i) {
    REQUIRE(test.progress(key, StoreTest::percent(i)));
    test.now += 100ms;
  }
  const auto types = test.event_types(id);
  CHECK(std::count(types.begin(), types.end(), "task.progress") == 3);
  CHECK(test.get(id).progress->percent == 29);
}

TEST_CASE("log lines keep their order and their bytes", "[log][conformance][case-290]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  LogLine line;
  line.at = test.now;
  line.stream = LogStream::entry;
  line.level = "warn";
  line.message = std::string("\xFF\xFE\0nul", 6);
  line.meta = R"({"k":1})";
  const std::vector<LogLine> lines{line};
  REQUIRE(test.log(key, {"one", "two", ""}));
  REQUIRE(test.batch([&](Store& s) { return s.journal().log(key, lines, test.now); }));
  LogQuery query;
  query.task = id;
  const LogPage page = test.reader->log(query);
  REQUIRE(page.lines.size() == 4);
  CHECK(page.lines[0].message == "one");
  CHECK(page.lines[2].message.empty());
  CHECK(page.lines[3].message == line.message);
  CHECK(page.lines[3].stream == LogStream::entry);
  CHECK(page.lines[3].level == "warn");
  CHECK(page.lines[3].meta == line.meta);
  CHECK(page.lines[3].epoch == key.epoch);
  for (std::size_t i = 1; i < 4; ++i) CHECK(page.lines[i].seq > page.lines[i - 1].seq);
}

TEST_CASE("a log is read in pages, from its end, and by attempt", "[log][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey first = test.start_one();
  REQUIRE(test.log(first, {"a", "b", "c"}));
  REQUIRE(test.finish(StoreTest::failed(first, Requeue{test.now})).recorded);
  const ClaimKey second = test.start_one();
  REQUIRE(test.log(second, {"d", "e"}));
  const auto messages = [](const LogPage& page) {
    std::string text;
    for (const LogLine& line : page.lines) text += line.message;
    return text;
  };
  LogQuery query;
  query.task = id;
  query.limit = 2;
  const LogPage page = test.reader->log(query);
  CHECK(messages(page) == "ab");
  CHECK(page.more);
  query.after = page.lines.back().seq;
  query.limit = 3;
  CHECK(messages(test.reader->log(query)) == "cde");
  CHECK_FALSE(test.reader->log(query).more);
  LogQuery newest;
  newest.task = id;
  newest.last = 2;
  CHECK(messages(test.reader->log(newest)) == "de");
  newest.last = 99;
  CHECK(messages(test.reader->log(newest)) == "abcde");
  LogQuery attempt;
  attempt.task = id;
  attempt.epoch = first.epoch;
  CHECK(messages(test.reader->log(attempt)) == "abc");
  attempt.last = 1;
  CHECK(messages(test.reader->log(attempt)) == "c");
}

TEST_CASE("lines are taken before the finish of a batch and refused after it", "[log][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  LogLine line;
  line.message = "x";
  const std::vector<LogLine> lines{line};
  bool before = false, after = true;
  test.batch([&](Store& s) {
    before = s.journal().log(key, lines, test.now);
    (void)s.tasks().finish(StoreTest::succeeded(key), test.now);
    after = s.journal().log(key, lines, test.now);
  });
  CHECK(before);
  CHECK_FALSE(after);
  LogQuery query;
  query.task = id;
  CHECK(test.reader->log(query).lines.size() == 1);
}

TEST_CASE("a silent attempt is flagged stale until it shows life", "[stale][conformance][case-190]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  test.now += 30s;
  REQUIRE(test.flag_stale(key, "silent for 30s"));
  CHECK(test.state(id) == State::stale);
  CHECK(test.get(id).stale_at == test.now);
  CHECK(test.get(id).stale_reason == "silent for 30s");
  const std::string before = test.everything(id);
  test.now += 1s;
  REQUIRE(test.flag_stale(key, "another reason"));
  CHECK(test.everything(id) == before);
  SECTION("told so") { REQUIRE(test.batch([&](Store& s) { return s.journal().clear_stale(key, test.now); })); }
  SECTION("progress") { REQUIRE(test.progress(key, StoreTest::percent(1))); }
  SECTION("a line") { REQUIRE(test.log(key, {"alive"})); }
  CHECK(test.state(id) == State::running);
  CHECK(test.get(id).stale_reason.empty());
  CHECK(test.get(id).last_seen_at == test.now);
}

TEST_CASE("a terminal task is never stale", "[stale][conformance][case-198]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.flag_stale(key));
  REQUIRE(test.finish(StoreTest::succeeded(key)).recorded);
  CHECK(test.state(id) == State::succeeded);
  CHECK_FALSE(test.get(id).stale_at);
}

}  // namespace reeve::store::conformance
