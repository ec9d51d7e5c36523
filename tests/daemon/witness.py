"""What handlers said about themselves: the lines of witness.log (written by chaos.cpp)."""

import collections

Line = collections.namedtuple("Line", "word task attempt epoch pid ns kind other")
Body = collections.namedtuple("Body", "task epoch kind pid begin end")  # end is None for a body that did not live to say it


def read(path):
    try:
        with open(path, encoding="ascii") as file:
            text = file.read()
    except FileNotFoundError:
        return []
    lines = []
    for raw in text.splitlines():
        fields = raw.split(" ")
        word, task, attempt, epoch, pid, ns, kind = fields[:7]
        lines.append(Line(word, int(task), int(attempt), int(epoch), int(pid), int(ns), kind, fields[7] if len(fields) > 7 else ""))
    return lines


def bodies(lines):
    """One Body for each BEGIN, in order."""
    ends = {(line.task, line.epoch): line.ns for line in lines if line.word == "END"}
    return [Body(line.task, line.epoch, line.kind, line.pid, line.ns, ends.get((line.task, line.epoch)))
            for line in lines if line.word == "BEGIN"]
