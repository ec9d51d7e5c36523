#!/usr/bin/env python3
"""Checks who includes whom: the directions of docs/decisions/002 and the homes of the libraries."""
import fnmatch
import os
import sys

import sources

FOLDERS = ("store", "schedules", "executors", "handlers", "supervisor", "config", "api", "cli")

# What a folder may include of ours. The first pattern that fits a file decides; folders that are not named (tests, bench) may all.
OURS = (
    ("store/*", ("store/*",)),
    ("schedules/*", ("schedules/*", "store/time.hpp")),
    ("executors/*", ("executors/*",)),
    ("handlers/*", ("handlers/*", "schedules/*", "store/*", "executors/*")),
    ("supervisor/*", ("supervisor/*", "handlers/*", "schedules/*", "store/*", "executors/*")),
    ("api/*", ("api/*", "supervisor/*", "handlers/*", "schedules/*", "store/*", "executors/*")),
    ("config/*", ("config/*", "api/options.hpp", "supervisor/options.hpp", "supervisor/log_options.hpp", "store/*", "handlers/*", "schedules/*",
                  "executors/capabilities.hpp", "executors/execution.hpp", "executors/executor.hpp", "executors/utf8.hpp")),
    ("cli/compose/*", tuple(folder + "/*" for folder in FOLDERS)),
    ("cli/*", ("cli/*", "api/*", "store/time.hpp", "supervisor/clock.hpp",      # time in words, and what time it is
               "executors/utf8.hpp", "handlers/nearest.hpp",                     # words from outside, and what was meant
               "executors/scoreboard/*")),                                       # what runs, seen without the daemon
    ("examples/*", ("examples/*",)),
)

# Where a library may be included, by the beginning of the header's name.
LIBRARIES = (
    ("boost/asio/ssl", ("executors/inline/http*",)),
    ("boost/asio", ("executors/*", "supervisor/*", "api/*", "cli/compose/*")),
    ("boost/beast", ("api/*", "executors/inline/http*")),
    ("openssl/", ("executors/inline/http*", "cli/compose/digest*")),
    ("boost/process", ("executors/*",)),
    ("date/", ("schedules/zone.cpp",)),
    ("sqlite3.h", ("store/sqlite/*",)),
    ("libpq", ("store/postgres/*",)),
    ("yaml-cpp/", ("config/*",)),
    ("CLI/", ("cli/*",)),
    ("valijson/", ("handlers/schema/*",)),
    ("boost/regex", ("handlers/schema/*",)),
    ("spdlog/", ("supervisor/log*",)),
    ("systemd/", ("supervisor/*", "cli/compose/*")),
    ("catch2/", ()),
)
ANYWHERE = ("tests/*", "bench/*", "boost_src.cpp")   # these may include every library


def fits(path, patterns):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def wrong_folder(path, name):
    allowed = next((allowed for pattern, allowed in OURS if fits(path, (pattern,))), None)
    if allowed is None or name.split("/")[0] not in FOLDERS or fits(name, allowed):
        return None
    return f'"{name}" is not for {os.path.dirname(path)}/, which may include {", ".join(allowed)}'


def wrong_library(path, name):
    if fits(path, ANYWHERE):
        return None
    home = next((home for prefix, home in LIBRARIES if name.startswith(prefix)), None)
    if home is None or fits(path, home):
        return None
    return f"<{name}> belongs to {', '.join(home) or 'tests alone'}"


def wrong_path(path, name, exists):
    """Ours are named from the top folder, so that a line says where a thing lives; in tests from there or from beside, too."""
    in_tests = path.startswith("tests/") and (exists("tests/" + name) or exists(os.path.join(os.path.dirname(path), name)))
    if name.startswith(".") or not (exists(name) or in_tests):
        return f'"{name}" is not a file of ours; name it from the top folder, libraries take <>'
    return None


def check(source, exists):
    for line, name, quoted in source.includes():
        message = wrong_path(source.path, name, exists) if quoted else None
        message = message or wrong_folder(source.path, name) or wrong_library(source.path, name)
        if message:
            yield source.path, line, message


def main():
    ours = set(sources.paths())
    return sources.report([finding for source in sources.read((".cpp", ".hpp", ".h")) for finding in check(source, ours.__contains__)],
                          "directions")


if __name__ == "__main__":
    sys.exit(main())
