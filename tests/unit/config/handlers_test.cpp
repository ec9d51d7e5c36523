#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "handlers/admit.hpp"
#include "tests/unit/config/parsed.hpp"

namespace reeve::config {

using namespace test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

const std::string command = "    command: [/bin/true]\n";

std::string warnings_in(const std::string& body) { return text_of(read(handler(body)).warnings); }

}  // namespace

TEST_CASE("a handler needs no more than a command", "[config][handlers]") {
  const auto h = handler_of(command);
  CHECK(h.kind == "h");
  CHECK(h.executor == "process");
  CHECK(h.queue == "default");
  CHECK(h.priority == 4);
  CHECK_FALSE(h.concurrency);
  CHECK_FALSE(h.timeout);
  CHECK(h.retry == handlers::RetryPolicy{});
  CHECK(h.process->command == std::vector<std::string>{"/bin/true"});
  CHECK(h.process->env == std::map<std::string, std::string>{{"PATH", std::string{handlers::default_path}}});
  CHECK(h.process->cwd == "/");
  CHECK_FALSE(h.builtin);
  CHECK(h.declared_at == "/etc/reeve/reeve.yaml:2:3");
}

TEST_CASE("every key of a handler reaches its declaration", "[config][handlers]") {
  const auto h = handler_of(command + R"(    queue: mail
    priority: 9
    concurrency: 3
    timeout: 1h30m
    soft_timeout: 1h
    watchdog: 250ms
    on_stale: kill
    stop_signal: SIGINT
    stop_grace: 0s
    env: {A: b, PORT: 8080, FLAG: true, EMPTY: ""}
    cwd: /tmp
    umask: 0027
    user: nobody
    group: "65534"
    nice: -5
    payload: file
    payload_limit: 2KiB
    result: stdout
    result_limit: 3KiB
    exit_codes: {0: success, 3: retry, 255: reject}
    limits: {memory: 512MiB, cpu: 90s, cpus: 0.5, processes: 5, open_files: 64, file_size: 1GiB}
    sandbox: {read: [/usr, /lib], write: [/srv], private_tmp: true, network: false}
    output: {head: 1KiB, tail: 2KiB, line: 512}
    labels: {team: a, n: 5}
    metadata: {a: 1, b: [true, null, "5", 1.5, 012, text], c: {d: ""}}
    retry: {attempts: 2, crashes: 1, backoff: linear, base: 2s, max: 3s, factor: 1.5, jitter: ratio, jitter_ratio: 0.3, retry_on: [x], reject_on: [y, z]}
)");
  CHECK(h.queue == "mail");
  CHECK(h.priority == 9);
  CHECK(h.concurrency == 3);
  CHECK(h.timeout == 90min);
  CHECK(h.soft_timeout == 1h);
  CHECK(h.watchdog == 250ms);
  CHECK(h.on_stale == handlers::OnStale::kill);
  CHECK(h.stop_grace == 0s);
  CHECK(h.payload_bytes_max == 2048);
  CHECK(h.labels == store::Labels{{"team", "a"}, {"n", "5"}});
  CHECK(h.metadata == R"({"a":1,"b":[true,null,"5",1.5,"012","text"],"c":{"d":""}})");
  const executors::ProcessSpec& p = *h.process;
  CHECK(p.stop_signal == 2);
  CHECK(p.env.at("A") == "b");
  CHECK(p.env.at("PORT") == "8080");
  CHECK(p.env.at("FLAG") == "true");
  CHECK(p.env.at("EMPTY").empty());
  CHECK(p.cwd == "/tmp");
  CHECK(p.umask == 0027);
  CHECK(p.user == "nobody");
  CHECK(p.group == "65534");
  CHECK(p.nice == -5);
  CHECK(p.payload == executors::PayloadBy::file);
  CHECK(p.result == executors::ResultBy::stdout_);
  CHECK(p.result_bytes_max == 3072);
  CHECK(p.exit_codes == std::map<int, executors::ExitMeaning>{{0, executors::ExitMeaning::success}, {3, executors::ExitMeaning::retry}, {255, executors::ExitMeaning::reject}});
  CHECK(p.limits.memory_bytes == 512LL << 20);
  CHECK(p.limits.cpu == 90s);
  CHECK(p.limits.cpus == 0.5);
  CHECK(p.sandbox == executors::Sandbox{{"/usr", "/lib"}, {"/srv"}, true, false});
  CHECK(p.limits.processes == 5);
  CHECK(p.limits.open_files == 64);
  CHECK(p.limits.file_size_bytes == 1LL << 30);
  CHECK(p.output.head_bytes == 1024);
  CHECK(p.output.tail_bytes == 2048);
  CHECK(p.output.line_bytes == 512);
  const handlers::RetryPolicy& r = h.retry;
  CHECK(r.attempts == 2);
  CHECK(r.crashes == 1);
  CHECK(r.backoff == handlers::Backoff::linear);
  CHECK(r.base == 2s);
  CHECK(r.max == 3s);
  CHECK(r.factor == 1.5);
  CHECK(r.jitter == handlers::Jitter::ratio);
  CHECK(r.jitter_ratio == 0.3);
  CHECK(r.retry_on == std::vector<std::string>{"x"});
  CHECK(r.reject_on == std::vector<std::string>{"y", "z"});
}

