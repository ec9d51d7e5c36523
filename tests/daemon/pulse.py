"""Feels the daemon's pulse: asks /healthz ten times a second and remembers the longest answer."""

import threading
import time

import wire


class Pulse(threading.Thread):
    def __init__(self, lab):
        super().__init__(daemon=True)
        self.lab, self.stopped = lab, threading.Event()
        self.longest, self.asked, self.reasons = 0.0, 0, set()

    def run(self):
        while not self.stopped.wait(0.1):
            begun = time.monotonic()
            try:
                answer = self.lab.http("GET", "/healthz", timeout=30)
            except wire.Unreachable as gone:
                self.reasons.add(f"no answer: {gone}")
                continue
            self.asked += 1
            self.longest = max(self.longest, time.monotonic() - begun)
            if answer.status != 200:
                self.reasons.add(answer.json.get("reason", ""))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.join(40)
