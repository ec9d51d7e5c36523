#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch.hpp>

#include "config/check_report.hpp"
#include "tests/unit/config/parsed.hpp"

namespace reeve::config {

using namespace test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

constexpr const char* two_handlers = "handlers:\n  b: {command: [/bin/true, x], timeout: 5s, concurrency: 2, limits: {memory: 1GiB}}\n  a: {command: [/bin/true], timeout: 1s, queue: mail, limits: {memory: 2GiB}, concurrency: 3}\n";

}  // namespace

const store::Timestamp noon = store::parse_rfc3339("2026-11-21T12:00:00Z").value();

TEST_CASE("every section reaches its options", "[config]") {
  const Loaded loaded = read(R"(
store: {url: "sqlite:data/reeve.db", durability: relaxed, busy_timeout: 1s, busy_retries: 0, busy_retry_delay: 5ms, wal_limit: 8MiB}
retention: {succeeded: 7d, failed: 30d, cancelled: 1d, events: 14d, requests: forever, succeeded_per_kind: 100, failed_per_kind: unlimited,
            log_per_task_max: 64KiB, log_max: 1GiB, steps_per_task_max: 5, events_max: 1000000, store_max: 2GiB}
supervisor: {name: host-1, concurrency: 4, threads: 7, lease: 30s, drain_timeout: 0s, retention_interval: 5m, ad_hoc_commands: false}
api: {socket: run/r.sock, socket_mode: 0600, socket_group: ops, connections_max: 64, body_max: 1MiB, bulk_max: 10, streams_max: 0}
log: {format: text, level: debug, file: reeve.log, task_output: true, redact: []}
queues: {mail: {concurrency: 2}, plain: , empty: {}}
)");
  REQUIRE(text_of(loaded.errors) == "");
  const Configuration& c = loaded.configuration;
  CHECK(c.store.url == "sqlite:/etc/reeve/data/reeve.db");
  CHECK(c.store.durability == store::Durability::relaxed);
  CHECK(c.store.busy_timeout == 1s);
  CHECK(c.store.busy_retries == 0);
  CHECK(c.store.busy_retry_delay == 5ms);
  CHECK(c.store.wal_limit_bytes == 8 << 20);
  CHECK(c.retention.succeeded == 7 * 24h);
  CHECK(c.retention.failed == 30 * 24h);
  CHECK(c.retention.cancelled == 24h);
  CHECK(c.retention.events == 14 * 24h);
  CHECK_FALSE(c.retention.requests);
  CHECK(c.retention.succeeded_per_kind == 100);
  CHECK_FALSE(c.retention.failed_per_kind);
  CHECK(c.retention.log_bytes_per_task == 64 << 10);
  CHECK(c.retention.log_bytes == 1 << 30);
  CHECK(c.retention.steps_per_task == 5);
  CHECK(c.retention.newest_events == 1'000'000);
  CHECK(c.retention.store_bytes == 2LL << 30);
  CHECK(c.supervisor.name == "host-1");
  CHECK(c.supervisor.concurrency == 4);
  CHECK(c.supervisor.threads == 7);
  CHECK(c.supervisor.lease == 30s);
  CHECK(c.supervisor.drain_timeout == 0s);
  CHECK(c.supervisor.retention_interval == 5min);
  CHECK_FALSE(c.supervisor.ad_hoc_commands);
  CHECK(c.api.socket == "/etc/reeve/run/r.sock");
  CHECK(c.api.socket_mode == 0600);
  CHECK(c.api.socket_group == "ops");
  CHECK(c.api.connections_max == 64);
  CHECK(c.api.body_bytes_max == 1 << 20);
  CHECK(c.api.bulk_max == 10);
  CHECK(c.api.streams_max == 0);
  CHECK(c.log.format == supervisor::LogFormat::text);
  CHECK(c.log.level == supervisor::LogLevel::debug);
  CHECK(c.log.file == "/etc/reeve/reeve.log");
  CHECK(c.log.task_output);
  CHECK(c.log.redact.empty());
  REQUIRE(c.queues.size() == 3);
  CHECK(c.queues[0].concurrency == 2);
  CHECK_FALSE(c.queues[1].concurrency);
}