TEST_CASE("tasks of a kind with on_crash: fail have a crash budget of one", "[config][handlers]") {
  const auto loaded = read(handler(command + "    on_crash: fail\n    retry: {attempts: 7}\n"));
  REQUIRE(text_of(loaded.errors) == "");
  CHECK(loaded.configuration.handlers.at(0).retry.crashes == 1);
  handlers::Wish wish;
  wish.kind = "h";
  const auto admitted = handlers::admit(handlers::Handlers(loaded.configuration.handlers, {}), std::move(wish), store::from_ms(1));
  CHECK(std::get<store::NewTask>(admitted).max_crashes == 1);
  CHECK(std::get<store::NewTask>(admitted).max_attempts == 7);
  CHECK(handler_of(command + "    on_crash: fail\n    retry: {crashes: 1}\n").retry.crashes == 1);
  CHECK(handler_of(command + "    on_crash: retry\n    retry: {crashes: 2}\n").retry.crashes == 2);
  for (const std::string body : {"    on_crash: fail\n    retry: {crashes: 3}\n", "    retry: {crashes: 3}\n    on_crash: fail\n"})
    CHECK_THAT(errors_in(command + body), Contains("handlers.h.retry.crashes: crashes is 3, but on_crash: fail ends the task at the first"));
}

TEST_CASE("a sandbox is only what is written", "[config][handlers]") {
  CHECK_FALSE(handler_of(command).process->sandbox);
  CHECK(handler_of(command + "    sandbox: {network: false}\n").process->sandbox == executors::Sandbox{{}, {}, false, false});
  CHECK(handler_of(command + "    sandbox: {read: [data]}\n").process->sandbox->read.at(0).ends_with("/data"));
}

TEST_CASE("an inline handler runs a built-in", "[config][handlers]") {
  const auto h = handler_of("    executor: inline\n    builtin: sleep\n");
  CHECK(h.executor == "inline");
  REQUIRE(h.builtin);
  CHECK(h.builtin->name == "sleep");
  CHECK_FALSE(h.process);
}

TEST_CASE("a handler on a thread has a plugin or a function", "[config][handlers]") {
  const auto plugin = handler_of("    executor: thread\n    plugin: lib/x.so\n");
  REQUIRE(plugin.thread);
  CHECK(plugin.executor == "thread");
  CHECK(plugin.thread->plugin == "/etc/reeve/lib/x.so");
  CHECK(plugin.thread->function.empty());
  CHECK_FALSE(plugin.process);
  CHECK_FALSE(plugin.builtin);
  CHECK(handler_of("    executor: thread\n    function: rotate\n").thread->function == "rotate");
  const Loaded placed = read(handler("    executor: thread\n    plugin: ${PLUGINS}/x.so\n"), variables({{"PLUGINS", "/opt/p"}}));
  REQUIRE(text_of(placed.errors) == "");
  CHECK(placed.configuration.handlers.at(0).thread->plugin == "/opt/p/x.so");
  CHECK_THAT(errors_in("    executor: thread\n    plugin: /x.so\n    function: f\n"), Contains("handlers.h.function: a handler has either a plugin or a function"));
  CHECK_THAT(errors_in("    executor: thread\n    function: f\n    builtin: echo\n    command: [x]\n"),
             Contains("handlers.h.builtin: a builtin runs on the loop") && Contains("handlers.h.command: means nothing for executor thread"));
}

