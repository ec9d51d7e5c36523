#include <catch2/catch.hpp>

#include "api/http.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/route_table.hpp"

using namespace reeve;
using api::Method;

namespace {

api::Match find(Method method, std::string_view path) {
  const auto target = api::parse_target(path);
  REQUIRE(target);
  return api::match(api::route_table(), method, target->segments);
}

const store::Timestamp noon = store::from_ms(1'700'000'000'000);

}  // namespace

TEST_CASE("a target is cut before it is decoded", "[http]") {
  const auto target = api::parse_target("/v1/tasks/ext%3Aa%2Fb?label=a%3Db+c&x&y=");
  REQUIRE(target);
  CHECK(target->segments == std::vector<std::string>{"v1", "tasks", "ext:a/b"});
  CHECK(target->query == api::Query{{"label", "a=b c"}, {"x", ""}, {"y", ""}});
}

TEST_CASE("a target that is no path is refused", "[http]") {
  for (const char* bad : {"", "v1", "http://x/", "*", "/%", "/%4", "/%zz", "/a%00b", "/a?x=%0"}) {
    INFO(bad);
    CHECK_FALSE(api::parse_target(bad));
  }
  CHECK(api::parse_target("/?"));
  CHECK(api::parse_target("/../../etc/passwd")->segments.size() == 4);
}

TEST_CASE("every route is found by its own pattern", "[http]") {
  for (const api::Route& route : api::route_table()) {
    std::string path(route.pattern);
    for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{'))
      path.replace(open, path.find('}') - open + 1, "17");
    INFO(path);
    const api::Match found = find(route.method, path);
    REQUIRE(found.route != nullptr);
    CHECK(found.route->pattern == route.pattern);
    CHECK(find(Method::other, path).route == nullptr);
    CHECK_FALSE(find(Method::other, path).allowed.empty());
  }
}

TEST_CASE("a literal segment wins over a placeholder", "[http]") {
  CHECK(find(Method::post, "/v1/tasks/cancel").route->pattern == "/v1/tasks/cancel");
  CHECK(find(Method::get, "/v1/tasks/cancel").route->pattern == "/v1/tasks/{id}");
  CHECK(find(Method::get, "/v1/tasks/17/log").arguments == std::vector<std::string>{"17"});
}

TEST_CASE("HEAD goes where GET goes, a wrong method says which are right", "[http]") {
  CHECK(find(Method::head, "/healthz").route != nullptr);
  const api::Match wrong = find(Method::put, "/v1/tasks");
  CHECK(wrong.route == nullptr);
  CHECK(wrong.allowed == "POST, GET, HEAD");
  CHECK(find(Method::head, "/v1/reload").route == nullptr);
}

TEST_CASE("paths that are nearly right are not found", "[http]") {
  for (const char* path : {"/", "/v1", "/v1/task", "/v1/tasks/", "/v1/tasks//cancel", "/v1/tasks/1/cancel/", "/healthz/", "//healthz", "/V1/tasks"}) {
    INFO(path);
    CHECK(find(Method::get, path).allowed.empty());
  }
}

TEST_CASE("a misspelt parameter is refused with the right one", "[http]") {
  const api::Query query{{"stat", "queued"}};
  CHECK_THROWS_WITH(api::Parameters(query, {"state", "kind"}), Catch::Contains("did you mean state?"));
}

TEST_CASE("many values repeat or use commas", "[http]") {
  const api::Query query{{"state", "queued,running"}, {"state", "failed"}, {"label", "team=a"}, {"label", "env=a=b"}, {"id", "1,5-9"}};
  const api::Parameters parameters(query, {"state", "label", "id"});
  const store::Selector selector = api::parse_selector(parameters, noon);
  CHECK(selector.states == std::vector<store::State>{store::State::queued, store::State::running, store::State::failed});
  CHECK(selector.labels == store::Labels{{"team", "a"}, {"env", "a=b"}});
  CHECK(selector.ids.size() == 6);
  CHECK_FALSE(selector.range);
}

TEST_CASE("keys repeat and are taken whole, fingerprints may use commas", "[http]") {
  const api::Query query{{"concurrency_key", "a,b"}, {"concurrency_key", "c"}, {"dedupe_key", "d"}, {"supersede_key", "s"}, {"order_key", "o"},
                         {"fingerprint", "0123456789abcdef,fedcba9876543210"}};
  const api::Parameters parameters(query, {"concurrency_key", "dedupe_key", "supersede_key", "order_key", "fingerprint"});
  const store::Selector selector = api::parse_selector(parameters, noon);
  CHECK(selector.concurrency_keys == std::vector<std::string>{"a,b", "c"});
  CHECK(selector.dedupe_keys == std::vector<std::string>{"d"});
  CHECK(selector.supersede_keys == std::vector<std::string>{"s"});
  CHECK(selector.order_keys == std::vector<std::string>{"o"});
  CHECK(selector.fingerprints.size() == 2);
}

TEST_CASE("one single range of ids may be as wide as it likes", "[http]") {
  const api::Query query{{"id", "40-5200000"}};
  const store::Selector selector = api::parse_selector(api::Parameters(query, {"id"}), noon);
  CHECK(selector.ids.empty());
  CHECK(selector.range == std::pair{store::TaskId{40}, store::TaskId{5'200'000}});
}

TEST_CASE("a parameter that cannot be read is refused by name", "[http]") {
  const std::vector<std::pair<std::string, std::string>> bad{
      {"id", "x"},         {"id", "0"},       {"id", "9-1"},         {"id", "1,2-999999999"}, {"id", "99999999999999999999"}, {"state", "queud"},
      {"label", "team"},   {"label", "a b=c"}, {"label", "$=1"},     {"since", "yesterday"},  {"until", "-5m"},
      {"fingerprint", "17"}, {"order_key", ""}, {"dedupe_key", ""}};
  for (const auto& one : bad) {
    INFO(one.first << "=" << one.second);
    const api::Query query{one};
    const api::Parameters parameters(query, {"id", "state", "label", "since", "until", "fingerprint", "order_key", "dedupe_key"});
    CHECK_THROWS_AS(api::parse_selector(parameters, noon), api::Problem);
  }
  for (const char* limit : {"0", "1001", "-1", "1.5", "x", ""}) {
    const api::Query query{{"limit", limit}};
    CHECK_THROWS_AS(api::Parameters(query, {"limit"}).limit(), api::Problem);
  }
  for (const char* cursor : {"", "-1", "1x", "abc", "18446744073709551616"}) CHECK_THROWS_AS(api::parse_cursor("after", cursor), api::Problem);
}

TEST_CASE("since takes a moment or how long ago", "[http]") {
  const api::Query query{{"since", "2h"}, {"until", "2026-11-20T20:31:00Z"}};
  const store::Selector selector = api::parse_selector(api::Parameters(query, {"since", "until"}), noon);
  CHECK(selector.since == noon - std::chrono::hours{2});
  CHECK(selector.until == store::parse_rfc3339("2026-11-20T20:31:00Z"));
}