TEST_CASE("every fault of a section is reported with what was found and what to write", "[config]") {
  struct Case {
    const char* text;
    const char* message;
  };
  static const std::vector<Case> cases{
      {"store: {url: reeve.db}", "store.url: \"reeve.db\" is not the address of a store"},
      {"store: {url: 'sqlite:'}", "is not the address of a store"},
      {"store: {url: 'postgresql://x'}", "PostgreSQL is not available in this version"},
      {"store: {durability: ful}", "did you mean 'full'?"},
      {"store: {wal_limit: 1KiB}", "out of range; write 1MiB to 1TiB"},
      {"stroe: {}", "1:1: stroe: unknown key; did you mean 'store'?"},
      {"events: {}", "1:1: events: this key is not available in this version"},
      {"notifications: []", "not available in this version"},
      {"retention: {failed: never}", "\"never\" is not a duration"},
      {"retention: {failed_per_kind: 0}", "0"},
      {"retention: {store_max: 7x}", "7x"},
      {"retention: {log_per_task_max: 1KiB}", "1KiB"},
      {"supervisor: {concurrency: 0}", "0 would never run anything"},
      {"supervisor: {concurrency: 1e3}", "is not a whole number"},
      {"supervisor: {lease: 10ms}", "out of range; write 1s to 1h"},
      {"supervisor: {ad_hoc_commands: yes}", "\"yes\" is neither true nor false"},
      {"supervisor: {ad_hoc_commands: \"true\"}", "is quoted and so a text"},
      {"api: {tcp: 80}", "api.tcp: this key is not available in this version"},
      {"api: {socket_mode: 660}", "is not an octal mode"},
      {"log: {level: warning}", "did you mean 'warn'?"},
      {"log: {level: verbose}", "write one of debug, info, warn, error"},
      {"log: {format: journal}", "not available in this version"},
      {"log: {redact: token}", "a list is needed"},
      {"log: []", "a list was found, but a mapping of keys is needed"},
      {"log:", "nothing was found, but a mapping of keys is needed"},
      {"queues: {a: {concurrency: 0}}", "0 would never run anything"},
      {"queues: {'a b': {}}", "not a name of a queue"},
      {"queues: 5", "a mapping of queues is needed"},
      {"- a\n", "a list was found, but a mapping of keys is needed"},
      {"text", "\"text\" was found, but a mapping of keys is needed"},
      {"include: {a: b}", "a path is needed"},
      {"include: ['']", "the text is empty"},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    CHECK_THAT(errors_of(c.text), Contains(c.message) && Contains("/etc/reeve/reeve.yaml:1:"));
  }
  CHECK_THAT(errors_of("api: {socket: /" + std::string(200, 'x') + "}"), Contains("the path has 201 bytes, but a socket's may have 107"));
}

TEST_CASE("all errors are reported at once, in the order of the text", "[config]") {
  const Loaded loaded = read("supervisor:\n  lease: 5x\n  nme: a\nhandlers:\n  h:\n    soft_timeout: 9s\n    timeout: 5s\n    tiemout: 1s\n    tiemout: 1s\nlog: {level: loud}\n");
  int line = 0;
  for (const Finding& finding : loaded.errors) {
    CHECK(finding.line >= line);
    line = finding.line;
  }
  const std::string all = text_of(loaded.errors);
  CHECK(loaded.errors.size() == 7);
  for (const char* path : {"supervisor.lease:", "supervisor.nme:", "handlers.h: no command", "handlers.h.soft_timeout:", "handlers.h.tiemout: unknown", "handlers.h.tiemout: the key", "log.level:"})
    CHECK_THAT(all, Contains(path));
}

TEST_CASE("an error is one line with its place", "[config]") {
  CHECK(errors_of("handlers:\n  report:\n    command: [x]\n    timeout:  5x\n") == "/etc/reeve/reeve.yaml:4:15: handlers.report.timeout: \"5x\" is not a duration; write 30s, 5m or 2h\n");
  CHECK(to_text(Finding{"f", 0, 0, "", "m"}) == "f: m");
}

TEST_CASE("text of the file cannot move the cursor of who reads the error", "[config]") {
  const std::string errors = errors_of("log: {level: \"\\e[2J\\r\\n\", \"k\\x07\": 1}\n");
  for (const char c : errors) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
}

TEST_CASE("included files add handlers and queues, sorted by name", "[config][include]") {
  const Folder folder;
  const std::string main = folder.write("reeve.yaml", "include: handlers.d/*.yaml\nhandlers: {m: {command: [x]}}\n");
  folder.write("handlers.d/20.yaml", "handlers: {b: {command: [./run]}}\n");
  folder.write("handlers.d/10.yaml", "queues: {q: {concurrency: 1}}\nhandlers: {a: {command: [x]}}\n");
  folder.write("handlers.d/.hidden.yaml", "broken: [");
  folder.write("handlers.d/notes.txt", "broken: [");
  const Loaded loaded = load(main, no_variables);
  REQUIRE(text_of(loaded.errors) == "");
  CHECK(loaded.configuration.files == std::vector<std::string>{main, folder.path("handlers.d/10.yaml"), folder.path("handlers.d/20.yaml")});
  REQUIRE(loaded.configuration.handlers.size() == 3);
  CHECK(loaded.configuration.handlers[1].kind == "a");
  CHECK(loaded.configuration.handlers[2].process->command.front() == folder.path("handlers.d/run"));
  CHECK(loaded.configuration.queues.size() == 1);
}

