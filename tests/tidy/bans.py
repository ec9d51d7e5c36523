#!/usr/bin/env python3
"""Finds what we do not write: calls that are unsafe, time that is not the clock's, headers that cost seconds, unfinished work."""
import fnmatch
import re
import sys
from dataclasses import dataclass

import sources

PRODUCT = ("store/*", "executors/*", "handlers/*", "supervisor/*", "config/*", "api/*", "cli/*", "examples/*")
CXX = ("*.cpp", "*.hpp")

# Who may look at a clock, and for what.
READS_TIME = (
    "supervisor/clock.cpp",          # the clock
    "supervisor/store_thread.cpp",   # measures its batches
    "supervisor/log*",               # dates lines
    "store/sqlite/inspect.cpp",      # bounds a query
    "executors/*",                   # bound reads and stops; conformance tests run in real time
    "cli/*",                         # speaks of "2 minutes ago"
    "examples/*",
)
# Who may block for a while.
PAUSES = (
    "store/sqlite/session.cpp",      # the store thread, for another program's lock
    "store/sqlite/store_lock.cpp",   # a start, for the last children of a killed daemon
    "executors/process/retired_groups.cpp",  # the very end of the daemon, for the kernel to let go of the last groups
    "cli/*",                         # a client, between tries to reach the daemon
    "tests/daemon/*",
)


@dataclass(frozen=True)
class Ban:
    pattern: str
    why: str
    where: tuple = PRODUCT
    but_not: tuple = ()
    raw: bool = False          # look at the text itself, not only at code without comments and strings

    def applies(self, path):
        return any(fnmatch.fnmatchcase(path, p) for p in self.where) and not any(fnmatch.fnmatchcase(path, p) for p in self.but_not)


BANS = (
    Ban(r"(?<![\w.>:])(?:::)?v?fork\s*\(", "a fork of a threaded daemon runs C++ before exec; start children through executors/"),
    Ban(r"(?<![\w.>])(?:std::|::)?(?:system|popen)\s*\(", "a shell reads what it is given; start children through executors/",
        but_not=("examples/*",)),
    Ban(r"\b(?:sprintf|vsprintf|strcpy|strcat|gets)\s*\(", "writes past the end; use std::string or fmt"),
    Ban(r"\bstd::rand\b|(?<![\w.>:])s?rand\s*\(", "not random enough and shared by all; use <random>"),
    Ban(r"_clock::now\s*\(|\b[Cc]lock::now\s*\(", "time comes as an argument or from supervisor/clock.hpp, so that tests can move it",
        but_not=READS_TIME),
    Ban(r"\bthis_thread::sleep_(?:for|until)\s*\(|(?<![\w.>:])(?:::)?(?:u|nano)sleep\s*\(|(?<!\w)::sleep\s*\(", "wait for a condition, never for time",
        where=PRODUCT + ("tests/*.cpp", "tests/*.hpp"), but_not=PAUSES),
    Ban(r"\basio::detached\b|(?<!\w)detached\s*\)", "detached work loses its exceptions; a parent awaits its children",
        where=PRODUCT, but_not=("cli/compose/*",)),
    Ban(r"#\s*include\s*<boost/(?:asio|beast|process|process/v2|json)\.hpp>", "this header costs seconds; include what you name", where=CXX,
        but_not=("boost_src.cpp",), raw=True),
    Ban(r"#\s*include\s*<(?:spdlog/(?!fwd)|yaml-cpp/yaml\.h)", "keep this library out of headers; it costs seconds everywhere", where=("*.hpp",),
        raw=True),
    Ban(r"#\s*include\s*<sqlite3\.h>", "only the headers of store/sqlite/ know SQLite", where=("*.hpp",), but_not=("store/sqlite/*",),
        raw=True),
    Ban(r"\bfor\s*\([^;{}]*[^:]:\s*(?:\w+_in|as_object)\((?:\w+\.object\(\)|parse_object\()",
        "what the loop walks over is gone before it begins; name the object first", where=CXX),
    Ban(r"\bfor\s*\([^;{}]*[^:]:\s*(?:\w+::)*[A-Z]\w*\([^;{}]*\)\.\w+\(\)\s*\)",
        "what the loop walks over may be gone before it begins; name the object first", where=CXX),
    Ban(r"\busing\s+namespace\s+(?![\w:]*literals\b)\w", "in a header this is everybody's; name what you use", where=("*.hpp",)),
    Ban(r"\b(?:TODO|FIXME|XXX|HACK)\b", "finish it or leave it out", where=("*",), but_not=("tests/tidy/*",), raw=True),
    Ban(r"/work/", "a path of one machine", where=("*",), but_not=("tests/tidy/*",), raw=True),
    Ban(r"^[ \t]*//+[ \t]*(?:TEST_CASE|TEMPLATE_TEST_CASE|SECTION|REQUIRE|CHECK)\b", "a test that is commented out proves nothing; delete it",
        where=("tests/*",), but_not=("tests/tidy/*",), raw=True),
    Ban(r"^[ \t]*#[ \t]*(?:def test_|self\.assert)", "a test that is commented out proves nothing; delete it", where=("*.py",),
        but_not=("tests/tidy/*",), raw=True),
    Ban(r"TEST_CASE\([^)]*\[(?:\.|!hide|!mayfail|!shouldfail)", "a test that does not run, or may fail, proves nothing", where=("tests/*",),
        but_not=("tests/tidy/*",), raw=True),
)


def check(source, bans=BANS):
    for ban in bans:
        if not ban.applies(source.path):
            continue
        text = source.text if ban.raw else source.code
        for match in re.finditer(ban.pattern, text, re.M):
            yield source.path, source.line_of(match.start()), f"{match.group().strip()}: {ban.why}"


def main():
    return sources.report([finding for source in sources.read(("",)) for finding in check(source)], "bans")


if __name__ == "__main__":
    sys.exit(main())