TEST_CASE("what http is declared with is handed to it as JSON", "[config][handlers]") {
  const std::string http = "    executor: inline\n    builtin: http\n    with: ";
  const Loaded loaded = read(handler(http + R"({url: "https://x/", method: PUT, headers: {authorization: "Bearer ${TOKEN}", n: 7}, body: {a: [1, "2", null]}, expect: [200, 4xx], timeout: 1m, follow: 3})" + "\n"),
                             variables({{"TOKEN", "t\"0ken"}}));
  REQUIRE(text_of(loaded.errors) == "");
  CHECK(loaded.configuration.handlers.at(0).builtin->defaults ==
        R"({"url":"https://x/","method":"PUT","headers":{"authorization":"Bearer t\"0ken","n":7},"body":{"a":[1,"2",null]},"expect":[200,"4xx"],"timeout":60000,"follow":3})");
  CHECK(handler_of("    executor: inline\n    builtin: http\n").builtin->defaults.empty());
  CHECK_THAT(errors_in(http + "{ulr: x}\n"), Contains("handlers.h.with.ulr: unknown key; did you mean 'url'?"));
  CHECK_THAT(errors_in(http + "[x]\n"), Contains("a mapping of keys is needed"));
  CHECK_THAT(errors_in(http + "{url: [x]}\n"), Contains("handlers.h.with.url: a list was found"));
  CHECK_THAT(errors_in(http + "{headers: {a: [x]}}\n"), Contains("handlers.h.with.headers.a: a list was found"));
  CHECK_THAT(errors_in(http + "{headers: {a: '${MISSING}'}}\n"), Contains("handlers.h.with.headers.a: the environment variable MISSING is not set"));
  CHECK_THAT(errors_in(http + "{body: {a: ['${MISSING}']}}\n"), Contains("MISSING is not set"));
  CHECK_THAT(errors_in(http + "{expect: []}\n"), Contains("statuses are needed"));
  CHECK_THAT(errors_in(http + "{timeout: 2h}\n"), Contains("out of range"));
  CHECK_THAT(errors_in(http + "{follow: 11}\n"), Contains("write 0 to 10"));
  const Loaded bytes = read(handler(http + "{headers: {a: '${TOKEN}'}}\n"), variables({{"TOKEN", "\xff"}}));
  CHECK_THAT(text_of(bytes.errors), Contains("is no UTF-8 text"));
}

TEST_CASE("limits.output stands for head and tail", "[config][handlers]") {
  const auto h = handler_of(command + "    limits: {output: 8KiB}\n");
  CHECK(h.process->output.head_bytes == 2048);
  CHECK(h.process->output.tail_bytes == 6144);
}

TEST_CASE("relative paths are relative to the folder of the file", "[config][handlers]") {
  const auto h = handler_of("    command: [bin/run, ./data]\n    cwd: work\n");
  CHECK(h.process->command == std::vector<std::string>{"/etc/reeve/bin/run", "./data"});
  CHECK(h.process->cwd == "/etc/reeve/work");
  CHECK(handler_of("    command: [./run]\n").process->command.front() == "/etc/reeve/run");
  CHECK(handler_of("    command: [python3, run.py]\n").process->command.front() == "python3");
}

TEST_CASE("a PATH of one's own stands", "[config][handlers]") { CHECK(handler_of(command + "    env: {PATH: /x}\n").process->env.at("PATH") == "/x"); }

TEST_CASE("every fault of a handler is reported with what was found and what to write", "[config][handlers]") {
  struct Case {
    const char* line;
    const char* message;
  };
  static const std::vector<Case> cases{
      {"timeout: 5x", "handlers.h.timeout: \"5x\" is not a duration; write 30s, 5m or 2h"},
      {"timeout: 5", "has no unit; write 5s or 5ms"},
      {"timeout: 0s", "out of range"},
      {"timeout: [5s]", "a list was found, but a duration"},
      {"timeout:", "nothing was found, but a duration"},
      {"tiemout: 5s", "unknown key; did you mean 'timeout'?"},
      {"colour: red", "unknown key; known here: aliases executor command"},
      {"priority: 10", "\"10\" is out of range; write 0 to 9"},
      {"priority: \"5\"", "is quoted and so a text"},
      {"priority: 012", "is not a whole number"},
      {"priority: 1e0", "is not a whole number"},
      {"concurrency: 0", "0 would never run anything"},
      {"concurrency: -1", "out of range"},
      {"concurrency: many", "is not a whole number"},
      {"queue: a b", "is not a name"},
      {"queue: ''", "the text is empty"},
      {"on_stale: yes", "\"yes\" is not known here; write one of mark, kill"},
      {"on_stale: kil", "did you mean 'kill'?"},
      {"stop_signal: STOP", "is not a signal that asks a program to end"},
      {"stop_signal: SIGTREM", "is not a signal"},
      {"umask: 22", "is not an octal mode"},
      {"nice: 20", "write -20 to 19"},
      {"user: 'a:b'", "is not the name or number of an account"},
      {"payload: argv", "write one of stdin, file, none"},
      {"payload_limit: 1MB", "is not a size; write 64KiB"},
      {"exit_codes: {256: retry}", "not an exit code; write 0 to 255"},
      {"exit_codes: {x: retry}", "not an exit code"},
      {"exit_codes: {3: rerty}", "handlers.h.exit_codes.3: \"rerty\" is not known here; write one of success, retry, reject; did you mean 'retry'?"},
      {"limits: {memory: 1}", "handlers.h.limits.memory: \"1\" is out of range; write 1MiB to 1TiB"},
      {"limits: {memroy: 1GiB}", "did you mean 'memory'?"},
      {"limits: 5", "a mapping of keys is needed"},
      {"output: {line: 1}", "out of range"},
      {"labels: {a b: c}", "not a key of a label"},
      {"labels: [a]", "a mapping of labels is needed"},
      {"env: [A]", "a mapping of variables is needed"},
      {"env: {1A: x}", "not a name of a variable"},
      {"env: {REEVE_FD: x}", "are set by reeve"},
      {"env: {A: [1]}", "a list was found, but a text is needed"},
      {"env: {A: }", "the value is missing"},
      {"retry: {attempts: 0}", "out of range"},
      {"retry: {jitter_ratio: 2}", "out of range; write 0 to 1"},
      {"retry: {factor: .5}", "is not a number"},
      {"retry: {backoff: exponentail}", "did you mean 'exponential'?"},
      {"retry: {base: 2h}", "is longer than the longest (max 1h)"},
      {"retry: {retry_on: x}", "a list is needed"},
      {"retry: {retry_on: [[]]}", "handlers.h.retry.retry_on[0]: a list was found"},
      {"builtin: echo", "a handler has either a command or a builtin"},
      {"builtin: ehco", "did you mean 'echo'?"},
      {"builtin: sql.maintain", "\"sql.maintain\" is not available in this version"},
      {"with: {url: x}", "means something for builtin: http only"},
      {"executor: thread", "a handler on a thread needs a function; write plugin:"},
      {"lease: 30s", "means something for executor: remote only"},
      {"executor: proces", "did you mean 'process'?"},
      {"executor: inline", "needs a builtin"},
      {"plugin: /x.so", "handlers.h.plugin: means something for executor: thread only"},
      {"function: f", "handlers.h.function: means something for executor: thread only"},
      {"plugin: []", "a list was found, but a text is needed"},
      {"plugin: '${MISSING}/x.so'", "the environment variable MISSING is not set"},
      {"processes: {min: 1}", "means nothing without warm processes"},
      {"recycle: {}", "means nothing without warm processes"},
      {"delivery: x", "this key is not available in this version"},
  };
  for (const Case& c : cases) {
    INFO(c.line);
    const std::string errors = errors_in(command + "    " + c.line + "\n");
    CHECK_THAT(errors, Contains(c.message));
    CHECK_THAT(errors, Contains("/etc/reeve/reeve.yaml:4:") || Contains("/etc/reeve/reeve.yaml:2:3"));
  }
}

TEST_CASE("a command must be a list with a program", "[config][handlers]") {
  CHECK_THAT(errors_in("    timeout: 5s\n"), Contains("reeve.yaml:2:3: handlers.h: no command; write command:"));
  CHECK_THAT(errors_in("    command: /bin/true\n"), Contains("a list is needed"));
  CHECK_THAT(errors_in("    command: []\n"), Contains("the command is empty"));
  CHECK_THAT(errors_in("    command: ['']\n"), Contains("the command is empty"));
  CHECK_THAT(errors_in("    command: [a, {b: c}]\n"), Contains("handlers.h.command[1]: a mapping was found"));
  CHECK_THAT(errors_in("    builtin: echo\n"), Contains("add executor: inline"));
  CHECK_THAT(errors_of("handlers:\n  h:\n"), Contains("nothing was found, but a mapping of keys is needed"));
  CHECK_THAT(errors_of("handlers: [a]\n"), Contains("a mapping of handlers is needed"));
}

TEST_CASE("combinations that cannot work are errors", "[config][handlers]") {
  CHECK_THAT(errors_in(command + "    timeout: 5s\n    soft_timeout: 5s\n"), Contains("reeve.yaml:5:5: handlers.h.soft_timeout: the warning after 5s"));
  CHECK_THAT(errors_in("    executor: inline\n    builtin: noop\n    command: [x]\n    limits: {}\n"), Contains("handlers.h.command: means nothing") && Contains("handlers.h.limits: means nothing"));
  CHECK_THAT(errors_in(command + "    limits: {output: 1MiB}\n    output: {head: 1KiB}\n"), Contains("handlers.h.output: limits.output already says"));
  CHECK_THAT(errors_in(command + "    retry: {base: 5s, max: 1s}\n"), Contains("handlers.h.retry: the first pause (base 5s)"));
  CHECK(errors_in(command + "    limits: {output: 1MiB}\n    output: {line: 1KiB}\n") == "");
}

TEST_CASE("kinds have plain names, once each, and none of reeve's own", "[config][handlers]") {
  CHECK_THAT(errors_of("handlers:\n  a b: {command: [x]}\n"), Contains("handlers.a b: not a kind"));
  CHECK_THAT(errors_of("handlers:\n  reeve.command: {command: [x]}\n"), Contains("built in"));
  CHECK_THAT(errors_of("handlers:\n  a: {command: [x]}\n  a: {command: [y]}\n"), Contains("reeve.yaml:3:3: handlers.a: the key 'a' was already given in line 2"));
}

TEST_CASE("what deserves a look is a warning", "[config][handlers]") {
  CHECK_THAT(warnings_in(command), Contains("handlers.h: no timeout"));
  CHECK_THAT(warnings_in(command + "    timeout: 1m\n"), !Contains("no timeout"));
  CHECK_THAT(warnings_in("    executor: inline\n    builtin: noop\n"), !Contains("no timeout"));
  CHECK_THAT(warnings_in(command), Contains("no limit anywhere"));
  CHECK_THAT(warnings_in(command + "    concurrency: 1\n"), !Contains("no limit anywhere"));
  CHECK_THAT(text_of(read("supervisor: {concurrency: 4}\n" + handler(command)).warnings), !Contains("no limit anywhere"));
  CHECK_THAT(text_of(read("queues: {default: {concurrency: 4}}\n" + handler(command)).warnings), !Contains("no limit anywhere"));
  CHECK_THAT(warnings_in(command + "    timeout: 1m\n    watchdog: 1m\n"), Contains("handlers.h.watchdog: never bites"));
  CHECK_THAT(warnings_in(command + "    on_stale: kill\n"), Contains("means nothing without a watchdog"));
  CHECK_THAT(warnings_in(command + "    retry: {jitter_ratio: 0.5}\n"), Contains("means nothing without jitter: ratio"));
  CHECK_THAT(warnings_in(command + "    retry: {backoff: fixed, factor: 3}\n"), Contains("means nothing without backoff: exponential"));
}

TEST_CASE("a program that is missing or that everybody may change is a warning", "[config][handlers]") {
  const Folder folder;
  const auto warnings = [](const std::string& program) { return warnings_in("    command: [" + program + "]\n    timeout: 1s\n    concurrency: 1\n"); };
  CHECK_THAT(warnings(folder.path("missing")), Contains("cannot be found now"));
  CHECK_THAT(warnings(folder.write("open", "", 0777)), Contains("everybody may change"));
  CHECK_THAT(warnings(folder.write("plain", "", 0600)), Contains("is not executable"));
  CHECK_THAT(warnings(folder.path("")), Contains("is not a regular file"));
  CHECK(warnings(folder.write("good", "", 0755)) == "");
  CHECK(warnings("python3") == "");
}

TEST_CASE("secrets come from the environment and from files", "[config][secrets]") {
  const Folder folder;
  const std::string key = folder.write("key", "s3cret\n", 0600);
  const std::string twice = folder.write("two", "a\n\n", 0640);
  const std::string text = handler(command + "    env:\n      A: ${TOKEN}\n      B: x-${TOKEN}-${N}\n      C: $${TOKEN}\n      D: file:" + key + "\n      E: file:" + twice + "\n      F: $5 {x}\n");
  const Loaded loaded = read(text, variables({{"TOKEN", "t0ken"}, {"N", ""}}));
  REQUIRE(text_of(loaded.errors) == "");
  const auto& env = loaded.configuration.handlers.at(0).process->env;
  CHECK(env.at("A") == "t0ken");
  CHECK(env.at("B") == "x-t0ken-");
  CHECK(env.at("C") == "${TOKEN}");
  CHECK(env.at("D") == "s3cret");
  CHECK(env.at("E") == "a\n");
  CHECK(env.at("F") == "$5 {x}");
}

TEST_CASE("a secret that is missing is an error that names it, and a value is never shown", "[config][secrets]") {
  const Folder folder;
  REQUIRE(::mkfifo(folder.path("fifo").c_str(), 0600) == 0);
  const auto fault = [&](const std::string& value) { return errors_in(command + "    env: {A: '" + value + "'}\n"); };
  CHECK_THAT(fault("${MISSING}"), Contains("handlers.h.env.A: the environment variable MISSING is not set"));
  CHECK_THAT(fault("${ONE}${TWO}"), Contains("ONE") && Contains("TWO"));
  CHECK_THAT(fault("${"), Contains("begins a reference"));
  CHECK_THAT(fault("${A"), Contains("begins a reference"));
  CHECK_THAT(fault("${a b}"), Contains("begins a reference"));
  CHECK_THAT(fault("${}"), Contains("begins a reference"));
  CHECK_THAT(fault("file:" + folder.path("missing")), Contains("does not exist"));
  CHECK_THAT(fault("file:" + folder.path("")), Contains("is a directory"));
  CHECK_THAT(fault("file:" + folder.path("fifo")), Contains("named pipe"));
  CHECK_THAT(fault("file:" + folder.write("world", "s3cret", 0644)), Contains("may be read or written by everybody") && !Contains("s3cret"));
  CHECK_THAT(fault("file:" + folder.write("nul", std::string("s3cret\0x", 8))), Contains("holds a NUL") && !Contains("s3cret"));
  CHECK_THAT(fault("file:" + folder.write("huge", std::string(70'000, 's'))), Contains("larger than"));
}

}  // namespace reeve::config