TEST_CASE("faults of included files are theirs", "[config][include]") {
  const Folder folder;
  const std::string main = folder.write("reeve.yaml", "include: [d/*.yaml, d/a.yaml]\nqueues: {q: {}}\nhandlers: {m: {command: [x]}}\nlog: {level: x}\n");
  folder.write("d/a.yaml", "handlers:\n  m: {command: [x]}\nqueues: {q: }\nstore: {}\ninclude: x\nnosuch: 1\n");
  folder.write("d/b.yaml", "a: [\n");
  const Loaded loaded = load(main, no_variables);
  const std::string all = text_of(loaded.errors);
  CHECK_THAT(all, Contains(folder.path("d/a.yaml") + ":2:3: handlers.m: the kind is already declared at " + main + ":3:12; keep one of them"));
  CHECK_THAT(all, Contains(folder.path("d/a.yaml") + ":3:10: queues.q: the queue is already declared at " + main + ":2:10; keep one of them"));
  CHECK_THAT(all, Contains("d/a.yaml:4:1: store: this key belongs into the main file"));
  CHECK_THAT(all, Contains("d/a.yaml:5:1: include: this key belongs into the main file"));
  CHECK_THAT(all, Contains("d/a.yaml:6:1: nosuch: unknown key"));
  CHECK_THAT(all, Contains(folder.path("d/b.yaml") + ":"));
  CHECK(loaded.errors.front().file == main);
  CHECK(std::count(loaded.configuration.files.begin(), loaded.configuration.files.end(), folder.path("d/a.yaml")) == 1);
}

TEST_CASE("what cannot be included is an error at the include", "[config][include]") {
  const Folder folder;
  REQUIRE(::mkfifo(folder.path("fifo.yaml").c_str(), 0600) == 0);
  const auto result = [&](const std::string& include) { return load(folder.write("reeve.yaml", "include: " + include + "\n"), no_variables); };
  CHECK_THAT(text_of(result("missing.yaml").errors), Contains(":1:10: include: the file") && Contains("does not exist"));
  CHECK_THAT(text_of(result("fifo*").errors), Contains("named pipe"));
  CHECK_THAT(text_of(result("'*/x.yaml'").errors), Contains("only the last part of the path may be a pattern"));
  CHECK_THAT(text_of(result("'*.yaml'").errors), Contains("the file includes itself"));
  CHECK_THAT(text_of(result("reeve.yaml").errors), Contains("the file includes itself"));
  CHECK(text_of(result("none.d/*.yaml").errors) == "");
  CHECK_THAT(text_of(result("none.d/*.yaml").warnings), Contains("matches no file"));
  for (int i = 0; i < 300; ++i) folder.write("many/" + std::to_string(i) + ".yaml", "");
  CHECK_THAT(text_of(result("many/*").errors), Contains("more than 256 files"));
}

TEST_CASE("a relative file name works like an absolute one", "[config][include]") {
  const Folder folder;
  folder.write("reeve.yaml", "include: d/*\nhandlers: {m: {command: [./x]}}\n");
  folder.write("d/a", "handlers: {n: {command: [./y]}}\n");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path(""));
  const Loaded loaded = load("reeve.yaml", no_variables);
  std::filesystem::current_path(before);
  REQUIRE(text_of(loaded.errors) == "");
  CHECK(loaded.configuration.files == std::vector<std::string>{"reeve.yaml", "d/a"});
  CHECK(loaded.configuration.handlers.at(1).process->command.front() == folder.path("d/y"));
}

TEST_CASE("the report lists handlers, queues and the memory they may take", "[config][report]") {
  const Loaded loaded = read("supervisor: {concurrency: 4}\nqueues: {mail: {concurrency: 7}, idle: {}}\n" + std::string{two_handlers});
  const Report report = make_report(loaded, noon);
  CHECK(report.ok);
  REQUIRE(report.handlers.size() == 2);
  CHECK(report.handlers[0].kind == "a");
  CHECK(report.handlers[1].runs == "/bin/true x");
  REQUIRE(report.queues.size() == 3);
  CHECK(report.queues[0].name == "default");
  CHECK(report.queues[0].kinds == std::vector<std::string>{"b"});
  CHECK(report.queues[1].name == "idle");
  CHECK(report.queues[2].concurrency == 7);
  CHECK(report.memory_bytes == (3 * 2LL + 1) << 30);
  const std::string text = to_text(report);
  CHECK_THAT(text, Contains("read /etc/reeve/reeve.yaml\n") && Contains("up to 4 attempts at once; their processes may take 7GiB together") && Contains("2 handlers in 1 file, 0 warnings: ok\n"));
  CHECK_THAT(text, Contains("  a     process   kill   mail     3      1s       5         2GiB    -      /bin/true\n"));
}

