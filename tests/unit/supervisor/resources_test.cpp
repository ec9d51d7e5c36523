#include "supervisor/core/resources.hpp"

#include <catch2/catch.hpp>

using namespace reeve;
using namespace reeve::supervisor;

namespace {

Resource counted(std::string name, int count) {
  Resource resource;
  resource.name = std::move(name);
  for (int unit = 0; unit < count; ++unit) resource.units.push_back(std::to_string(unit));
  return resource;
}

std::vector<store::Room> needs(std::string name, int count) {
  store::Room need;
  need.name = std::move(name);
  need.room = count;
  return {need};
}

}  // namespace

TEST_CASE("units are handed out once each, the first free ones first", "[resources][promise-I23]") {
  Resources resources({counted("gpu", 3)});
  const auto first = resources.take(needs("gpu", 2));
  const auto second = resources.take(needs("gpu", 1));
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->at("gpu") == std::vector<std::string>{"0", "1"});
  CHECK(second->at("gpu") == std::vector<std::string>{"2"});
  CHECK_FALSE(resources.take(needs("gpu", 1)));
  resources.give_back(*first);
  CHECK(resources.rooms().at(0).room == 2);
  CHECK(resources.take(needs("gpu", 1))->at("gpu") == std::vector<std::string>{"0"});
}

TEST_CASE("who needs nothing gets nothing, and what is not declared is not there", "[resources]") {
  Resources resources({counted("gpu", 1)});
  CHECK(resources.take({})->empty());
  CHECK_FALSE(resources.take(needs("license", 1)));
}

TEST_CASE("taking one of two needs in vain takes neither", "[resources]") {
  Resources resources({counted("gpu", 1), counted("license", 0)});
  std::vector<store::Room> both = needs("gpu", 1);
  both.push_back(needs("license", 1).front());
  CHECK_FALSE(resources.take(both));
  CHECK(resources.rooms().at(0).room == 1);
}

TEST_CASE("fewer units than are held leave no room until enough came back", "[resources][promise-I23]") {
  Resources resources({counted("license", 4)});
  std::vector<Granted> held;
  for (int body = 0; body < 4; ++body) held.push_back(*resources.take(needs("license", 1)));
  resources.declare({counted("license", 2)});
  CHECK(resources.rooms().at(0).room == 0);
  resources.give_back(held[0]);
  resources.give_back(held[1]);
  CHECK(resources.rooms().at(0).room == 0);
  resources.give_back(held[2]);
  CHECK(resources.rooms().at(0).room == 1);
}
