#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

struct ScheduleTest : StoreTest {
  SchedulePut put(std::string_view name, ScheduleOrigin origin = ScheduleOrigin::declared, std::string_view spec = "{}") {
    return batch([&](Store& s) { return s.schedules().put(name, origin, spec, "uid:0", now); });
  }
  ScheduleRemoved remove(std::string_view name, ScheduleOrigin origin) {
    return batch([&](Store& s) { return s.schedules().remove(name, origin, "uid:0", now); });
  }
  FireAnswer fire(std::string_view name, Timestamp tick) {
    NewTask fresh = task();
    fresh.schedule = name;
    fresh.tick = tick;
    return batch([&](Store& s) { return s.schedules().fire(name, tick, fresh, now); });
  }
  bool pause(std::string_view name) {
    return batch([&](Store& s) { return s.schedules().pause(name, "holidays", "uid:0", now); });
  }
  bool resume(std::string_view name) {
    return batch([&](Store& s) { return s.schedules().resume(name, "uid:0", now); });
  }
  ScheduleRow row(std::string_view name) {
    for (const auto& one : reader->schedules())
      if (one.name == name) return one;
    FAIL("no such schedule");
    return {};
  }
  std::vector<std::string> types_after(Cursor cursor) {
    EventQuery query;
    query.after = cursor;
    std::vector<std::string> types;
    for (const Event& event : reader->events(query).events) types.push_back(event.type);
    return types;
  }
};

}  // namespace

TEST_CASE("a tick is fired once", "[schedule][conformance]") {
  ScheduleTest test;
  CHECK(test.put("nightly") == SchedulePut::created);
  test.now += 1h;
  const FireAnswer first = test.fire("nightly", test.now);
  REQUIRE(first.result == FireAnswer::Result::fired);
  CHECK(test.fire("nightly", test.now).result == FireAnswer::Result::already);
  CHECK(test.fire("nightly", test.now - 1s).result == FireAnswer::Result::already);
  CHECK(test.fire("nightly", test.now + 1s).result == FireAnswer::Result::fired);
  const Task task = test.reader->get(first.task.id).value();
  CHECK(task.schedule == "nightly");
  CHECK(task.tick == test.now);
  const ScheduleRow row = test.row("nightly");
  CHECK(row.fired == 2);
  CHECK(row.last_tick == test.now + 1s);
  CHECK(row.last_task != first.task.id);
}

TEST_CASE("a schedule fires nothing that passed before it was known", "[schedule][conformance]") {
  ScheduleTest test;
  test.put("nightly");
  CHECK(test.fire("nightly", test.now - 1h).result == FireAnswer::Result::already);
  CHECK(test.fire("hourly", test.now + 1h).result == FireAnswer::Result::unknown);
}

TEST_CASE("a tick whose task is refused is not taken", "[schedule][conformance]") {
  ScheduleTest test;
  test.put("nightly");
  NewTask fresh = StoreTest::task();
  fresh.external_id = "mine";
  test.enqueue(fresh);
  const auto answer = test.batch([&](Store& s) { return s.schedules().fire("nightly", test.now + 1s, fresh, test.now); });
  CHECK(answer.result == FireAnswer::Result::refused);
  CHECK(test.row("nightly").fired == 0);
  CHECK(test.fire("nightly", test.now + 1s).result == FireAnswer::Result::fired);
}

TEST_CASE("a tick for which another task stands in is taken all the same", "[schedule][conformance]") {
  ScheduleTest test;
  test.put("nightly");
  NewTask fresh = StoreTest::task();
  fresh.dedupe = Dedupe{.key = "one"};
  const TaskId open = test.enqueue(fresh);
  const auto answer = test.batch([&](Store& s) { return s.schedules().fire("nightly", test.now + 1s, fresh, test.now); });
  CHECK(answer.result == FireAnswer::Result::fired);
  CHECK(answer.task.id == open);
  CHECK(test.row("nightly").fired == 0);
  CHECK(test.row("nightly").passed_over == 1);
  CHECK(test.fire("nightly", test.now + 1s).result == FireAnswer::Result::already);
}

