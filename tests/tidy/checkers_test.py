#!/usr/bin/env python3
"""The checkers find what they are for, and nothing else."""
import os
import shutil
import tempfile
import unittest

import await_tidy
import bans
import batches
import directions
import features
import headers_alone
import nested_braces
from sources import Source


def awaits(code, path="supervisor/example.cpp"):
    return [line for _, line, _ in await_tidy.check(Source(path, code))]


def braces(code, path="supervisor/example.cpp"):
    return [line for _, line, _ in nested_braces.check(Source(path, code))]


class Batches(unittest.TestCase):
    CLASHES = {
        "a constant": ("constexpr int most = 1;", "constexpr long most = 2;"),
        "a function": ("int twice(int a) { return 2 * a; }", "int twice(int a) {\n  return a + a;\n}"),
        "a type": ("struct Place {\n  int x;\n};", "class Place {};"),
        "what comes after a body": ("void first() {\n}\nint second = 1;", "int second = 2;"),
        "a function and a constant": ("int most() { return 1; }", "const int most = 1;"),
        "another alias": ("using Call = int;", "using Call = long;"),
    }
    FINE = {
        "other parameters": ("int twice(int a) { return 2 * a; }", "int twice(long a) { return 2; }"),
        "the same alias": ("using Call = int;", "using Call = int;"),
        "in a comment": ("int most = 1;", "// int most = 2;"),
        "inside a body": ("int most = 1;", "void f() {\n  int most = 1;\n}"),
    }

    def found(self, texts, paths=("api/a.cpp", "api/b.cpp"), around="reeve::api"):
        return list(batches.check(Source(path, f"namespace {around} {{\nnamespace {{\n\n{text}\n\n}}  // namespace\n}}\n")
                                  for path, text in zip(paths, texts)))

    def test_names_that_cannot_live_in_one_batch_are_found(self):
        for name, texts in self.CLASHES.items():
            with self.subTest(name):
                self.assertEqual(len(self.found(texts)), 2)

    def test_names_that_can_are_not(self):
        for name, texts in self.FINE.items():
            with self.subTest(name):
                self.assertEqual(self.found(texts), [])

    def test_other_targets_never_meet(self):
        self.assertEqual(self.found(self.CLASHES["a constant"], paths=("api/a.cpp", "cli/a.cpp")), [])


class HeadersAlone(unittest.TestCase):
    HEADERS = {
        "a.hpp": [("string", False), ("b.hpp", True)],
        "b.hpp": [("vector", False), ("optional", False), ("a.hpp", True)],
        "c.hpp": [("cstdint", False)],
    }

    def test_only_what_a_header_asks_for_is_there_before_it(self):
        closures = headers_alone.closures(self.HEADERS)
        self.assertEqual(closures["a.hpp"], {"string", "vector", "optional"})
        self.assertEqual(headers_alone.prefix_for(closures["a.hpp"]), ("optional", "string", "vector"))
        self.assertIsNone(headers_alone.prefix_for(closures["c.hpp"]))

    @unittest.skipUnless(shutil.which("clang++"), "clang++ is not installed")
    def test_a_header_that_leans_on_others_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("leans.hpp", "#pragma once\ninline std::string word();\n"), ("twice.hpp", "struct Twice {};\n"),
                               ("whole.hpp", "#pragma once\n#include <string>\nstd::string word();\n")):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            compiler = headers_alone.Compiler("clang++", ["-I", folder], folder)
            compiler.precompile(("string",))
            self.assertIn("std", compiler.problem("leans.hpp", None))
            self.assertIn("redefinition", compiler.problem("twice.hpp", None))
            self.assertEqual(compiler.problem("whole.hpp", ("string",)), "")


