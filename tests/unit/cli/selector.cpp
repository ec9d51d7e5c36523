#include "cli/selector.hpp"

#include <catch2/catch.hpp>

using namespace reeve::cli;
using Catch::Matchers::Contains;

TEST_CASE("ids, ranges and external ids name tasks", "[selector]") {
  const Selection selection = understand({.tasks = {"17", "40-52,3", "ext:order,7"}});
  REQUIRE(selection.ids == std::vector<std::int64_t>{17, 3});
  REQUIRE(selection.ranges == std::vector<IdRange>{{40, 52}});
  REQUIRE(selection.external_ids == std::vector<std::string>{"ext:order,7"});
  REQUIRE_FALSE(selection.is_explicit());
}

TEST_CASE("tasks that are typed one by one are explicit, filters and ranges are not", "[selector]") {
  REQUIRE(understand({.tasks = {"1", "2", "ext:a"}}).is_explicit());
  REQUIRE_FALSE(understand({.tasks = {"1"}, .kinds = {"a"}}).is_explicit());
  REQUIRE_FALSE(understand({.all = true}).is_explicit());
  REQUIRE(understand({}).empty());
  REQUIRE_FALSE(understand({.all = true}).empty());
}

TEST_CASE("what names no task is refused with what to write", "[selector]") {
  for (const char* word : {"seventeen", "-3", "0", "1-", "9999999999999999999999", "1.5", "0x10", "ext:"})
    REQUIRE_THROWS_WITH(understand({.tasks = {word}}), Contains("names no task") && Contains("17"));
  REQUIRE_THROWS_WITH(understand({.tasks = {"52-40"}}), Contains("counts backwards") && Contains("40-52"));
}

TEST_CASE("a misspelt state is refused with the one that was meant", "[selector]") {
  REQUIRE_THROWS_WITH(understand({.states = {"faild"}}), Contains("did you mean failed"));
  REQUIRE_THROWS_AS(understand({.labels = {"team"}}), UsageError);
  REQUIRE_THROWS_AS(understand({.since = "yesterday"}), UsageError);
  REQUIRE(understand({.since = "2h", .until = "2026-11-20T08:00:00Z"}).since == "2h");
}

TEST_CASE("an empty word is refused and never means more tasks", "[selector]") {
  for (const SelectorWords& words : {SelectorWords{.tasks = {""}}, SelectorWords{.kinds = {""}}, SelectorWords{.queues = {","}}, SelectorWords{.states = {""}},
                                     SelectorWords{.since = ""}, SelectorWords{.until = ""}})
    REQUIRE_THROWS_WITH(understand(words), Contains("empty"));
}

TEST_CASE("selecting all and single tasks exclude each other", "[selector]") { REQUIRE_THROWS_AS(understand({.tasks = {"1"}, .all = true}), UsageError); }

TEST_CASE("a selection becomes list queries: ids together, each range apart, filters with every one", "[selector]") {
  REQUIRE(list_queries(understand({.all = true})) == std::vector<std::string>{""});
  REQUIRE(list_queries(understand({.kinds = {"a,b"}, .labels = {"team=a&b"}})) == std::vector<std::string>{"kind=a&kind=b&label=team%3Da%26b"});
  REQUIRE(list_queries(understand({.tasks = {"1", "2", "5-9"}, .states = {"failed"}})) ==
          std::vector<std::string>{"id=1,2&state=failed", "id=5-9&state=failed"});
}

TEST_CASE("faults and keys are filters; a key is taken whole", "[selector]") {
  const Selection selection = understand({.fingerprints = {"0123456789abcdef,fedcba9876543210"}, .concurrency_keys = {"a,b"}, .order_keys = {"c", "d"}});
  REQUIRE(selection.fingerprints.size() == 2);
  REQUIRE(selection.has_filters());
  REQUIRE_FALSE(selection.empty());
  REQUIRE(list_queries(selection) == std::vector<std::string>{"fingerprint=0123456789abcdef&fingerprint=fedcba9876543210&concurrency_key=a%2Cb&order_key=c&order_key=d"});
  REQUIRE(list_queries(understand({.dedupe_keys = {"x"}, .supersede_keys = {"y"}})) == std::vector<std::string>{"dedupe_key=x&supersede_key=y"});
  for (const SelectorWords& words : {SelectorWords{.fingerprints = {""}}, SelectorWords{.concurrency_keys = {""}}, SelectorWords{.dedupe_keys = {""}},
                                     SelectorWords{.supersede_keys = {""}}, SelectorWords{.order_keys = {""}}})
    REQUIRE_THROWS_WITH(understand(words), Contains("empty"));
}

TEST_CASE("one task is one that is typed as such", "[selector]") {
  REQUIRE(understand({.tasks = {"17"}}).names_one_task());
  REQUIRE(understand({.tasks = {"ext:a"}}).names_one_task());
  REQUIRE_FALSE(understand({.tasks = {"17", "ext:a"}}).names_one_task());
  REQUIRE_FALSE(understand({.tasks = {"17-17"}}).names_one_task());
  REQUIRE_FALSE(understand({.tasks = {"17"}, .kinds = {"a"}}).names_one_task());
}

TEST_CASE("many ids are asked for in several queries", "[selector]") {
  SelectorWords words{};
  for (int id = 1; id <= 450; ++id) words.tasks.push_back(std::to_string(id));
  REQUIRE(list_queries(understand(words)).size() == 3);
}

TEST_CASE("a path names exactly one task", "[selector]") {
  REQUIRE(path_of_task("17") == "17");
  REQUIRE(path_of_task("ext:order/7 ä") == "ext%3Aorder%2F7%20%C3%A4");
  REQUIRE_THROWS_AS(path_of_task("1-3"), UsageError);
  REQUIRE_THROWS_AS(path_of_task("../status"), UsageError);
}
