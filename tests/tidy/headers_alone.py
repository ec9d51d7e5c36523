#!/usr/bin/env python3
"""Compiles each header of the product alone, and twice over.

Most of the time would go to the same headers of Boost and the standard library, read again for each of ours. So some are precompiled, and a header of
ours gets those that it, or a header of ours that it includes, names itself. It proves no less: headers of ours are proven one by one, so what one of
them includes is whole, and whether a library's header is read a few lines earlier makes no difference to what follows the includes.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import sources
from directions import FOLDERS

FLAGS = ["-std=c++20", "-x", "c++", "-Wall", "-Wextra", "-Wpedantic", "-Wnon-virtual-dtor", "-Wno-pragma-once-outside-header", "-Werror",
         "-DBOOST_ASIO_SEPARATE_COMPILATION", "-DBOOST_ASIO_NO_DEPRECATED", "-DBOOST_BEAST_SEPARATE_COMPILATION",
         "-DBOOST_PROCESS_V2_SEPARATE_COMPILATION"]

# What may be precompiled together, the most telling first. A header of ours gets the first set that it asks for entirely.
PREFIXES = (
    ("boost/asio/awaitable.hpp", "chrono", "functional", "memory", "optional", "string", "vector"),
    ("boost/asio/awaitable.hpp",),
    ("chrono", "optional", "string", "vector"),
    ("optional", "string", "vector"),
    ("string",),
)


def closures(headers):
    """{path: the library headers that it, or a header of ours that it includes, names}; `headers` is {path: [(name, ours)]}."""
    known = {}

    def closure(path):
        if path not in known:
            known[path] = set()                     # headers that include each other end here
            for name, ours in headers.get(path, ()):
                known[path] |= closure(name) if ours else {name}
        return known[path]

    for path in headers:
        closure(path)
    return known


def prefix_for(closure, prefixes=PREFIXES):
    return next((prefix for prefix in prefixes if closure.issuperset(prefix)), None)


class Compiler:
    def __init__(self, program, arguments, folder):
        self.command = [program, *FLAGS, *arguments, "-I", sources.ROOT]
        self.folder = folder
        self.precompiled = {}

    def run(self, arguments, text):
        done = subprocess.run([*self.command, *arguments, "-"], input=text, text=True, cwd=sources.ROOT, stderr=subprocess.PIPE, check=False)
        return done.stderr.strip() or f"exit status {done.returncode}" if done.returncode else ""

    def precompile(self, prefix):
        path = os.path.join(self.folder, f"{PREFIXES.index(prefix)}.pch")
        error = self.run(["-x", "c++-header", "-o", path], "".join(f"#include <{name}>\n" for name in prefix))
        if error:
            raise SystemExit(f"headers_alone: {', '.join(prefix)} cannot be precompiled: {error}")
        self.precompiled[prefix] = path

    def problem(self, header, prefix):
        """What the compiler says of the header; "" when it compiles."""
        before = ["-include-pch", self.precompiled[prefix]] if prefix else []
        return self.run([*before, "-fsyntax-only"], f'#include "{header}"\n#include "{header}"\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiler", default="clang++")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("arguments", nargs="*", help="more for the compiler, after --")
    given = parser.parse_args()
    if not shutil.which(given.compiler):
        print(f"headers_alone: there is no {given.compiler}; install it or name another with --compiler")
        return 77
    found = {source.path: [(name, quoted) for _, name, quoted in source.includes()] for source in sources.read((".hpp",))}
    libraries = closures(found)
    ours = [path for path in found if path.split("/")[0] in FOLDERS]
    prefixes = {path: prefix_for(libraries[path]) for path in ours}
    with tempfile.TemporaryDirectory(prefix="reeve-headers-") as folder, ThreadPoolExecutor(given.jobs) as pool:
        compiler = Compiler(given.compiler, given.arguments, folder)
        list(pool.map(compiler.precompile, {prefix for prefix in prefixes.values() if prefix}))
        problems = list(pool.map(lambda path: compiler.problem(path, prefixes[path]), ours))
    broken = [(path, problem) for path, problem in zip(ours, problems) if problem]
    for path, problem in broken:
        print(f"{path}: does not compile alone:\n{problem}")
    print(f"headers_alone: {len(ours)} compiled, {len(broken)} broken")
    return 1 if broken or not ours else 0


if __name__ == "__main__":
    sys.exit(main())