TEST_CASE("a paused schedule fires nothing, and makes up for nothing", "[schedule][conformance]") {
  ScheduleTest test;
  test.put("nightly");
  CHECK_FALSE(test.resume("nightly"));
  CHECK(test.pause("nightly"));
  CHECK_FALSE(test.pause("nightly"));
  CHECK_FALSE(test.pause("hourly"));
  const ScheduleRow paused = test.row("nightly");
  REQUIRE(paused.pause);
  CHECK(paused.pause->reason == "holidays");
  CHECK(paused.pause->since == test.now);
  test.now += 1h;
  CHECK(test.fire("nightly", test.now).result == FireAnswer::Result::paused);
  CHECK(test.resume("nightly"));
  CHECK(test.fire("nightly", test.now).result == FireAnswer::Result::already);
  CHECK(test.fire("nightly", test.now + 1s).result == FireAnswer::Result::fired);
}

TEST_CASE("declared and added schedules never change each other", "[schedule][conformance]") {
  ScheduleTest test;
  CHECK(test.put("nightly", ScheduleOrigin::declared) == SchedulePut::created);
  CHECK(test.put("nightly", ScheduleOrigin::added, "{\"cron\":\"@daily\"}") == SchedulePut::taken);
  CHECK(test.remove("nightly", ScheduleOrigin::added) == ScheduleRemoved::taken);
  CHECK(test.put("mine", ScheduleOrigin::added, "{}") == SchedulePut::created);
  CHECK(test.put("mine", ScheduleOrigin::declared) == SchedulePut::taken);
  CHECK(test.put("mine", ScheduleOrigin::added, "{}") == SchedulePut::unchanged);
  CHECK(test.put("mine", ScheduleOrigin::added, "{\"x\":1}") == SchedulePut::changed);
  CHECK(test.row("mine").spec == "{\"x\":1}");
  CHECK(test.remove("mine", ScheduleOrigin::declared) == ScheduleRemoved::taken);
  CHECK(test.remove("mine", ScheduleOrigin::added) == ScheduleRemoved::removed);
  CHECK(test.remove("mine", ScheduleOrigin::added) == ScheduleRemoved::not_found);
  CHECK(test.reader->schedules().size() == 1);
}

TEST_CASE("ticks that were missed are left out once", "[schedule][conformance]") {
  ScheduleTest test;
  test.put("nightly");
  const auto pass = [&](Timestamp tick) {
    return test.batch([&](Store& s) { return s.schedules().pass_over("nightly", tick, "the daemon was down", test.now); });
  };
  CHECK(pass(test.now + 1h));
  CHECK_FALSE(pass(test.now + 1h));
  CHECK(test.fire("nightly", test.now + 1h).result == FireAnswer::Result::already);
  CHECK(test.row("nightly").passed_over == 1);
}

TEST_CASE("what happens to schedules are events", "[schedule][events][conformance]") {
  ScheduleTest test;
  const Cursor before = test.reader->last_event();
  test.put("mine", ScheduleOrigin::added, "{}");
  test.put("mine", ScheduleOrigin::added, "{\"x\":1}");
  test.put("nightly");
  test.pause("mine");
  test.resume("mine");
  test.fire("mine", test.now + 1s);
  test.remove("mine", ScheduleOrigin::added);
  CHECK(test.types_after(before) == std::vector<std::string>{"schedule.added", "schedule.changed", "schedule.paused", "schedule.resumed",
                                                             "task.enqueued", "schedule.fired", "schedule.removed"});
}

TEST_CASE("an undone batch has fired nothing", "[schedule][conformance]") {
  ScheduleTest test;
  test.put("nightly");
  CHECK_THROWS(test.batch([&](Store& s) -> bool {
    (void)s.schedules().fire("nightly", test.now + 1s, StoreTest::task(), test.now);
    throw std::runtime_error("undone");
  }));
  CHECK(test.fire("nightly", test.now + 1s).result == FireAnswer::Result::fired);
}

}  // namespace reeve::store::conformance