class NestedBraces(unittest.TestCase):
    BAD = {
        "a local": "Log log{{level, text()}, number()};",
        "an answer": "Log make() { return {{level, text()}, number()}; }",
        "named members": "Log log{.line = {level, text()}, .percent = number()};",
        "an argument": "use({{level, text()}, number()});",
        "deeper inside": "Deep deep{1, {{level, text()}, number()}};",
    }
    GOOD = {
        "a type with a name": "Log log{Line{level, text()}, number()};",
        "nothing that throws follows": "Log log{{level, text()}, 4};",
        "nothing that owns comes before": "Log log{{}, number()};",
        "a list of the same": "std::vector<Line> all{{1, text()}, {2, text()}};",
        "a block": "if (one) { use(text()); } use(number());",
        "silenced": "table.add({{a(), tone}, b()});   // braces-ok: a list",
    }

    def test_what_is_destroyed_twice_is_found(self):
        for name, code in self.BAD.items():
            with self.subTest(name):
                self.assertEqual([1], braces(code))

    def test_what_is_safe_is_not(self):
        for name, code in self.GOOD.items():
            with self.subTest(name):
                self.assertEqual([], braces(code))


class AwaitTidy(unittest.TestCase):
    BAD = {
        "a braced temporary": "co_await store.claim(ClaimRequest{.limit = 4});",
        "a braced temporary without a type": "co_await store.claim({.limit = 4});",
        "a braced temporary deeper inside": "co_await run(wrap(Request{name}));",
        "an empty braced temporary": "co_await run(Request{});",
        "a template in braces": "co_await run(std::vector<int>{1, 2});",
        "co_await between braces": "use(Row{.id = co_await next_id()});",
        "co_await in a list": "std::vector<int> all{co_await a(), co_await b()};",
        "co_await in a nested list": "use(Row{.inner = {.id = co_await next_id()}});",
        "a capture by value": "co_await db.run([task](Store& s) { return s.get(task); });",
        "a capture with an initialiser": "co_await db.run([t = std::move(task)](Store& s) { return s.get(t); });",
        "every capture by value": "co_await db.run([=](Store& s) { return s.get(task); });",
        "a mixed capture": "co_await db.run([&other, task] { return other + task; });",
        "a conditional": "auto x = cached ? *cached : co_await load();",
        "a condition that awaits": "auto x = (co_await ready()) ? 1 : 2;",
        "a return of a conditional": "co_return ok ? co_await f() : 0;",
        "an if with a braced temporary": "if (auto v = co_await f(Request{1})) { use(*v); }",
        "a loop over a braced temporary": "for (auto& x : co_await all(Filter{.kind = k})) { use(x); }",
        "several lines": "co_await store.claim(\n    ClaimRequest{\n        .limit = 4});",
    }
    GOOD = {
        "a name that is moved in": "ClaimRequest request{.limit = 4};\nco_await store.claim(std::move(request));",
        "a lambda with a name": "auto work = [task](Store& s) { return s.get(task); };\nco_await db.run(std::move(work));",
        "a capture by reference": "co_await db.run([&task](Store& s) { return s.get(task); });",
        "every capture by reference": "co_await db.run([&](Store& s) { return s.get(Key{task}); });",
        "a capture of this": "co_await db.run([this] { return x_; });",
        "no capture": "co_await db.run([](Store& s) { return s.all(); });",
        "a name awaited first": "const auto id = co_await next_id();\nuse(Row{.id = id});",
        "an if with an initialiser": "if (auto v = co_await f(); v) { use(Row{*v}); } else { g(Row{}); }",
        "a loop over what was awaited": "for (const auto& x : co_await all()) { use(Row{x}); }",
        "an answer in braces": "co_return Row{.id = 4};",
        "a block before": "if (ready) { use(Row{1}); }\nco_await next();",
        "a block after": "co_await next();\n{ Row row{1}; use(row); }",
        "braces in a string": 'co_await say("a{b}? c : d");',
        "braces in a comment": "co_await next();  // Row{1} ? a : b",
        "an index": "co_await all[number];",
        "an index by an expression": "co_await all[number + 1].run(first);",
        "a constructor in parentheses": "co_await run(std::string(3, ' '));",
        "a lambda that is a coroutine": "auto work = [](int n) -> asio::awaitable<void> { co_await step(n); };",
        "a spawned coroutine": "asio::co_spawn(loop, [&]() -> asio::awaitable<void> { co_await step(); }, token);",
        "after a case": "switch (n) { case 1: co_await step(); break; default: co_await other(); }",
        "after the head of a class": "struct A : B<C> { asio::awaitable<void> f() { co_await g(); } };",
        "silenced": "co_await run(Text{\"x\"});  // await-ok: Text has a constructor",
    }

    def test_known_bad_lines_are_found(self):
        for name, code in self.BAD.items():
            with self.subTest(name):
                self.assertTrue(awaits(f"asio::awaitable<void> f() {{\n{code}\n}}\n"), code)

    def test_known_good_lines_are_not_found(self):
        for name, code in self.GOOD.items():
            with self.subTest(name):
                self.assertEqual([], awaits(f"asio::awaitable<void> f() {{\n{code}\n}}\n"), code)

    def test_the_line_of_the_await_is_named(self):
        self.assertEqual([3], awaits("void f() {\n  int x = 1;\n  co_await g(A{x});\n}\n"))


