#!/usr/bin/env python3
"""A handler that talks nonsense on descriptor 3, as a process or as a warm worker. What it says depends on its payload, a seed, and its claim.

Most of it is nearly right: messages of docs/protocol.md (the first argument) with something changed.
"""
import json
import os
import random
import re
import select
import signal
import socket
import sys
import threading

LONG = "y" * 70_000
VALUES = (None, True, False, 0, -1, 1, 3.5, 1e308, -1e-308, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -2**63, 10**40, "", " ", "0", "beat", "result", "x" * 257, LONG,
          "\x00", "\ud800", "\u202e", [], {}, [1, [2, [3]]], {"type": "result"}, {"a": {"b": {}}}, "2026-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "-1d")
RAW = (b"1e999", b"-0", b"01", b"NaN", b"Infinity", b"1" * 400, b"[" * 40 + b"]" * 40, b'{"a":' * 300 + b"1" + b"}" * 300, b"[" * 50_000,
       b'"\\ud800"', b'"\xff\xfe"', b"'x'", b"/**/1", b"tru", b'"unfinished')
MEMBERS = ("type", "id", "task", "epoch", "name", "value", "percent", "current", "total", "label", "meta", "level", "message", "code", "detail", "retry", "retry_at",
           "for_ms", "until", "input", "output", "error", "signal", "timeout_ms", "tasks", "mode", "at", "after_ms", "cancel", "enqueue", "staged", "of", "re")
TYPES = ("ready", "beat", "progress", "log", "result", "error", "reject", "snooze", "suspend", "step.begin", "step.end", "sleep", "signal.take", "signal.wait",
         "wait_tasks", "timer", "enqueue", "get", "emit", "query", "should_deliver", "task", "cancel", "shutdown")


def messages_of(document):
    with open(document, encoding="utf-8") as file:
        return [json.loads(line[2:]) for line in re.findall(r"^> \{.*\}$", file.read(), re.M)]


class Nonsense:
    """Lines, and what are none, drawn from one chance."""

    def __init__(self, chance, valid, about):
        self.chance, self.valid, self.about = chance, valid, about

    def talk(self):
        for _ in range(self.chance.choice((1, 2, 3, 5, 8, 13, 40))):
            yield self.chance.choices((self.changed, self.respelt, self.bytes, self.flood, self.right, self.endless), (50, 20, 8, 4, 17, 1))[0]()

    def message(self):
        message = dict(self.chance.choice(self.valid))
        if self.chance.random() < 0.2:
            message["type"] = self.chance.choice(TYPES)
        return {**self.about, **message}

    def right(self):
        return self.line(self.message())

    def line(self, message):
        return json.dumps(message).encode() + b"\n"

    def changed(self):
        """Members changed, added, removed."""
        message = self.message()
        for _ in range(self.chance.randint(1, 3)):
            member = self.chance.choice((*message, *MEMBERS))
            if self.chance.random() < 0.2:
                message.pop(member, None)
            else:
                message[member] = self.chance.choice(VALUES)
        return self.line(message)

    def respelt(self):
        """The same in other bytes: members twice, numbers nobody can hold, ends missing, bytes turned over."""
        text = self.line(self.message())
        how = self.chance.randrange(5)
        if how == 0:
            return b"{" + self.member() + b"," + text[1:]
        if how == 1:
            return text.rstrip(b"}\n") + b"," + self.member() + b"," + self.member() + b"}\n"
        if how == 2:
            return text[:self.chance.randrange(len(text))] + self.chance.choice((b"", b"\n", b"\r\n", b"\0\n"))
        if how == 3:
            at = self.chance.randrange(len(text))
            return text[:at] + bytes([text[at] ^ (1 << self.chance.randrange(8))]) + text[at + 1:]
        return self.chance.choice((b" ", b"\t", b"\n", b"\r", b"\xef\xbb\xbf", b"[", b"{")) + text

    def member(self):
        value = self.chance.choice(RAW) if self.chance.random() < 0.5 else json.dumps(self.chance.choice(VALUES)).encode()
        return json.dumps(self.chance.choice(MEMBERS)).encode() + b":" + value

    def bytes(self):
        return self.chance.randbytes(self.chance.choice((1, 10, 1000))) + self.chance.choice((b"", b"\n"))

    def flood(self):
        return self.chance.choice((self.right, self.changed, self.respelt))() * self.chance.choice((20, 99, 101, 2000))

    def endless(self):
        return b"z" * 2_000_000


class Speaker:
    def __init__(self):
        self.socket = socket.socket(fileno=int(os.environ.get("REEVE_FD", "3")))
        self.valid = messages_of(sys.argv[1])
        self.speaking = threading.Lock()

    def converse(self, chance, about, listens):
        for data in Nonsense(chance, self.valid, about).talk():
            with self.speaking:
                self.socket.sendall(data)
            if listens and chance.random() < 0.5 and select.select([self.socket], [], [], 0.02)[0]:
                self.socket.recv(65536)

    def process(self):
        chance = random.Random(f"{json.load(sys.stdin)}-{os.environ['REEVE_EPOCH']}")
        self.converse(chance, {}, listens=True)
        self.end(chance, chance.choices((0, 1, 64, 75, -signal.SIGKILL, None), (60, 10, 5, 5, 15, 5))[0])

    def end(self, chance, how):
        if how is None:
            signal.pause()
        elif how < 0:
            os.kill(os.getpid(), -how)
        else:
            os._exit(how)

    def worker(self):
        self.socket.sendall(b'{"type":"ready"}\n')
        for line in self.socket.makefile("rb"):
            order = json.loads(line)
            if order.get("type") == "task":
                threading.Thread(target=self.one_task, args=(order,), daemon=True).start()

    def one_task(self, order):
        chance = random.Random(f"{order['payload']}-{order['epoch']}")
        about = {"task": order["task"], "epoch": order["epoch"]}
        self.converse(chance, about, listens=False)
        how = chance.choices(("result", "error", "die", "exit", "silence"), (70, 10, 8, 7, 5))[0]
        if how in ("result", "error"):
            with self.speaking:
                self.socket.sendall(b"\n" + json.dumps({"type": how, **about}).encode() + b"\n")
        elif how != "silence":
            self.end(chance, -signal.SIGKILL if how == "die" else 3)


if __name__ == "__main__":
    try:
        Speaker().worker() if os.environ.get("REEVE_WORKER") else Speaker().process()
    except OSError:
        pass    # the daemon has heard enough
