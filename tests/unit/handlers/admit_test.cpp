#include "handlers/admit.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "handlers/json_check.hpp"
#include "handlers/overrides.hpp"
#include "tests/unit/handlers/make.hpp"

namespace reeve::handlers {

using namespace test;

namespace {

Handlers declared() {
  Handler report = make_handler("report");
  report.queue = "slow";
  report.priority = 7;
  report.retry.attempts = 9;
  report.retry.crashes = 2;
  report.labels = {{"team", "a"}, {"env", "prod"}};
  report.metadata = "{\"owner\":\"me\"}";
  report.payload_bytes_max = 64;
  return Handlers{{report}, {}};
}

Wish wish(const std::function<void(Wish&)>& change = [](Wish&) {}) {
  Wish w;
  w.kind = "report";
  change(w);
  return w;
}

store::NewTask admitted(Wish w) {
  auto answer = admit(declared(), std::move(w), now);
  if (auto* refusal = std::get_if<Refusal>(&answer)) FAIL(refusal->field << ": " << refusal->message);
  return std::get<store::NewTask>(std::move(answer));
}

Refusal refused(Wish w) {
  auto answer = admit(declared(), std::move(w), now);
  REQUIRE(std::holds_alternative<Refusal>(answer));
  return std::get<Refusal>(answer);
}

}  // namespace

TEST_CASE("a task takes from its handler what its enqueuer left open", "[admit]") {
  const auto task = admitted(wish());
  CHECK(task.kind == "report");
  CHECK(task.queue == "slow");
  CHECK(task.priority == 7);
  CHECK(task.max_attempts == 9);
  CHECK(task.max_crashes == 2);
  CHECK(task.labels == store::Labels{{"team", "a"}, {"env", "prod"}});
  CHECK(task.metadata == "{\"owner\":\"me\"}");
  CHECK(task.payload == "null");
  CHECK_FALSE(task.run_at);
  CHECK_FALSE(task.expires_at);
}

TEST_CASE("what the enqueuer says stands before the handler's word", "[admit][case-85]") {
  const auto task = admitted(wish([](Wish& w) {
    w.queue = "fast";
    w.priority = 0;
    w.delay = 5min;
    w.expires_in = 1h;
    w.max_attempts = 1;
    w.max_crashes = 1;
    w.labels = {{"team", "b"}, {"x/y.z", "1"}};
    w.metadata = "[1]";
    w.payload = " {\"a\" : 1} ";
    w.external_id = "order 17";
    w.dedupe = DedupeWish{"k", store::KeyScope::global, {}};
    w.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    w.created_by = "uid:1000";
    w.overrides = "{\"timeout_ms\":5}";
  }));
  CHECK(task.queue == "fast");
  CHECK(task.priority == 0);
  CHECK(task.run_at == now + 5min);
  CHECK(task.expires_at == now + 1h);
  CHECK(task.max_attempts == 1);
  CHECK(task.max_crashes == 1);  // lost leases among them
  CHECK(task.labels == store::Labels{{"team", "b"}, {"env", "prod"}, {"x/y.z", "1"}});
  CHECK(task.metadata == "[1]");
  CHECK(task.payload == " {\"a\" : 1} ");
  CHECK(task.external_id == "order 17");
  CHECK(task.dedupe->scope == store::KeyScope::global);
  CHECK(task.created_by == "uid:1000");
  CHECK(task.overrides == "{\"timeout_ms\":5}");
}

TEST_CASE("a refusal names the field and its code", "[admit]") {
  struct Case {
    std::string title, code, field;
    std::function<void(Wish&)> change;
  };
  static const std::vector<Case> cases{
      {"no kind", "invalid_name", "kind", [](Wish& w) { w.kind = ""; }},
      {"a kind with a space", "invalid_name", "kind", [](Wish& w) { w.kind = "a b"; }},
      {"a long kind", "invalid_name", "kind", [](Wish& w) { w.kind = std::string(129, 'a'); }},
      {"a kind of control bytes", "invalid_name", "kind", [](Wish& w) { w.kind = "\x1b[31m\xff"; }},
      {"an unknown kind", "unknown_kind", "kind", [](Wish& w) { w.kind = "reprot"; }},
      {"an empty payload", "invalid_json", "payload", [](Wish& w) { w.payload = ""; }},
      {"a payload that is no JSON", "invalid_json", "payload", [](Wish& w) { w.payload = "{a:1}"; }},
      {"two values", "invalid_json", "payload", [](Wish& w) { w.payload = "1 2"; }},
      {"a key twice", "invalid_json", "payload", [](Wish& w) { w.payload = R"({"a":1,"a":2})"; }},
      {"bad UTF-8", "invalid_json", "payload", [](Wish& w) { w.payload = "\"\xff\""; }},
      {"a large payload", "payload_too_large", "payload", [](Wish& w) { w.payload = std::string(65, ' '); }},
      {"a bad queue", "invalid_name", "queue", [](Wish& w) { w.queue = "a/b"; }},
      {"an empty queue", "invalid_name", "queue", [](Wish& w) { w.queue = ""; }},
      {"priority 10", "invalid_value", "priority", [](Wish& w) { w.priority = 10; }},
      {"priority -1", "invalid_value", "priority", [](Wish& w) { w.priority = -1; }},
      {"two starts", "invalid_value", "delay", [](Wish& w) { w.delay = 1s; w.run_at = now; }},
      {"a negative delay", "invalid_value", "delay", [](Wish& w) { w.delay = -1ms; }},
      {"an endless delay", "invalid_value", "delay", [](Wish& w) { w.delay = store::Millis::max(); }},
      {"a start before time", "invalid_value", "run_at", [](Wish& w) { w.run_at = store::from_ms(-1); }},
      {"a start after time", "invalid_value", "run_at", [](Wish& w) { w.run_at = store::Timestamp::max(); }},
      {"no time to start", "invalid_value", "expires_in", [](Wish& w) { w.expires_in = 0ms; }},
      {"an endless life", "invalid_value", "expires_in", [](Wish& w) { w.expires_in = store::Millis::max(); }},
      {"expiry before start", "invalid_value", "expires_in", [](Wish& w) { w.expires_in = 5s; w.delay = 5s; }},
      {"no attempts", "invalid_value", "max_attempts", [](Wish& w) { w.max_attempts = 0; }},
      {"too many attempts", "invalid_value", "max_attempts", [](Wish& w) { w.max_attempts = 100'001; }},
      {"no crashes", "invalid_value", "max_crashes", [](Wish& w) { w.max_crashes = 0; }},
      {"overrides that are a list", "invalid_value", "overrides", [](Wish& w) { w.overrides = "[]"; }},
      {"overrides with a command", "invalid_value", "overrides", [](Wish& w) { w.overrides = R"({"command":["sh"]})"; }},
      {"huge overrides", "invalid_value", "overrides", [](Wish& w) { w.overrides = std::string(70'000, ' '); }},
      {"a command task without a command", "invalid_value", "command", [](Wish& w) { w.kind = "reeve.command"; }},
      {"an empty concurrency key", "invalid_value", "concurrency.key", [](Wish& w) { w.concurrency.emplace().key = ""; }},
      {"a long concurrency key", "invalid_value", "concurrency.key", [](Wish& w) { w.concurrency.emplace().key = std::string(257, 'x'); }},
      {"a limit without a key", "invalid_value", "concurrency.key", [](Wish& w) { w.concurrency.emplace().limit = 2; }},
      {"a limit of none", "invalid_value", "concurrency.limit", [](Wish& w) { w.concurrency = ConcurrencyWish{"c", 0, {}, {}}; }},
      {"supersede beside others", "invalid_value", "concurrency.limit",
       [](Wish& w) { w.concurrency = ConcurrencyWish{"c", 2, {}, store::OnConflict::supersede}; }},
      {"an empty order key", "invalid_value", "order_key", [](Wish& w) { w.order_key = ""; }},
      {"a supersede key of bytes", "invalid_value", "supersede_key", [](Wish& w) { w.supersede_key = "\xff"; }},
      {"a dedupe window of nothing", "invalid_value", "dedupe_window",
       [](Wish& w) { w.dedupe = DedupeWish{"k", {}, std::optional<store::Millis>{0ms}}; }},
      {"a bad label", "invalid_name", "labels", [](Wish& w) { w.labels = {{"a b", "1"}}; }},
      {"a long label", "invalid_value", "labels.k", [](Wish& w) { w.labels = {{"k", std::string(1025, 'x')}}; }},
      {"a label of bytes", "invalid_value", "labels.k", [](Wish& w) { w.labels = {{"k", "\xff"}}; }},
      {"many labels", "invalid_value", "labels", [](Wish& w) { for (int i = 0; i < 63; ++i) w.labels["k" + std::to_string(i)] = ""; }},
      {"bad metadata", "invalid_json", "metadata", [](Wish& w) { w.metadata = "{"; }},
      {"large metadata", "invalid_value", "metadata", [](Wish& w) { w.metadata = std::string(70'000, ' '); }},
      {"an empty external id", "invalid_value", "external_id", [](Wish& w) { w.external_id = ""; }},
      {"a long external id", "invalid_value", "external_id", [](Wish& w) { w.external_id = std::string(1025, 'x'); }},
      {"an external id with NUL", "invalid_value", "external_id", [](Wish& w) { w.external_id = std::string("a\0b", 3); }},
      {"an empty dedupe key", "invalid_value", "dedupe_key", [](Wish& w) { w.dedupe = DedupeWish{}; }},
      {"a bad traceparent", "invalid_value", "traceparent", [](Wish& w) { w.traceparent = "00-zz"; }},
      {"a zero traceparent", "invalid_value", "traceparent", [](Wish& w) { w.traceparent = "00-00000000000000000000000000000000-00f067aa0ba902b7-01"; }},
  };
  for (const Case& c : cases) {
    INFO(c.title);
    const Refusal refusal = refused(wish(c.change));
    CHECK(refusal.code == c.code);
    CHECK(refusal.field == c.field);
    CHECK(refusal.message.size() > 10);
    CHECK(refusal.message.find('\x1b') == std::string::npos);
  }
}

TEST_CASE("an unknown kind is refused with the nearest one", "[admit]") {
  CHECK(refused(wish([](Wish& w) { w.kind = "reprot"; })).message.find("\"report\"") != std::string::npos);
}

TEST_CASE("an unknown kind may wait for its handler when asked for", "[admit]") {
  const auto task = admitted(wish([](Wish& w) {
    w.kind = "future";
    w.allow_unknown = true;
  }));
  CHECK(task.kind == "future");
  CHECK(task.queue == "default");
  CHECK(task.priority == 4);
  CHECK(task.max_attempts == 5);
}

TEST_CASE("a payload of exactly the limit is taken", "[admit]") {
  CHECK(admitted(wish([](Wish& w) { w.payload = "\"" + std::string(62, 'x') + "\""; })).payload.size() == 64);
}

TEST_CASE("a command comes with its task", "[admit][overrides]") {
  const auto task = admitted(wish([](Wish& w) {
    w.kind = "reeve.command";
    w.overrides = R"({"command":["echo","hi"],"cwd":"/tmp","env":{"A":"b"}})";
  }));
  const Handlers handlers;
  const Handler seen = with_overrides(*handlers.find(command_kind), task.overrides);
  CHECK(seen.process->command == std::vector<std::string>{"echo", "hi"});
  CHECK(seen.process->cwd == "/tmp");
  CHECK(seen.process->env.at("A") == "b");
  CHECK(seen.process->env.contains("PATH"));
  CHECK(handlers.find(command_kind)->process->command.empty());
}

TEST_CASE("overrides reach the handler as one task sees it", "[overrides]") {
  Handler handler = make_handler("report");
  handler.soft_timeout = 1min;
  const std::string all = R"({"timeout_ms":60000,"stop_grace_ms":0,"watchdog_ms":30000,"retry":{"backoff":"linear","base_ms":7,"max_ms":9,)"
                          R"("factor":1.5,"jitter":"none","retry_on":["a"],"reject_on":["b","c"]}})";
  REQUIRE(fault_in_overrides(all, "report").empty());
  const Handler seen = with_overrides(handler, all);
  CHECK(seen.timeout == 60s);
  CHECK(seen.stop_grace == 0ms);
  CHECK(seen.watchdog == 30s);
  CHECK_FALSE(seen.soft_timeout);
  CHECK(seen.retry.backoff == Backoff::linear);
  CHECK(seen.retry.base == 7ms);
  CHECK(seen.retry.max == 9ms);
  CHECK(seen.retry.factor == 1.5);
  CHECK(seen.retry.jitter == Jitter::none);
  CHECK(seen.retry.retry_on == std::vector<std::string>{"a"});
  CHECK(seen.retry.reject_on == std::vector<std::string>{"b", "c"});
  CHECK(seen.process == handler.process);
  CHECK(with_overrides(handler, "").soft_timeout == 1min);
}

TEST_CASE("illegal overrides are refused at the door", "[overrides]") {
  const std::string bad = GENERATE(R"()", R"(null)", R"([])", R"({"timeout_ms":0})", R"({"timeout_ms":-1})", R"({"timeout_ms":1.5})", R"({"timeout_ms":"1s"})",
                                   R"({"timeout_ms":9223372036854775807})", R"({"timeout_ms":18446744073709551615})", R"({"timeuot_ms":1})", R"({"retry":[]})",
                                   R"({"retry":{"backoff":"slow"}})", R"({"retry":{"backoff":1}})", R"({"retry":{"factor":0.5}})", R"({"retry":{"retry_on":"x"}})",
                                   R"({"retry":{"retry_on":[1]}})", R"({"retry":{"attempts":3}})", R"({"command":["x"]})", R"({"timeout_ms":1,"timeout_ms":2})", R"({"env":{}})");
  CHECK_FALSE(fault_in_overrides(bad, "report").empty());
}

TEST_CASE("illegal commands are refused at the door", "[overrides]") {
  const std::string bad = GENERATE(R"({"command":[]})", R"({"command":[""]})", R"({"command":"ls"})", R"({"command":[1]})", R"({"command":["a\u0000b"]})", R"({"cwd":"tmp"})",
                                   R"({"cwd":""})", R"({"env":{"A=B":"x"}})", R"({"env":{"1A":"x"}})", R"({"env":{"REEVE_FD":"x"}})", R"({"env":{"A":1}})", R"({"env":[]})");
  CHECK_FALSE(fault_in_overrides(bad, command_kind).empty());
}

TEST_CASE("a refusal of overrides says what was meant", "[overrides]") {
  CHECK(fault_in_overrides(R"({"timeuot_ms":1})", "report").find("timeout_ms") != std::string::npos);
  CHECK(fault_in_overrides(R"({"retry":{"jiter":"none"}})", "report").find("'jitter'") != std::string::npos);
}

TEST_CASE("stored overrides that are not understood are passed over", "[overrides]") {
  const Handler handler = make_handler("report");
  for (const char* odd : {"{", "[]", R"({"new_member":1})", R"({"timeout_ms":"x"})", R"({"command":["rm"]})", R"({"retry":7})"}) {
    INFO(odd);
    const Handler seen = with_overrides(handler, odd);
    CHECK(seen.timeout == handler.timeout);
    CHECK(seen.retry == handler.retry);
    CHECK(seen.process == handler.process);
  }
  CHECK(with_overrides(handler, R"({"new_member":1,"timeout_ms":4})").timeout == 4ms);
}

TEST_CASE("JSON is checked without keeping it", "[json]") {
  for (const char* good : {"null", "0", "-1.5e3", "\"\"", "[]", "{}", R"({"a":{"a":1},"b":[{"a":2},{"a":3}]})", " 1 "}) CHECK(fault_in_json(good) == "");
  for (const char* bad : {"", " ", "nul", "01", "[1,]", "{\"a\"}", "1 1", "'a'", R"({"a":{"b":1,"b":2}})", R"(["\ud800"])"}) CHECK_FALSE(fault_in_json(bad).empty());
  CHECK(fault_in_json(std::string(32, '[') + std::string(32, ']')).empty());
  CHECK_FALSE(fault_in_json(std::string(33, '[') + std::string(33, ']')).empty());
  CHECK_FALSE(fault_in_json(std::string(1'000'000, '[')).empty());
}

TEST_CASE("names and keys of labels are plain", "[admit]") {
  for (const char* good : {"a", "report.generate", "A:b-c_d.0"}) CHECK(is_name(good));
  for (const char* bad : {"", "a b", "a/b", "\xC3\xA9", "a\n"}) CHECK_FALSE(is_name(bad));
  CHECK(is_name(std::string(128, 'a')));
  CHECK_FALSE(is_name(std::string(129, 'a')));
  CHECK(is_label_key("example.com/team_name-x"));
  CHECK_FALSE(is_label_key("a:b"));
}

TEST_CASE("keys mean what the handler declares where the enqueuer says nothing", "[admit][keys]") {
  Handler sync = make_handler("sync");
  sync.dedupe.scope = store::KeyScope::global;
  sync.dedupe.window = store::for_ever;
  sync.concurrency_key.key = "account-{payload.account.id}";
  sync.concurrency_key.limit = 3;
  sync.concurrency_key.on_conflict = store::OnConflict::skip;
  const Handlers handlers({sync}, {});
  Wish asked;
  asked.kind = "sync";
  asked.payload = R"({"account":{"id":7}})";
  asked.dedupe = DedupeWish{"k", {}, {}};
  const auto task = std::get<store::NewTask>(admit(handlers, asked, now));
  CHECK(task.dedupe == store::Dedupe{"k", store::KeyScope::global, store::for_ever});
  CHECK(task.concurrency == store::Concurrency{"account-7", 3, store::KeyScope::global, store::OnConflict::skip});

  asked.dedupe = DedupeWish{"k", store::KeyScope::kind, std::optional<store::Millis>{}};
  asked.concurrency = ConcurrencyWish{"mine", {}, store::KeyScope::kind, store::OnConflict::supersede};
  const auto other = std::get<store::NewTask>(admit(handlers, asked, now));
  CHECK(other.dedupe == store::Dedupe{"k", store::KeyScope::kind, {}});
  CHECK(other.concurrency == store::Concurrency{"mine", 1, store::KeyScope::kind, store::OnConflict::supersede});

  asked.concurrency.reset();
  asked.payload = R"({"account":null})";
  const auto refused = std::get<Refusal>(admit(handlers, asked, now));
  CHECK(refused.field == "concurrency.key");
  CHECK_THAT(refused.message, Catch::Contains("account-{payload.account.id}"));
}

TEST_CASE("the tenant is what the enqueuer says, else the label that the handler or the queue is shared by", "[admit][limits]") {
  Handler report = make_handler("report");
  Queue queue;
  queue.name = "default";
  queue.fair_by = "tenant";
  const auto tenant = [&](const std::function<void(Wish&)>& change) {
    auto answer = admit(Handlers{{report}, {queue}}, wish(change), now);
    return std::get<store::NewTask>(answer).fair_key;
  };
  const auto labelled = [](Wish& w) { w.labels = {{"tenant", "acme"}, {"team", "a"}}; };
  CHECK(tenant([](Wish&) {}).empty());
  CHECK(tenant(labelled) == "acme");
  CHECK(tenant([&](Wish& w) {
    labelled(w);
    w.fair_key = "other";
  }) == "other");
  report.fair_by = "team";
  CHECK(tenant(labelled) == "a");
  CHECK(refused(wish([](Wish& w) { w.fair_key = ""; })).field == "fair_key");
  CHECK(refused(wish([](Wish& w) { w.fair_key = std::string(257, 'x'); })).field == "fair_key");
}

TEST_CASE("a payload alone is refused as an enqueue would, and a kind that nobody has takes any JSON", "[admit]") {
  CHECK_FALSE(refuse_payload(declared(), "report", "{}"));
  CHECK(refuse_payload(declared(), "report", "\"" + std::string(64, 'x') + "\"").value().code == "payload_too_large");
  CHECK(refuse_payload(declared(), "report", "{").value().code == "invalid_json");
  CHECK(refuse_payload(declared(), "report", "").value().field == "payload");
  CHECK_FALSE(refuse_payload(declared(), "nobody", "\"" + std::string(64, 'x') + "\""));
  CHECK(refuse_payload(declared(), "nobody", "{").value().message.find("not valid JSON") != std::string::npos);
}

}  // namespace reeve::handlers