class Directions(unittest.TestCase):
    FILES = {"store/task.hpp", "store/sqlite/statement.hpp", "executors/executor.hpp", "handlers/handler.hpp", "supervisor/supervisor.hpp",
             "supervisor/options.hpp", "api/server.hpp", "api/options.hpp", "config/configuration.hpp", "cli/output.hpp", "executors/execution.hpp",
             "tests/simulation/world.hpp"}
    BAD = (
        ("store/a.cpp", '#include "executors/executor.hpp"'), ("executors/a.cpp", '#include "store/task.hpp"'),
        ("handlers/a.cpp", '#include "supervisor/supervisor.hpp"'), ("supervisor/a.hpp", '#include "api/server.hpp"'),
        ("supervisor/a.cpp", '#include "config/configuration.hpp"'), ("api/a.cpp", '#include "config/configuration.hpp"'),
        ("api/a.cpp", '#include "cli/output.hpp"'), ("cli/verbs/a.cpp", '#include "store/task.hpp"'),
        ("cli/main.cpp", '#include "config/configuration.hpp"'), ("config/a.cpp", '#include "supervisor/supervisor.hpp"'),
        ("store/a.cpp", "#include <boost/asio/awaitable.hpp>"), ("handlers/a.hpp", "#include <boost/asio/awaitable.hpp>"),
        ("cli/verbs/a.cpp", "#include <boost/asio/ip/tcp.hpp>"), ("supervisor/a.cpp", "#include <boost/beast/http.hpp>"),
        ("supervisor/a.cpp", "#include <boost/process/v2/process.hpp>"), ("store/memory/a.cpp", "#include <sqlite3.h>"),
        ("supervisor/a.cpp", "#include <sqlite3.h>"), ("api/a.cpp", "#include <yaml-cpp/yaml.h>"), ("api/a.cpp", "#include <CLI/CLI.hpp>"),
        ("api/a.cpp", "#include <spdlog/spdlog.h>"), ("supervisor/loop.cpp", "#include <spdlog/spdlog.h>"),
        ("store/a.cpp", "#include <catch2/catch.hpp>"), ("store/a.cpp", '#include "task.hpp"'), ("store/sqlite/a.cpp", '#include "../task.hpp"'),
        ("store/a.cpp", '#include "simulation/world.hpp"'), ("store/a.cpp", '  #  include "executors/executor.hpp"'),
    )
    GOOD = (
        ("store/sqlite/a.cpp", "#include <sqlite3.h>"), ("store/sqlite/a.cpp", '#include "store/task.hpp"'),
        ("handlers/a.cpp", '#include "executors/executor.hpp"'), ("supervisor/a.cpp", '#include "store/task.hpp"'),
        ("api/a.cpp", "#include <boost/beast/http/message.hpp>"), ("config/a.cpp", "#include <yaml-cpp/yaml.h>"),
        ("config/a.hpp", '#include "api/options.hpp"'), ("cli/compose/a.cpp", '#include "config/configuration.hpp"'),
        ("cli/compose/a.cpp", "#include <boost/asio/io_context.hpp>"), ("cli/verbs/a.cpp", "#include <CLI/App.hpp>"),
        ("supervisor/log.cpp", "#include <spdlog/logger.h>"), ("supervisor/log_json.cpp", "#include <spdlog/logger.h>"),
        ("tests/unit/store/a.cpp", '#include "config/configuration.hpp"'), ("tests/a.cpp", "#include <catch2/catch.hpp>"),
        ("executors/a.cpp", "#include <boost/process/v2/process.hpp>"), ("store/a.cpp", "#include <vector>"),
        ("store/a.cpp", '// #include "executors/executor.hpp"'), ("tests/simulation/a.cpp", '#include "simulation/world.hpp"'),
        ("tests/simulation/a.cpp", '#include "world.hpp"'),
    )

    def found(self, path, line):
        return list(directions.check(Source(path, line + "\n"), self.FILES.__contains__))

    def test_wrong_directions_are_found(self):
        for path, line in self.BAD:
            with self.subTest(path=path, line=line):
                self.assertTrue(self.found(path, line))

    def test_right_directions_are_not_found(self):
        for path, line in self.GOOD:
            with self.subTest(path=path, line=line):
                self.assertEqual([], self.found(path, line))


