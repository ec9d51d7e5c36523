#include "cli/compose/descriptor_budget.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace reeve::cli::compose;

TEST_CASE("with descriptors enough everybody gets what was wanted", "[descriptors]") {
  const DescriptorBudget budget = share_out(65'536, 200, 512);
  CHECK(budget.attempts == 200);
  CHECK(budget.connections == 512);
  CHECK(share_out(std::numeric_limits<std::uint64_t>::max(), 16, 512).attempts == 16);
}

TEST_CASE("with few descriptors fewer attempts run and fewer connections are taken, but never none", "[descriptors]") {
  const auto limit = GENERATE(0u, 8u, 32u, 33u, 64u, 256u, 1024u);
  const DescriptorBudget budget = share_out(limit, 200, 512);
  CHECK(budget.attempts >= 1);
  CHECK(budget.connections >= 1);
  if (limit >= 128) CHECK(48 + budget.connections + 13 * budget.attempts <= static_cast<int>(limit));
}