TEST_CASE("memory is not limited when one handler's is not", "[config][report]") {
  const Report report = make_report(read("handlers: {a: {command: [x]}, b: {command: [x], limits: {memory: 1GiB}}}\n"), noon);
  CHECK_FALSE(report.memory_bytes);
  CHECK_THAT(to_text(report), Contains("their memory is not limited"));
}

TEST_CASE("the report of a bad file is its errors", "[config][report]") {
  const Report report = make_report(read("handlers: {a: {command: [x]}}\nlog: {level: x}\n"), noon);
  CHECK_FALSE(report.ok);
  CHECK(report.handlers.empty());
  CHECK_THAT(to_text(report), Contains("error: /etc/reeve/reeve.yaml:2:14: log.level:") && Contains("warning: ") && Contains("1 error, 2 warnings: not usable\n"));
}

TEST_CASE("the report is JSON for programs", "[config][report]") {
  const auto json = boost::json::parse(to_json(make_report(read(two_handlers), noon)));
  CHECK(json.at("ok").as_bool());
  CHECK(json.at("handlers").as_array().at(0).at("timeout").as_string() == "1s");
  CHECK(json.at("queues").as_array().size() == 2);
  CHECK(json.at("memory_bytes").as_int64() == (3 * 2LL + 2) << 30);
  CHECK(json.at("errors").as_array().empty());
}

TEST_CASE("a report never shows a secret", "[config][report]") {
  const Loaded loaded = read("handlers: {a: {command: [x], env: {K: '${K}'}}}\n", variables({{"K", "hunter2"}}));
  CHECK_THAT(to_text(make_report(loaded, noon)), !Contains("hunter2"));
  CHECK_THAT(to_json(make_report(loaded, noon)), !Contains("hunter2"));
}

TEST_CASE("rates, shares and resources are read in all their forms", "[config][limits]") {
  const Loaded loaded = read(R"(
supervisor: {resources: {gpu: 2, license: [alpha, beta]}, ageing: 10m}
queues:
  a: {rate: 10/s, weight: 4, ageing: 1m, fair_by: "label:tenant"}
  b: {rate: 100/1m}
handlers:
  h: {command: [/bin/true], timeout: 1s, concurrency: 1, rate: {limit: 5, per: 2s, burst: 3}, resources: {gpu: 2, license: 1}, fair_by: "label:team"}
)");
  REQUIRE(text_of(loaded.errors) == "");
  const Configuration& c = loaded.configuration;
  REQUIRE(c.supervisor.resources.size() == 2);
  CHECK(c.supervisor.resources[0].units == std::vector<std::string>{"0", "1"});
  CHECK(c.supervisor.resources[1].units == std::vector<std::string>{"alpha", "beta"});
  CHECK(c.supervisor.ageing == 10min);
  CHECK(c.queues[0].rate == store::Rate{.limit = 10, .per = 1s, .burst = 1});
  CHECK(c.queues[0].weight == 4);
  CHECK(c.queues[0].ageing == 1min);
  CHECK(c.queues[0].fair_by == "tenant");
  CHECK(c.queues[1].rate == store::Rate{.limit = 100, .per = 1min, .burst = 1});
  CHECK(c.handlers[0].rate == store::Rate{.limit = 5, .per = 2s, .burst = 3});
  CHECK(c.handlers[0].fair_by == "team");
  REQUIRE(c.handlers[0].resources.size() == 2);
  CHECK(c.handlers[0].resources[0].name == "gpu");
  CHECK(c.handlers[0].resources[0].room == 2);
}

