#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>

#include "simulation/world.hpp"

using namespace reeve::simulation;

namespace {

// REEVE_SEED repeats one run; REEVE_SEEDS says how many.
std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

TEST_CASE("whatever goes wrong, tasks end once, limits hold, and everything comes to rest", "[simulation]") {
  const std::uint64_t first = number_from("REEVE_SEED", 1);
  const std::uint64_t seeds = std::getenv("REEVE_SEED") ? 1 : number_from("REEVE_SEEDS", REEVE_SIMULATIONS);
  Tally total;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    INFO("repeat with REEVE_SEED=" << seed);
    World world(seed);
    const Tally tally = world.run(60);
    total.tasks += tally.tasks;
    total.bodies += tally.bodies;
    total.crashes += tally.crashes;
    total.cancels += tally.cancels;
    total.outages += tally.outages;
    total.suspended += tally.suspended;
    total.superseded += tally.superseded;
    for (const auto& [end, count] : tally.ends) total.ends[end] += count;
  }
  std::cout << total.tasks << " tasks, " << total.bodies << " bodies, " << total.crashes << " crashes, " << total.cancels << " cancels, "
            << total.outages << " outages, " << total.suspended << " suspended, " << total.superseded << " superseded\n";
  if (seeds < 100) return;
  // The weather really was bad, and the runs really did something.
  CHECK(total.bodies > total.tasks);
  CHECK(total.crashes > 50);
  CHECK(total.cancels > 100);
  CHECK(total.outages > 20);
  CHECK(total.suspended > 500);
  CHECK(total.superseded > 100);
  CHECK(total.ends["succeeded"] > 1000);
  CHECK(total.ends["failed"] > 100);
  CHECK(total.ends["cancelled"] > 100);
}
