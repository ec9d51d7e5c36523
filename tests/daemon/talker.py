#!/usr/bin/env python3
"""A handler that says what its payload tells it to, as a process or as a warm worker, and remembers every answer in the task log.

The payload is a list of moves:
    {"ask": {...}}     sends the message with an id and waits for the answer; ends the attempt when it is told to suspend
    {"say": {...}}     sends the message
    {"expect": {...}}  compares the answer of the last ask with this; another answer rejects the task and says so
    {"gate": PATH}     waits until the file is there, with beats
    {"kill": N}        sends itself the signal N, at its first claim only
    {"leave": true}    leaves a child behind
Without a terminal message of its own it succeeds with the list of all answers.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import time


class Channel:
    def __init__(self):
        self.socket = socket.socket(fileno=int(os.environ.get("REEVE_FD", "3")))
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.asked = 0
        self.about = {}

    def say(self, message):
        self.socket.sendall((json.dumps({**self.about, **message}) + "\n").encode())

    def ask(self, message):
        self.asked += 1
        self.say({**message, "id": self.asked})
        while True:
            answer = json.loads(self.lines.readline())
            if answer.get("re") == self.asked:
                answer.pop("re")
                return answer


class Suspended(Exception):
    """The attempt is to end now."""


TERMINAL = ("result", "error", "reject", "snooze", "suspend")


def perform(channel, moves, epoch):
    answers, ended = [], False
    for move in moves:
        if "ask" in move:
            answers.append(channel.ask(move["ask"]))
            ended |= move["ask"].get("type") in TERMINAL
            if answers[-1].get("suspend"):
                raise Suspended
        elif "say" in move:
            channel.say(move["say"])
            ended |= move["say"].get("type") in TERMINAL
        elif "expect" in move and answers[-1] != move["expect"]:
            channel.say({"type": "reject", "code": "unexpected", "message": f"{answers[-1]} in place of {move['expect']}"})
            return
        elif "gate" in move:
            while not os.path.exists(move["gate"]):
                channel.say({"type": "beat"})
                time.sleep(0.01)
        elif "kill" in move and epoch == 1:
            os.kill(os.getpid(), move["kill"])
            signal.pause()
        elif "leave" in move:
            subprocess.Popen(["/bin/sleep", "600"], stdin=subprocess.DEVNULL)
    if not ended:
        channel.say({"type": "result", "value": answers})


def one_task(channel, moves, epoch):
    try:
        perform(channel, moves, epoch)
    except Suspended:
        channel.say({"type": "suspend"})


def worker(channel):
    channel.say({"type": "ready"})
    for line in channel.lines:
        order = json.loads(line)
        if order["type"] == "shutdown":
            return
        if order["type"] != "task":
            continue
        channel.about = {"task": order["task"], "epoch": order["epoch"]}
        print(f"task {order['task']} at {os.getpid()}", flush=True)
        one_task(channel, order["payload"], order["epoch"])


def main():
    channel = Channel()
    if os.environ.get("REEVE_WORKER"):
        worker(channel)
    else:
        one_task(channel, json.load(sys.stdin), int(os.environ["REEVE_EPOCH"]))


if __name__ == "__main__":
    main()
