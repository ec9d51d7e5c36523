#!/usr/bin/env python3
"""docs/protocol.md, played: what its blocks say is said to a real daemon, and the answers are the ones they show."""
import json
import os
import re
import unittest

from case import DaemonCase

HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENT = os.path.join(HERE, "../../docs/protocol.md")
TALKER = os.path.join(HERE, "talker.py")


def blocks():
    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read()
    return [block.strip().split("\n") for block in re.findall(r"^```\n(> .*?)^```$", text, re.M | re.S)]


def moves_of(lines):
    """Messages with an id are asked, their answers expected; ids are the talker's own."""
    moves = []
    for line in lines:
        direction, message = line[0], json.loads(line[2:])
        if direction == "<":
            message.pop("re")
            moves.append({"expect": message})
        elif "id" in message:
            message.pop("id")
            moves.append({"ask": message})
        else:
            moves.append({"say": message})
    return moves


class Document(DaemonCase):
    def test_every_block_happens_as_it_is_written(self):
        found = blocks()
        self.assertGreater(len(found), 4)
        for lines in found:
            with self.subTest(lines[0]):
                lab = self.quiet_lab()
                lab.handlers = {"talk": {"command": ["/usr/bin/python3", "-B", TALKER], "timeout": "1m", "retry": {"attempts": 1},
                                         "env": {"LAB_ID": lab.id, "PATH": "/usr/bin:/bin"}},
                                "demo.noop": {"executor": "inline", "builtin": "noop"}}
                lab.up()
                task = lab.enq(moves_of(lines), "talk")
                suspends = any('"suspend":true' in line for line in lines)
                if suspends:
                    lab.wait(task, "waiting")
                else:
                    self.assert_state(lab, task, "succeeded")
                lab.end()


if __name__ == "__main__":
    unittest.main()