class Bans(unittest.TestCase):
    BAD = (
        ("executors/a.cpp", "if (fork() == 0) {}"), ("executors/a.cpp", "auto p = ::vfork();"), ("cli/a.cpp", 'std::system("ls");'),
        ("cli/a.cpp", 'auto* f = popen("ls", "r");'), ("store/a.cpp", 'sprintf(buffer, "x");'), ("store/a.cpp", "strcpy(a, b);"),
        ("store/a.cpp", "gets(a);"), ("handlers/a.cpp", "return std::rand();"), ("handlers/a.cpp", "srand(1);"),
        ("supervisor/a.cpp", "auto t = std::chrono::steady_clock::now();"), ("store/a.cpp", "auto t = Clock::now();"),
        ("supervisor/a.cpp", "std::this_thread::sleep_for(1s);"), ("tests/unit/a.cpp", "std::this_thread::sleep_for(1s);"),
        ("api/a.cpp", "usleep(1);"),
        ("cli/a.cpp", 'for (const auto& row : array_in(answer.object(), "rows")) print(row);'),
        ("api/a.cpp", 'for (const auto& member : Fields(json, "x.").members()) print(member);'), ("api/a.cpp", "::sleep(1);"), ("tests/a.hpp", "using namespace std::chrono;"), ("api/a.cpp", "co_spawn(loop, f(), asio::detached);"), ("api/a.cpp", "co_spawn(loop, f(), detached);"),
        ("api/a.cpp", "#include <boost/asio.hpp>"), ("tests/a.cpp", "#include <boost/beast.hpp>"), ("executors/a.cpp", "#include <boost/process.hpp>"),
        ("executors/a.cpp", "#include <boost/process/v2.hpp>"), ("supervisor/log.hpp", "#include <spdlog/spdlog.h>"),
        ("config/a.hpp", "#include <yaml-cpp/yaml.h>"), ("store/open.hpp", "#include <sqlite3.h>"), ("store/a.hpp", "using namespace std;"),
        ("README.md", "TODO: write"), ("api/a.cpp", "int x;  // FIXME later"), ("docs/a.md", "see /work/main"),
        ("tests/unit/a.cpp", '// TEST_CASE("a task", "[a]") {'), ("tests/unit/a.cpp", "  //  REQUIRE(a == b);"),
        ("tests/daemon/a.py", "    # self.assertEqual(1, 2)"), ("tests/unit/a.cpp", 'TEST_CASE("a", "[.slow]") {'),
        ("tests/unit/a.cpp", 'TEST_CASE("a", "[store][!mayfail]") {'),
    )
    GOOD = (
        ("executors/a.cpp", "// never fork() here"), ("executors/a.cpp", 'say("system(x)");'), ("executors/a.cpp", "auto c = std::error_code(1, std::system_category());"),
        ("supervisor/clock.cpp", "return std::chrono::system_clock::now();"), ("store/a.cpp", "snprintf(a, sizeof a, b);"),
        ("supervisor/a.cpp", "auto t = clock.now();"), ("store/a.cpp", "std::string_view targets(a);"), ("handlers/a.cpp", "operand(1);"),
        ("executors/builtins.cpp", "co_await sleep_builtin(e);"), ("cli/compose/a.cpp", "co_spawn(loop, f(), asio::detached);"),
        ("boost_src.cpp", "#include <boost/asio/impl/src.hpp>"), ("supervisor/log.cpp", "#include <spdlog/spdlog.h>"),
        ("supervisor/log.hpp", "#include <spdlog/fwd.h>"), ("store/sqlite/statement.hpp", "#include <sqlite3.h>"),
        ("tests/unit/a.cpp", 'TEST_CASE("a test of it", "[store]") {'), ("bench/a.cpp", "std::this_thread::sleep_for(1s);"),
        ("store/a.hpp", "using namespace std::chrono_literals;"), ("store/a.hpp", "using namespace std::literals;"),
        ("cli/a.cpp", 'for (const auto& row : array_in(object, "rows")) print(row);'), ("api/a.cpp", "for (const auto& member : fields.members()) print(member);"),
        ("executors/a.cpp", "asio::awaitable<End> sleep_for(asio::any_io_executor loop);"), ("tests/unit/a.cpp", "// SECTIONS are explained here"),
    )

    def found(self, path, line):
        return list(bans.check(Source(path, line + "\n")))

    def test_what_we_do_not_write_is_found(self):
        for path, line in self.BAD:
            with self.subTest(path=path, line=line):
                self.assertTrue(self.found(path, line))

    def test_what_we_write_is_not_found(self):
        for path, line in self.GOOD:
            with self.subTest(path=path, line=line):
                self.assertEqual([], self.found(path, line))

    def test_code_between_a_digit_separator_and_a_string_is_seen(self):
        self.assertTrue(self.found("store/a.cpp", "int x = 1'000; strcpy(a, b); int y = 2'000;"))

    def test_a_raw_string_is_not_code(self):
        self.assertEqual([], self.found("store/a.cpp", 'auto s = R"sql(strcpy(a, b); " )sql";'))