TEST_CASE("a limit that cannot be is refused with what to write", "[config][limits]") {
  const auto fault = [](const std::string& text) { return text_of(read(text).errors); };
  CHECK_THAT(fault("queues: {a: {rate: fast}}"), Contains("\"fast\" is not a rate; write 10/s"));
  CHECK_THAT(fault("queues: {a: {rate: 0/s}}"), Contains("is not a rate"));
  CHECK_THAT(fault("queues: {a: {rate: {per: 1s}}}"), Contains("the rate has no limit"));
  CHECK_THAT(fault("queues: {a: {weight: 0}}"), Contains("weight"));
  CHECK_THAT(fault("queues: {a: {fair_by: tenant}}"), Contains("write label:tenant"));
  CHECK_THAT(fault("supervisor: {resources: {GPU: 1}}"), Contains("not a name of a resource"));
  CHECK_THAT(fault("supervisor: {resources: {gpu: [a, a]}}"), Contains("listed twice"));
  const std::string handler = "handlers: {h: {command: [/bin/true], timeout: 1s, resources: {gpu: 3}}}";
  CHECK_THAT(fault(handler), Contains("needs the resource gpu, which is not declared"));
  CHECK_THAT(fault("supervisor: {resources: {gpu: 2}}\n" + handler), Contains("needs 3 of gpu, but there are 2"));
}

TEST_CASE("the report says which times a body that cannot be killed is only asked to keep", "[config][check]") {
  const Report report = make_report(read("handlers:\n"
                                         "  calm: {executor: inline, builtin: noop}\n"
                                         "  deaf: {executor: thread, plugin: /opt/p.so, timeout: 5m, stop_grace: 7s, watchdog: 1m, on_stale: kill}\n"
                                         "  hard: {command: [/bin/true], timeout: 5m}\n"), noon);
  REQUIRE(report.handlers.size() == 3);
  CHECK(report.handlers[0].stops == "cooperative");
  CHECK(report.handlers[0].asked_only.empty());
  CHECK(report.handlers[1].stops == "cooperative");
  CHECK(report.handlers[1].asked_only == "timeout of 5m and watchdog of 1m and stop_grace of 7s");
  CHECK(report.handlers[2].stops == "kill");
  CHECK(report.handlers[2].asked_only.empty());
  const std::string text = to_text(report);
  CHECK_THAT(text, Contains("note: deaf: its timeout of 5m and watchdog of 1m and stop_grace of 7s can only be asked for: the executor thread cannot kill"));
  CHECK_THAT(text, !Contains("note: hard"));
  CHECK_THAT(text, !Contains("note: calm"));
  const auto json = boost::json::parse(to_json(report));
  CHECK(json.at("handlers").at(1).at("stops").as_string() == "cooperative");
  CHECK(json.at("handlers").at(2).at("stops").as_string() == "kill");
}

TEST_CASE("the report tells the next ticks of schedules", "[config][schedules]") {
  const Loaded loaded = read("handlers: {a: {command: [/bin/true], timeout: 1s, concurrency: 1}}\n"
                             "schedules:\n"
                             "  nightly: {cron: '30 2 * * *', zone: Europe/Berlin, kind: a}\n");
  REQUIRE(text_of(loaded.errors) == "");
  const Report report = make_report(loaded, noon);
  REQUIRE(report.schedules.size() == 1);
  REQUIRE(report.schedules[0].next.size() == 3);
  CHECK(store::to_rfc3339(report.schedules[0].next[0]) == "2026-11-22T01:30:00.000Z");
  CHECK_THAT(to_text(report), Contains("nightly") && Contains("Europe/Berlin") && Contains("2026-11-22T01:30:00.000Z, 2026-11-23T01:30:00.000Z"));
  const auto json = boost::json::parse(to_json(report));
  CHECK(json.at("schedules").at(0).at("next").at(0).as_string() == "2026-11-22T01:30:00.000Z");
}

TEST_CASE("a schedule that cannot be is refused at its place", "[config][schedules]") {
  const auto fault = [](const std::string& schedule) {
    return text_of(read("handlers: {a: {command: [/bin/true], timeout: 1s, concurrency: 1}}\nschedules:\n  s: {" + schedule + "}\n").errors);
  };
  CHECK_THAT(fault("cron: '@daily', kind: b"), Contains("/etc/reeve/reeve.yaml:3:3: schedules.s.kind: no handler has the kind \"b\""));
  CHECK_THAT(fault("cron: '61 * * * *', kind: a"), Contains("/etc/reeve/reeve.yaml:3:") && Contains("the minute \"61\" is not within 0 to 59"));
  CHECK_THAT(fault("kind: a"), Contains("cron is missing"));
  CHECK_THAT(fault("cron: '@daily'"), Contains("kind is missing"));
  CHECK_THAT(fault("cron: '@daily', kind: a, zone: Mars/Olympus"), Contains("no time zone of this system"));
  CHECK_THAT(fault("cron: '@daily', kind: a, overlap: maybe"), Contains("write one of skip, queue, cancel_other, allow"));
  CHECK_THAT(fault("cron: '@daily', kind: a, catch_up_max: 0"), Contains("out of range"));
}

}  // namespace reeve::config
