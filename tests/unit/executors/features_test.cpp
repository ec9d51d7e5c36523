// What doctor is told of this kernel.
#include <catch2/catch.hpp>
#include <algorithm>
#include <set>

#include "tests/unit/executors/bodies.hpp"

using namespace reeve::executors;
using namespace reeve::executors::testing;

TEST_CASE("each feature is listed once, with where or why not", "[features]") {
  const Bench bench(with_cgroups(GENERATE(true, false)));
  std::set<std::string> names;
  for (const Feature& one : bench.executors->features()) {
    INFO(one.name);
    CHECK(names.insert(one.name).second);
    CHECK_FALSE(one.detail.empty());
  }
  for (const char* name : {"cgroup v2 kill", "born in its cgroup", "memory limit", "process limit", "cpu limit", "subreaper", "children in /proc", "pidfd",
                           "no_new_privs", "user switch", "Landlock", "mount namespace", "network namespace"}) {
    INFO(name);
    CHECK(names.contains(name));
  }
  CHECK(children().empty());
}

TEST_CASE("without cgroups no limit of a tree is promised, and what is used instead is said", "[features]") {
  const Bench bench(with_cgroups(false));
  for (const char* name : {"cgroup v2 kill", "memory limit", "process limit", "cpu limit"}) CHECK_FALSE(feature(bench, name).available);
  CHECK(feature(bench, "memory limit").detail.find("RLIMIT_AS") != std::string::npos);
  CHECK(feature(bench, "process limit").detail.find("RLIMIT_NPROC") != std::string::npos);
  CHECK(feature(bench, "cpu limit").detail.find("not started") != std::string::npos);
}
