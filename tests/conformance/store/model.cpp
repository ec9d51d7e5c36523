// Random programs of verbs are driven through two stores at once: the memory store, written to be obviously right, and the store under
// test. Every answer and everything that can be read must be equal. A failure prints its seed; REEVE_SEED=n runs that one again.
#include <cstdlib>
#include <random>
#include <stdexcept>

#include "store/open.hpp"
#include "tests/conformance/store/fixture.hpp"
#include "tests/conformance/store/program.hpp"
#include "tests/conformance/store/told.hpp"

namespace reeve::store::conformance {
namespace {

struct RanSteps final : Operation {
  void run(Store& store) override {
    answers.clear();
    for (const Program::Step& step : steps) answers.push_back(step(store));
    if (fails) throw std::runtime_error("on purpose");
  }
  void refuse(std::exception_ptr) override { answers = {"refused"}; }
  std::vector<Program::Step> steps{};
  bool fails = false;
  std::vector<std::string> answers{};
};

void compare(std::uint64_t seed, int steps) {
  INFO("REEVE_SEED=" << seed);
  Options memory;
  memory.url = "memory:";
  const auto model = store::open(memory);
  const auto model_reader = model->open_reader();
  const auto place = make_place();
  auto tested = place->open();
  auto reader = tested->open_reader();
  Program program(seed);
  std::mt19937_64 dice(seed + 1);
  for (int done = 0; done < steps;) {
    RanSteps group;
    const auto size = 1 + static_cast<int>(dice() % 6);
    for (int i = 0; i < size; ++i) group.steps.push_back(program.next());
    group.fails = dice() % 12 == 0;
    done += size;
    Operation* const operations[] = {&group};
    model->batch(operations);
    const std::vector<std::string> expected = group.answers;
    tested->batch(operations);
    REQUIRE(group.answers == expected);
    if (dice() % 16 != 0) continue;
    REQUIRE(everything(*reader, program.now, program.with_keys || program.label_pauses) == everything(*model_reader, program.now, program.with_keys || program.label_pauses));
    REQUIRE(reader->check() == std::vector<std::string>{});
    if (dice() % 4 != 0) continue;
    if (reader->facts().location.empty()) continue;  // nothing to open again
    reader.reset();
    tested.reset();
    tested = place->open();
    reader = tested->open_reader();
    // What a store knows for its life only begins anew with a runner.
    RanSteps runner;
    runner.steps.push_back([at = program.now](Store& s) { return std::to_string(s.runners().open_runner({"n", "b", "i", 1}, at)); });
    Operation* const opening[] = {&runner};
    model->batch(opening);
    const std::vector<std::string> number = runner.answers;
    tested->batch(opening);
    REQUIRE(runner.answers == number);
  }
  REQUIRE(everything(*reader, program.now, program.with_keys || program.label_pauses) == everything(*model_reader, program.now, program.with_keys || program.label_pauses));
  REQUIRE(reader->check() == std::vector<std::string>{});
}

}  // namespace

TEST_CASE("random programs do to every store what they do to the model", "[model][conformance]") {
  if (const char* seed = std::getenv("REEVE_SEED")) return compare(std::strtoull(seed, nullptr, 10), 600);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) compare(seed, 400);
}

}  // namespace reeve::store::conformance
