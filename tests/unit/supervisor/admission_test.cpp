#include "supervisor/core/admission.hpp"

#include <catch2/catch.hpp>

using namespace reeve;
using namespace reeve::supervisor;

namespace {

handlers::Handlers declared(std::vector<std::pair<std::string, std::optional<int>>> kinds, std::vector<handlers::Queue> queues = {}) {
  std::vector<handlers::Handler> handlers;
  for (auto& [kind, limit] : kinds) {
    handlers::Handler handler;
    handler.kind = kind;
    handler.concurrency = limit;
    handlers.push_back(handler);
  }
  return handlers::Handlers(std::move(handlers), std::move(queues));
}

template <class Room>
int room_of(const std::vector<Room>& rooms, const std::string& name) {
  for (const Room& room : rooms)
    if (room.name == name) return room.room;
  return -1;
}

}  // namespace

TEST_CASE("an empty supervisor has room for its concurrency", "[admission]") {
  const Rooms rooms = Admission(16).rooms(declared({{"a", {}}, {"b", 2}}));
  CHECK(rooms.limit == 16);
  CHECK(room_of(rooms.kinds, "a") == 16);
  CHECK(room_of(rooms.kinds, "b") == 2);
  CHECK(rooms.restricted);
}

TEST_CASE("nothing is claimed when every slot is taken", "[admission][promise-I23]") {
  Admission admission(2);
  admission.started("a", "q");
  admission.started("a", "q");
  CHECK(admission.rooms(declared({{"a", {}}})).limit == 0);
  admission.ended("a", "q");
  CHECK(admission.rooms(declared({{"a", {}}})).limit == 1);
}

TEST_CASE("a kind at its limit is left out, the others are not", "[admission][promise-I23]") {
  Admission admission(16);
  admission.started("b", "q");
  admission.started("b", "q");
  const Rooms rooms = admission.rooms(declared({{"a", {}}, {"b", 2}}));
  CHECK(room_of(rooms.kinds, "a") == 14);
  CHECK(room_of(rooms.kinds, "b") == -1);
  CHECK(rooms.restricted);
}

TEST_CASE("a queue at its limit has no room, whatever kinds run in it", "[admission][promise-I23]") {
  Admission admission(16);
  admission.started("a", "mail");
  admission.started("b", "mail");
  const Rooms rooms = admission.rooms(declared({{"a", {}}, {"b", {}}}, {{.name = "mail", .concurrency = 2}}));
  CHECK(room_of(rooms.queues, "mail") == 0);
  CHECK(rooms.restricted);
}

TEST_CASE("a limit that was lowered below what runs leaves no room and is never negative", "[admission][promise-I23]") {
  Admission admission(16);
  for (int i = 0; i < 5; ++i) admission.started("a", "q");
  admission.set_concurrency(3);
  CHECK(admission.rooms(declared({{"a", {}}})).limit == 0);
  admission.set_concurrency(6);
  CHECK(room_of(admission.rooms(declared({{"a", 2}, {"b", {}}})).kinds, "a") == -1);
}

TEST_CASE("counts return to nothing when everything has ended", "[admission]") {
  Admission admission(4);
  admission.started("a", "q");
  admission.ended("a", "q");
  CHECK(admission.running() == 0);
  CHECK(admission.running_of_kind("a") == 0);
  CHECK(admission.running_in_queue("q") == 0);
}

TEST_CASE("a claim is told rates, weights, ageing and needs as they were declared", "[admission]") {
  handlers::Handler handler;
  handler.kind = "a";
  handler.rate = store::Rate{.limit = 5, .per = store::Millis{1'000}, .burst = 2};
  store::Room need;
  need.name = "gpu";
  need.room = 2;
  handler.resources = {need};
  handlers::Queue queue;
  queue.name = "q";
  queue.weight = 3;
  queue.ageing = store::Millis{500};
  const handlers::Handlers declared({handler}, {queue});
  store::Room free;
  free.name = "gpu";
  free.room = 5;
  const Rooms rooms = Admission(16).rooms(declared, {free});
  REQUIRE(rooms.queues.size() == 1);
  CHECK(rooms.queues[0].weight == 3);
  CHECK(rooms.queues[0].ageing == store::Millis{500});
  CHECK(rooms.queues[0].room == store::no_limit);
  CHECK(room_of(rooms.kinds, "a") == 2);
  CHECK(rooms.restricted);
  free.room = 1;
  CHECK(room_of(Admission(16).rooms(declared, {free}).kinds, "a") == -1);
}

TEST_CASE("what an executor could begin limits its kinds, and only more of it is news", "[admission][room]") {
  Admission admission(16);
  const auto handlers = declared({{"a", {}}, {"b", 2}});
  CHECK_FALSE(admission.set_room("a", std::nullopt));
  CHECK_FALSE(admission.set_room("a", 3));
  CHECK_FALSE(admission.set_room("a", 3));
  CHECK(room_of(admission.rooms(handlers).kinds, "a") == 3);
  CHECK_FALSE(admission.set_room("b", 5));
  CHECK(room_of(admission.rooms(handlers).kinds, "b") == 2);
  CHECK_FALSE(admission.set_room("a", 0));
  CHECK(room_of(admission.rooms(handlers).kinds, "a") == -1);
  CHECK(admission.set_room("a", 1));
  CHECK(admission.set_room("a", std::nullopt));
  CHECK(room_of(admission.rooms(handlers).kinds, "a") == 16);
}

TEST_CASE("the room of a kind that is declared no longer is forgotten", "[admission][room]") {
  Admission admission(16);
  CHECK_FALSE(admission.set_room("a", 0));
  CHECK_FALSE(admission.set_room("b", 0));
  admission.keep_rooms_of(declared({{"b", {}}}));
  CHECK_FALSE(admission.room_of_kind("a"));
  CHECK(admission.room_of_kind("b") == 0);
}

TEST_CASE("each that is started takes room of its executor until that is told anew", "[admission][room]") {
  Admission admission(16);
  const auto handlers = declared({{"a", {}}, {"b", {}}});
  CHECK_FALSE(admission.set_room("a", 2));
  admission.started("a", "q");
  CHECK(room_of(admission.rooms(handlers).kinds, "a") == 1);
  admission.started("b", "q");
  admission.started("a", "q");
  CHECK(room_of(admission.rooms(handlers).kinds, "a") == -1);
  CHECK(room_of(admission.rooms(handlers).kinds, "b") == 13);
  admission.ended("a", "q");
  CHECK(room_of(admission.rooms(handlers).kinds, "a") == -1);   // whoever ends may still hold its thread
  CHECK(admission.set_room("a", 1));
  CHECK(room_of(admission.rooms(handlers).kinds, "a") == 1);
}
