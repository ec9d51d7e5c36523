// Store contract: the door. What other programs wrote waits in order, and leaves once: as a task or set aside with the reason.
#include "conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

struct DoorTest : StoreTest {
  std::int64_t leave(std::string_view kind = "echo", std::string_view payload = R"({"n":1})", std::string_view options = "{}") {
    return batch([&](Store& s) { return s.door().leave(kind, payload, options, now); });
  }
  std::vector<DoorRow> waiting(int limit = 100, std::int64_t bytes = 1 << 20) {
    return batch([&](Store& s) { return s.door().waiting(limit, bytes); });
  }
  void passed(const DoorRow& row) {
    batch([&](Store& s) { return s.door().passed(row, now), 0; });
  }
  void refuse(const DoorRow& row, const DoorRefusal& why) {
    batch([&](Store& s) { return s.door().refuse(row, why, now), 0; });
  }
  std::vector<std::string> known(const std::vector<DoorRow>& rows) {
    return batch([&](Store& s) { return s.door().known(rows); });
  }
  static DoorRow outbox_row(std::string token, std::int64_t id = 1) {
    DoorRow row;
    row.id = id;
    row.source = "/srv/app.db";
    row.token = std::move(token);
    row.kind = "echo";
    return row;
  }
};

}  // namespace

TEST_CASE("rows of the inbox wait in the order in which they were written", "[door]") {
  DoorTest test;
  CHECK(test.waiting().empty());
  const std::int64_t first = test.leave("echo", R"( {"n" : 1} )", R"({"priority":7})");
  const std::int64_t second = test.leave("report", "null");
  const std::vector<DoorRow> rows = test.waiting();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].id == first);
  CHECK(rows[0].kind == "echo");
  CHECK(rows[0].payload == R"( {"n" : 1} )");
  CHECK(rows[0].options == R"({"priority":7})");
  CHECK(rows[0].source == inbox_source);
  CHECK(rows[0].token.empty());
  CHECK(rows[0].fault.empty());
  CHECK(rows[0].written_at == test.now);
  CHECK(rows[1].id == second);
  CHECK(task_text(rows[0]) == R"({"kind":"echo","payload": {"n" : 1} ,"priority":7})");
  CHECK(task_text(rows[1]) == R"({"kind":"report","payload":null})");
}

TEST_CASE("no more rows are given than were asked for, in number and in bytes", "[door]") {
  DoorTest test;
  for (int i = 0; i < 5; ++i) test.leave("echo", "\"" + std::string(1'000, 'x') + "\"");
  CHECK(test.waiting(3).size() == 3);
  CHECK(test.waiting(0).empty());
  CHECK(test.waiting(100, 1'500).size() == 2);
  CHECK(test.waiting(100, 1).size() == 1);
}

TEST_CASE("a row that has become a task leaves the inbox in the same transaction", "[door]") {
  DoorTest test;
  test.leave();
  const DoorRow row = test.waiting().at(0);
  SECTION("both or neither") {
    struct Broken final : Operation {
      explicit Broken(DoorTest& t, DoorRow r) : test(t), row(std::move(r)) {}
      void run(Store& store) override {
        EnqueueRequest request;
        request.tasks.push_back(StoreTest::task());
        (void)store.tasks().enqueue(request, test.now);
        store.door().passed(row, test.now);
        throw std::runtime_error("killed here");
      }
      void refuse(std::exception_ptr) override { refused = true; }
      DoorTest& test;
      DoorRow row;
      bool refused = false;
    } broken(test, row);
    Operation* const operations[] = {&broken};
    test.store->batch(operations);
    CHECK(broken.refused);
    CHECK(test.waiting().size() == 1);
    CHECK(test.claim().empty());
  }
  SECTION("once") {
    test.enqueue();
    test.passed(row);
    CHECK(test.waiting().empty());
    CHECK(test.reader->facts().inbox_waiting == 0);
  }
}

TEST_CASE("a row that cannot become a task is set aside as it was, with the reason and an event", "[door]") {
  DoorTest test;
  const std::int64_t id = test.leave("eco", R"({"n":1})", R"({"queue":"q"})");
  test.leave();
  CHECK(test.reader->facts().inbox_waiting == 2);
  test.refuse(test.waiting().at(0), {"unknown_kind", "no handler has the kind \"eco\""});
  CHECK(test.waiting().size() == 1);
  const std::vector<RefusedRow> refused = test.reader->refused(10);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].row == id);
  CHECK(refused[0].source == inbox_source);
  CHECK(refused[0].kind == "eco");
  CHECK(refused[0].payload == R"({"n":1})");
  CHECK(refused[0].options == R"({"queue":"q"})");
  CHECK(refused[0].why == DoorRefusal{"unknown_kind", "no handler has the kind \"eco\""});
  CHECK(refused[0].refused_at == test.now);
  CHECK(test.reader->facts().inbox_refused == 1);
  EventQuery query;
  query.types = {"inbox.refused"};
  const std::vector<Event> events = test.reader->events(query).events;
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == "eco");
  CHECK(events[0].data == R"({"source":"inbox","row":)" + std::to_string(id) + R"(,"code":"unknown_kind","reason":"no handler has the kind \"eco\""})");
}

TEST_CASE("the numbers of inbox rows are never used again", "[door]") {
  DoorTest test;
  const std::int64_t first = test.leave();
  test.passed(test.waiting().at(0));
  CHECK(test.leave() > first);
}

TEST_CASE("a row of an outbox is known from its taking until it is forgotten", "[door]") {
  DoorTest test;
  const std::vector<DoorRow> rows{DoorTest::outbox_row("token-one", 1), DoorTest::outbox_row("token-two", 2)};
  CHECK(test.known(rows).empty());
  test.passed(rows[0]);
  CHECK(test.known(rows) == std::vector<std::string>{"token-one"});
  SECTION("set aside, it is known as well") {
    test.refuse(rows[1], {"invalid_json", "no"});
    CHECK(test.known(rows) == std::vector<std::string>{"token-one", "token-two"});
    CHECK(test.reader->refused(10).at(0).source == "/srv/app.db");
  }
  SECTION("it is taken only once") {
    CHECK_THROWS(test.passed(rows[0]));
    CHECK(test.known(rows) == std::vector<std::string>{"token-one"});
  }
  SECTION("and forgotten") {
    const std::vector<std::string> tokens{"token-one", "never-seen"};
    test.batch([&](Store& s) { return s.door().forget(tokens), 0; });
    CHECK(test.known(rows).empty());
  }
  SECTION("the inbox knows nothing of tokens") {
    test.leave();
    CHECK(test.known(test.waiting()).empty());
  }
}

}  // namespace reeve::store::conformance
