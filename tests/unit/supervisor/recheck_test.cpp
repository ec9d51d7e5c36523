#include "supervisor/recheck.hpp"

#include <catch2/catch.hpp>
#include <vector>

namespace reeve::supervisor {
namespace {

using namespace std::chrono_literals;
using Look = Recheck::Look;

constexpr Moment start{1h};

// Looks whenever it is due and sees nothing; when each look was, counted from the start.
std::vector<std::pair<std::chrono::nanoseconds, Look>> looks_of(Recheck& recheck) {
  std::vector<std::pair<std::chrono::nanoseconds, Look>> looks;
  while (const auto next = recheck.next()) {
    const auto look = recheck.due(*next);
    REQUIRE(look);
    looks.emplace_back(*next - start, *look);
    recheck.saw_nothing(*look, *next);
    REQUIRE(looks.size() < 100);
  }
  return looks;
}

}  // namespace

TEST_CASE("nothing is due while nothing is written", "[recheck]") {
  const Recheck recheck;
  CHECK_FALSE(recheck.next());
  CHECK_FALSE(recheck.due(start));
}

TEST_CASE("one write is looked for a few times, the last time thoroughly, and then no more", "[recheck]") {
  Recheck recheck;
  recheck.stirred(start);
  CHECK(looks_of(recheck) == std::vector<std::pair<std::chrono::nanoseconds, Look>>{
                                 {0us, Look::quick}, {200us, Look::quick}, {1ms, Look::quick}, {5ms, Look::quick}, {20ms, Look::thorough}});
  CHECK_FALSE(recheck.next());
}

TEST_CASE("a later write begins the looks anew", "[recheck]") {
  Recheck recheck;
  recheck.stirred(start);
  recheck.saw_nothing(Look::quick, start);
  recheck.saw_nothing(Look::quick, start + 200us);
  recheck.stirred(start + 10ms);
  CHECK(recheck.next() == start + 10ms);
  const auto looks = looks_of(recheck);
  CHECK(looks.back() == std::pair<std::chrono::nanoseconds, Look>{30ms, Look::thorough});
}

TEST_CASE("a file that is written all the time is looked at twice a millisecond at most, and never starved", "[recheck]") {
  Recheck recheck;
  int looks = 0;
  for (auto at = 0us; at < 100ms; at += 20us) {
    recheck.stirred(start + at);
    if (const auto look = recheck.due(start + at)) {
      CHECK(*look == Look::quick);
      recheck.saw_nothing(*look, start + at);
      ++looks;
    }
  }
  CHECK(looks >= 180);
  CHECK(looks <= 201);
  CHECK(looks_of(recheck).back().second == Look::thorough);
}

TEST_CASE("what was found is not looked for again before something stirs", "[recheck]") {
  Recheck recheck;
  recheck.stirred(start);
  recheck.found(start);
  CHECK_FALSE(recheck.next());
  recheck.stirred(start + 1ms);
  CHECK(recheck.next() == start + 1ms);
}

TEST_CASE("a look that is hindered is made again, thoroughly, after pauses that grow", "[recheck]") {
  Recheck recheck;
  recheck.stirred(start);
  std::vector<std::chrono::nanoseconds> pauses;
  Moment at = start;
  for (int i = 0; i < 6; ++i) {
    recheck.hindered(at, 50ms);
    REQUIRE(recheck.next());
    pauses.push_back(*recheck.next() - at);
    at = *recheck.next();
    CHECK(recheck.due(at) == Look::thorough);
  }
  CHECK(pauses == std::vector<std::chrono::nanoseconds>{5ms, 10ms, 20ms, 40ms, 50ms, 50ms});
  recheck.saw_nothing(Look::thorough, at);
  CHECK_FALSE(recheck.next());
  recheck.stirred(at);
  recheck.hindered(at, 50ms);
  CHECK(*recheck.next() - at == 5ms);
}

}  // namespace reeve::supervisor
