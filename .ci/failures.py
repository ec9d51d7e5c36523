#!/usr/bin/env python3
"""Prints what failed in a run of ctest: the names first, then the end of each one's output.

    failures.py LOG REPORT        LOG is what `ctest --output-junit REPORT` printed
"""
import re
import sys
import xml.etree.ElementTree as xml

LINES = 80          # of each failed test
WIDTH = 400         # characters of a line
ALL_LINES = 1200    # of all of them together

COLOUR = re.compile(r"\[NON-XML-CHAR-0x1B\]\[[0-9;]*m")


def failures(log):
    """(name, how) of each test that failed or could not be started: the list at the end of the log. A report alone calls the latter skipped."""
    _, _, listed = log.rpartition("The following tests FAILED:\n")
    for line in listed.splitlines():
        match = re.match(r"\s*\d+ - (.*) \(([^()]+)\)", line)
        if not match:
            return
        yield match.groups()


def outputs(report):
    """{name: lines}"""
    return {case.get("name"): COLOUR.sub("", case.findtext("system-out") or "").splitlines() for case in xml.parse(report).getroot().iter("testcase")}


def told(name, how, output, room):
    """The block of one test, with the end of its output, where the cause stands, in at most `room` lines."""
    kept = output[-min(LINES, room):] if room > 0 else []
    yield f"--- {name} ({how})"
    if len(kept) < len(output):
        yield f"... {len(output) - len(kept)} lines before"
    for line in kept:
        yield line if len(line) <= WIDTH else f"{line[:WIDTH]} ... {len(line) - WIDTH} characters more"
    if not output:
        yield "it printed nothing"


def main():
    with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
        failed = list(failures(file.read()))
    said = outputs(sys.argv[2])
    print(f"{len(failed)} failed:")
    for name, how in failed:
        print(f"  {name} ({how})")
    room = ALL_LINES
    for name, how in failed:
        lines = list(told(name, how, said.get(name, []), room))
        room -= len(lines)
        print("\n".join(lines))


if __name__ == "__main__":
    main()
