#include <catch2/catch.hpp>

#include "api/json/reader.hpp"
#include "api/problem.hpp"
#include "api/task_request.hpp"

using namespace reeve;

namespace {

handlers::Wish wish_of(std::string_view json) {
  REQUIRE_FALSE(api::check_json(json));
  return api::parse_wish(json);
}

api::Problem problem_of(std::string_view json) {
  try {
    (void)wish_of(json);
  } catch (const api::Problem& problem) {
    return problem;
  }
  FAIL("accepted: " << json);
  return api::Problem(0, "", "");
}

}  // namespace

TEST_CASE("every field of a task request arrives in the wish", "[enqueue]") {
  const handlers::Wish wish = wish_of(R"({"kind":"report","payload": { "b":1.50, "a" : [] },"queue":"q","priority":9,"run_at":"2026-11-20T20:31:00Z",
    "expires_in":"2h","max_attempts":3,"max_crashes":2,"labels":{"team":"a\nb"},"metadata":[1, 2],"external_id":"x/1","dedupe_key":"k",
    "dedupe_scope":"global","traceparent":"00-1-2-3","allow_unknown":true})");
  CHECK(wish.kind == "report");
  CHECK(wish.payload == R"({ "b":1.50, "a" : [] })");
  CHECK(wish.queue == "q");
  CHECK(wish.priority == 9);
  CHECK(wish.run_at == store::parse_rfc3339("2026-11-20T20:31:00Z"));
  CHECK(wish.expires_in == std::chrono::hours{2});
  CHECK(wish.max_attempts == 3);
  CHECK(wish.max_crashes == 2);
  CHECK(wish.labels == store::Labels{{"team", "a\nb"}});
  CHECK(wish.metadata == "[1, 2]");
  CHECK(wish.external_id == "x/1");
  CHECK(wish.dedupe == handlers::DedupeWish{"k", store::KeyScope::global, {}});
  CHECK(wish.traceparent == "00-1-2-3");
  CHECK(wish.allow_unknown);
  CHECK(wish.overrides.empty());
}

TEST_CASE("what belongs to the one task is kept as overrides in milliseconds", "[enqueue]") {
  const handlers::Wish wish = wish_of(R"({"kind":"reeve.command","command":["a", "b c"],"cwd":"/x","env":{"A":"b"},"timeout":"1m","stop_grace":"5s",
    "watchdog":"30s","retry":{"attempts":7,"crashes":2,"backoff":"fixed","base":"1s","max":"1h","factor":1.5,"jitter":"none","retry_on":["a"],"reject_on":[]}})");
  CHECK(wish.overrides == R"({"command":["a", "b c"],"cwd":"/x","env":{"A":"b"},"timeout_ms":60000,"stop_grace_ms":5000,"watchdog_ms":30000,)"
                          R"("retry":{"backoff":"fixed","base_ms":1000,"max_ms":3600000,"factor":1.5,"jitter":"none","retry_on":["a"],"reject_on":[]}})");
  CHECK(wish.max_attempts == 7);
  CHECK(wish.max_crashes == 2);
}

TEST_CASE("null is a payload, and for any other field the same as not given", "[enqueue]") {
  const handlers::Wish wish = wish_of(R"({"kind":"a","payload":null,"queue":null,"run_at":null,"labels":null})");
  CHECK(wish.payload == "null");
  CHECK_FALSE(wish.queue);
  CHECK(wish_of(R"({"kind":"a"})").payload == "null");
}

TEST_CASE("a refused field is named with its value and what to write", "[enqueue]") {
  const auto check = [](std::string_view json, const std::string& field, const std::string& hint) {
    INFO(json);
    const api::Problem problem = problem_of(json);
    CHECK(problem.status == 422);
    CHECK(problem.field == field);
    CHECK_THAT(problem.detail, Catch::Contains(hint));
  };
  check(R"({})", "kind", "kind is missing");
  check(R"([])", "", "send an object");
  check(R"({"kind":5})", "kind", "a string");
  check(R"({"kind":"a","delay":"5x"})", "delay", "\"5x\"");
  check(R"({"kind":"a","delay":5})", "delay", "\"30s\"");
  check(R"({"kind":"a","run_at":"tomorrow"})", "run_at", "2026-");
  check(R"({"kind":"a","priority":10})", "priority", "from 0 to 9");
  check(R"({"kind":"a","priority":1.5})", "priority", "whole number");
  check(R"({"kind":"a","labels":{"x":1}})", "labels.x", "a string");
  check(R"({"kind":"a","labels":[]})", "labels", "an object");
  check(R"({"kind":"a","retry":{"base":1}})", "retry.base", "duration");
  check(R"({"kind":"a","retry":{"bases":"1s"}})", "retry.bases", "did you mean base?");
  check(R"({"kind":"a","payloads":1})", "payloads", "did you mean payload?");
  check(R"({"kind":"a","__proto__":1})", "__proto__", "there is no field");
  check(R"({"kind":"a","dedupe_scope":"kind"})", "dedupe_scope", "give both");
  check(R"({"kind":"a","dedupe_key":"k","dedupe_scope":"host"})", "dedupe_scope", "\"global\"");
  check(R"({"kind":"a","dedupe":{"key":"k","window":"soon"}})", "dedupe.window", "\"forever\"");
  check(R"({"kind":"a","dedupe":{"key":"k","span":"1m"}})", "dedupe.span", "window");
  check(R"({"kind":"a","concurrency":{"key":"c","limit":0}})", "concurrency.limit", "1");
  check(R"({"kind":"a","concurrency":{"key":"c","on_conflict":"wait"}})", "concurrency.on_conflict", "\"queue_latest\"");
  check(R"({"kind":"a","order":{"name":"l"}})", "order.name", "key");
  check(R"({"kind":"a","command":"ls"})", "command", "an array");
  check(R"({"kind":"a","allow_unknown":"yes"})", "allow_unknown", "true or false");
}
