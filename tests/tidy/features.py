#!/usr/bin/env python3
"""Checks docs/features.md: every row of its tables points to a file or a test, and each of these exists.

A row is `| feature | where |` with any number of columns. Pointers stand in backticks: a path from the top folder (`store/task.hpp`,
`tests/unit/store/*.cpp`), or a test by its whole name ("a task is claimed by exactly one owner", test_a_task_survives).
"""
import fnmatch
import os
import re
import sys

import sources

LIST = "docs/features.md"


def tests(read):
    """The names of all tests: Catch2's and unittest's."""
    names = set()
    for source in read((".cpp", ".hpp", ".py")):
        if source.path.startswith("tests/"):
            names.update(re.findall(r'TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"', source.text))
            names.update(re.findall(r"^\s*def (test_\w+)\(", source.text, re.M))
    return names


def rows(text):
    """(line number, cells) of each row below the rule of a table."""
    in_table = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            in_table = False
        elif re.fullmatch(r"\|[\s:|-]+\|?\s*", line):
            in_table = True
        elif in_table:
            yield number, [cell.strip() for cell in line.strip().strip("|").split("|")]


def exists(pointer, paths, names):
    if pointer.strip('"') in names:
        return True
    if pointer.endswith("/"):
        return any(path.startswith(pointer) for path in paths)
    return any(fnmatch.fnmatchcase(path, pointer) for path in paths)


def looks_like_pointer(word):
    return word.startswith(("test_", '"')) or ("/" in word and re.fullmatch(r"[\w./*+-]+", word) and not word.startswith("/"))


def check(text, paths, names):
    for number, cells in rows(text):
        pointers = [word for word in re.findall(r"`([^`]+)`", " ".join(cells[1:])) if looks_like_pointer(word)]
        if not pointers:
            yield LIST, number, f'"{cells[0]}" points to no file and no test'
        for pointer in pointers:
            if not exists(pointer, paths, names):
                yield LIST, number, f"`{pointer}` does not exist"


def main():
    path = os.path.join(sources.ROOT, LIST)
    if not os.path.exists(path):
        return sources.report([(LIST, 0, "the list of features is missing")], "features")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    findings = list(check(text, sources.paths(), tests(sources.read)))
    if not list(rows(text)):
        findings.append((LIST, 1, "no row of a table"))
    return sources.report(findings, "features")


if __name__ == "__main__":
    sys.exit(main())
