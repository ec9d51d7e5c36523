#!/usr/bin/env python3
"""Finds equal names in the unnamed namespaces of two files that may be compiled in one batch: the same folder of the product, or of tests.

A batch changes with every new file, so two names that live apart today meet tomorrow. Functions may share a name when their parameters differ, and
two files may give the same thing the same alias.
"""
import collections
import re
import sys

import sources
from directions import FOLDERS

# Sources below one of these are one target each.
TARGETS = tuple(f"{folder}/" for folder in FOLDERS) + tuple(f"tests/unit/{folder}/" for folder in FOLDERS) + (
    "tests/conformance/store/", "tests/simulation/")

NAMESPACE = re.compile(r"^namespace[ \t]*([\w:]*)[ \t]*\{", re.M)
FUNCTION = re.compile(r"^(?:\[\[\w+\]\] )?[\w:<>,&* ~]*?\b(\w+)(\([^;{]*\))")
VALUE = re.compile(r"^[\w:<>,&* ]*?\b(\w+)(?:\[\w*\])?[ \t]*[=;{]")
TYPE = re.compile(r"^(?:struct|class|enum class|enum)\s+(\w+)")
ALIAS = re.compile(r"^using (\w+) =")


def end_of(code, brace):
    """Where the block that opens at `brace` ends."""
    depth = 0
    for match in re.compile("[{}]").finditer(code, brace):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.start()
    return len(code)


def declaration(line):
    """(name, what tells it from others of that name) of what a line at the left edge declares, or None."""
    if re.match(r"using namespace|using [\w:]+;|namespace|template|TEST_CASE|return\b", line):
        return None
    if match := ALIAS.match(line):
        return match.group(1), line.strip()
    if match := TYPE.match(line):
        return match.group(1), None
    if match := FUNCTION.match(line):
        return match.group(1), re.sub(r"\s*=[^,)]*", "", match.group(2))
    if match := VALUE.match(line):
        return match.group(1), None
    return None


def unnamed(source):
    """(namespace around, name, what tells it apart, line) of each thing in an unnamed namespace."""
    around = ""
    for match in NAMESPACE.finditer(source.code):
        if match.group(1):
            around = match.group(1)
            continue
        place = match.end()
        for text in source.code[place:end_of(source.code, match.end() - 1)].split("\n"):
            if text[:1].isalpha() or text[:1] == "[":
                found = declaration(text)
                if found:
                    yield around, *found, source.line_of(place)
            place += len(text) + 1


def clashes(told):
    """Whether (path, line, what tells apart) of two files cannot live together."""
    tells = [tell for _, _, tell in told]
    if all(tell and tell.startswith("using ") for tell in tells):
        return len(set(tells)) > 1
    return None in tells or len(set(tells)) < len(tells)


def check(all_sources):
    names = collections.defaultdict(dict)
    for source in all_sources:
        target = next((target for target in TARGETS if source.path.startswith(target)), None)
        if target and source.path.endswith(".cpp"):
            for around, name, tell, line in unnamed(source):
                names[target, around, name].setdefault(source.path, (source.path, line, tell))
    for (_, _, name), files in names.items():
        told = sorted(files.values(), key=str)
        if len(told) > 1 and clashes(told):
            for path, line, _ in told:
                others = ", ".join(other for other, _, _ in told if other != path)
                yield path, line, f"{name} is also in the unnamed namespace of {others}; share it, or give each its own name"


if __name__ == "__main__":
    sys.exit(sources.report(list(check(sources.read((".cpp",)))), "batches"))