class Features(unittest.TestCase):
    PATHS = ["store/task.hpp", "tests/unit/store/claim.cpp", "docs/guides/operate.md"]
    NAMES = {"a task is claimed by exactly one owner", "test_kill_nine"}
    HEAD = "| feature | where |\n|---|---|\n"

    def found(self, *rows):
        return [message for _, _, message in features.check(self.HEAD + "\n".join(rows) + "\n", self.PATHS, self.NAMES)]

    def test_a_row_that_points_to_nothing_is_found(self):
        self.assertEqual(1, len(self.found("| claims | somewhere |")))
        self.assertEqual(1, len(self.found("| claims | `store/nothing.hpp` |")))
        self.assertEqual(1, len(self.found("| claims | `test_nothing` |")))
        self.assertEqual(1, len(self.found("| claims | `store/task.hpp` `tests/unit/api/*.cpp` |")))

    def test_a_row_that_points_to_a_file_or_a_test_is_fine(self):
        self.assertEqual([], self.found("| claims | `store/task.hpp` |", "| kills | `test_kill_nine` |", "| guides | `docs/guides/` |",
                                        "| one owner | `\"a task is claimed by exactly one owner\"` |", "| a | b | `tests/unit/*/*.cpp` |"))


if __name__ == "__main__":
    unittest.main()
