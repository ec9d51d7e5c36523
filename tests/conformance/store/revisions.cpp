#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {

namespace {

Revision revision(std::string hash, std::string text = "handlers: {}\n") {
  Revision one;
  one.source = "apply";
  one.actor = "uid:0";
  one.comment = "because";
  one.hash = std::move(hash);
  one.text = std::move(text);
  return one;
}

RevisionRecorded record(StoreTest& test, const Revision& one) {
  return test.batch([&](Store& s) { return s.revisions().record(one, test.now); });
}

}  // namespace

TEST_CASE("revisions are numbered in order and read back byte for byte", "[revision][conformance]") {
  StoreTest test;
  CHECK(test.reader->revisions(std::nullopt, 10).empty());
  CHECK_FALSE(test.reader->revision(1));
  CHECK(record(test, revision("a", "x: \"\u00e4\"\n\n")).number == 1);
  const Timestamp first = test.now;
  test.now += 1s;
  CHECK(record(test, revision("b")).number == 2);
  const auto rows = test.reader->revisions(std::nullopt, 10);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].number == 2);
  CHECK(rows[1].at == first);
  CHECK(rows[1].text.empty());
  CHECK(test.reader->revisions(2, 10).size() == 1);
  CHECK(test.reader->revisions(std::nullopt, 1).size() == 1);
  const auto whole = test.reader->revision(1);
  REQUIRE(whole);
  CHECK(whole->text == "x: \"\u00e4\"\n\n");
  CHECK(whole->source == "apply");
  CHECK(whole->actor == "uid:0");
  CHECK(whole->comment == "because");
  CHECK(whole->hash == "a");
}

TEST_CASE("the same configuration again is no revision, an earlier one is", "[revision][conformance]") {
  StoreTest test;
  CHECK(record(test, revision("a")).fresh);
  const Cursor last = test.reader->last_event();
  const RevisionRecorded again = record(test, revision("a"));
  CHECK_FALSE(again.fresh);
  CHECK(again.number == 1);
  CHECK(test.reader->last_event() == last);
  CHECK(record(test, revision("b")).number == 2);
  const RevisionRecorded back = record(test, revision("a"));
  CHECK(back.fresh);
  CHECK(back.number == 3);
}

TEST_CASE("a revision is an event of who did what", "[revision][conformance]") {
  StoreTest test;
  record(test, revision("abc"));
  EventQuery query;
  query.types = {"config.applied"};
  const EventPage page = test.reader->events(query);
  REQUIRE(page.events.size() == 1);
  CHECK(page.events[0].actor == "uid:0");
  CHECK(page.events[0].at == test.now);
  CHECK(page.events[0].data == R"({"revision":1,"source":"apply","hash":"abc","comment":"because"})");
}

TEST_CASE("the oldest revisions are forgotten, their numbers never used again", "[revision][conformance]") {
  StoreTest test;
  for (int i = 1; i <= Revisions::kept_max + 3; ++i) record(test, revision(std::to_string(i)));
  CHECK_FALSE(test.reader->revision(3));
  CHECK(test.reader->revision(4));
  CHECK(test.reader->revisions(std::nullopt, 5'000).size() == Revisions::kept_max);
  CHECK(record(test, revision("next")).number == Revisions::kept_max + 4);
}

TEST_CASE("a revision whose neighbour throws is recorded once", "[revision][conformance]") {
  StoreTest test;
  CHECK_THROWS(test.batch([&](Store& s) -> int {
    (void)s.revisions().record(revision("lost"), test.now);
    throw std::runtime_error("no");
  }));
  CHECK(test.reader->revisions(std::nullopt, 10).empty());
  CHECK(record(test, revision("kept")).fresh);
}

TEST_CASE("a kind is claimed under its other names, all within one room", "[claim][conformance]") {
  StoreTest test;
  const auto put = [&test](const std::string& kind) {
    NewTask task = StoreTest::task();
    task.kind = kind;
    return test.enqueue(task);
  };
  const TaskId old = put("old.echo");
  const TaskId older = put("older.echo");
  const TaskId present = put("echo");
  ClaimRequest request = test.claim_request();
  request.kinds = {{.name = "echo", .room = 2, .also = {"old.echo", "older.echo"}}};
  const std::vector<Task> first = test.claim(request).tasks;
  REQUIRE(first.size() == 2);
  CHECK(first[0].id == old);
  CHECK(first[0].kind == "old.echo");
  CHECK(first[1].id == older);
  const std::vector<Task> second = test.claim(request).tasks;
  REQUIRE(second.size() == 1);
  CHECK(second[0].id == present);
}

}  // namespace reeve::store::conformance
