#!/usr/bin/env python3
"""The handler that misbehaves on request, as a warm worker: the same scripts as chaos.cpp, as far as they make sense for it, in threads.

It writes to witness.log when a body begins and ends, and whom it met: a body of the same task that did not end and whose process lives.
Words of its own: `first N word ...` does that word at the first N claims only, `wait MS` sleeps without a process, `pid` gives the process as the
result, `line SIZE` sends a line without end, `end CODE` ends the process without a word about the task. The last of `result`, `error`, `reject` and
`snooze` is said when the script is over.
"""
import json
import os
import queue
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

WITNESS = os.environ.get("LAB_WITNESS", os.devnull)
LINGER = "trap '' TERM HUP; sleep 600 "


class Cancelled(Exception):
    """The task is to end."""


def witness(word, order, other=""):
    line = f"{word} {order['task']} {order['attempt']} {order['epoch']} {os.getpid()} {time.monotonic_ns()} {order['kind']} {other}".rstrip() + "\n"
    file = os.open(WITNESS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    os.write(file, line.encode())
    os.close(file)


def lives(pid):
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return f"LAB_ID={os.environ.get('LAB_ID')}".encode() in file.read().split(b"\0")
    except OSError:
        return False


def look_for_others(order):
    """A body of an earlier claim that neither ended nor died."""
    unfinished = {}
    with open(WITNESS, encoding="ascii") as file:
        for word, task, _, epoch, pid in (line.split()[:5] for line in file):
            if int(task) == order["task"] and int(epoch) < order["epoch"]:
                if word == "BEGIN":
                    unfinished[epoch] = int(pid)
                elif word == "END":
                    unfinished.pop(epoch, None)
    for pid in unfinished.values():
        if lives(pid):
            witness("MEET", order, pid)


class Suspended(Exception):
    """The task waits and needs no process meanwhile."""


class Body(threading.Thread):
    def __init__(self, worker, order):
        super().__init__(daemon=True)
        self.worker, self.order = worker, order
        self.cancelled, self.deaf = threading.Event(), False
        self.last = {"type": "result"}
        self.answers = queue.Queue()

    def run(self):
        witness("BEGIN", self.order)
        look_for_others(self.order)
        try:
            for command in self.order["payload"].split(";"):
                name, *words = command.split() or ["note"]
                getattr(self, "do_" + name)(*words)
        except Cancelled:
            self.last = {"type": "error", "code": "cancelled", "message": "as asked"}
        except Suspended:
            self.last = {"type": "suspend"}
        except Exception as fault:  # a word that is not there, or too few of them
            self.last = {"type": "reject", "code": "script", "message": repr(fault)}
        witness("END", self.order)
        self.worker.over(self)
        if self.last:
            self.say(self.last)

    def say(self, message):
        self.worker.say({"task": self.order["task"], "epoch": self.order["epoch"], **message})

    def pause(self, seconds):
        if self.deaf:
            time.sleep(seconds)
        elif self.cancelled.wait(seconds):
            raise Cancelled

    # ------------------------------------------------------------------------------------------------------------ time and ends

    def do_note(self, *_):
        pass

    def do_sleep(self, ms):
        self.pause(int(ms) / 1000)

    def do_wait(self, ms):
        self.say({"type": "sleep", "for_ms": int(ms), "name": "wait", "id": [self.order["task"], self.order["epoch"]]})
        if self.answers.get().get("suspend"):
            raise Suspended

    def do_gate(self, path):
        while not os.path.exists(path):
            self.pause(0.005)

    def do_ignore(self, *_):
        self.deaf = True

    def do_await_cancel(self):
        self.cancelled.wait()

    def do_sig(self, number):
        os.kill(os.getpid(), int(number))
        self.cancelled.wait()

    def do_first(self, claims, name, *words):
        if self.order["epoch"] <= int(claims):
            getattr(self, "do_" + name)(*words)

    def do_stop(self):
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)  # to this thread: it does not get any further

    def do_end(self, code="0"):
        os._exit(int(code))

    # --------------------------------------------------------------------------------------------------------------------- words

    def do_result(self, size):
        self.last = {"type": "result", "value": "r" * int(size)}

    def do_pid(self):
        self.last = {"type": "result", "value": os.getpid()}

    def do_error(self, code):
        self.last = {"type": "error", "code": code, "message": "as asked"}

    def do_reject(self, code):
        self.last = {"type": "reject", "code": code, "message": "as asked"}

    def do_snooze(self, ms):
        self.last = {"type": "snooze", "for_ms": int(ms)}

    def do_progress(self, percent, label=""):
        self.say({"type": "progress", "percent": float(percent), "label": label})

    def do_send(self, text):
        self.worker.send(bytes.fromhex(text))

    def do_line(self, size):
        self.worker.send(b"x" * int(size))

    def do_repeat(self, count, name, *words):
        for _ in range(int(count)):
            getattr(self, "do_" + name)(*words)

    def do_beat(self):
        self.say({"type": "beat"})

    def do_out(self, size):
        os.write(1, (b"x" * 99 + b"\n") * (int(size) // 100))

    # ------------------------------------------------------------------------------------------------------ processes and memory

    def do_fork(self, count="1"):
        for _ in range(int(count)):
            subprocess.Popen(["/bin/sh", "-c", LINGER])

    def do_setsid(self):
        subprocess.Popen(["/bin/sh", "-c", LINGER], start_new_session=True)

    def do_dfork(self):
        subprocess.run(["/bin/sh", "-c", LINGER + "&"], start_new_session=True, check=True)

    def do_daemon(self):
        subprocess.run(["/bin/sh", "-c", LINGER + "</dev/null >/dev/null 2>&1 &"], start_new_session=True, check=True)

    def do_mem(self, mebibytes):
        self.held = b"x" * (int(mebibytes) << 20)

    def do_forkbomb(self):
        while True:
            try:
                if os.fork() == 0:
                    self.do_forkbomb()
            except OSError:
                time.sleep(0.005)


class Worker:
    def __init__(self):
        self.socket = socket.socket(fileno=int(os.environ.get("REEVE_FD", "3")))
        self.speaking = threading.Lock()
        self.bodies = {}

    def send(self, data):
        with self.speaking:
            self.socket.sendall(data)

    def say(self, message):
        self.send((json.dumps(message) + "\n").encode())

    def over(self, body):
        self.bodies.pop((body.order["task"], body.order["epoch"]), None)

    def serve(self):
        self.say({"type": "ready"})
        for line in self.socket.makefile("r", encoding="utf-8"):
            order = json.loads(line)
            if order.get("type") == "task":
                body = self.bodies[order["task"], order["epoch"]] = Body(self, order)
                body.start()
            elif isinstance(order.get("re"), list) and tuple(order["re"]) in self.bodies:
                self.bodies[tuple(order["re"])].answers.put(order)
            elif order.get("type") == "cancel" and (order["task"], order["epoch"]) in self.bodies:
                self.bodies[order["task"], order["epoch"]].cancelled.set()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stderr.write("warm\n")
    Worker().serve()
