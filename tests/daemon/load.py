"""Clients that enqueue while the daemon dies: what they were told is what the oracle holds the store to."""

import random
import threading
import uuid

import wire

# What the bodies do. `{n}` makes each payload unlike any other.
SCRIPTS = (
    "note {n}; sleep {ms}; result 20",
    "note {n}; progress 50 half; sleep {ms}",
    "note {n}; out 300; sleep {ms}",
    "note {n}; setsid; sleep {ms}",
    "note {n}; dfork; sleep {ms}",
    "note {n}; daemon; sleep {ms}",
    "note {n}; ignore TERM; fork 2; sleep {ms}",
)


class Client(threading.Thread):
    """Enqueues one task after the other, each under an idempotency key, while there are permits.

    A stubborn client repeats a request whose answer did not come until it gets one, so each of its payloads is stored exactly once. Any other
    client gives up: stored once or not at all. Every fifth request of a client is a bulk of five, which is stored as a whole or not at all.
    `more`: {kind: scripts} besides those of all kinds.
    """

    def __init__(self, lab, permits, stopped, kinds, stubborn, seed, more=None):
        super().__init__(daemon=True)
        self.lab, self.permits, self.stopped, self.kinds, self.stubborn = lab, permits, stopped, kinds, stubborn
        self.chance, self.more = random.Random(seed), more or {}
        self.acked, self.unknown, self.bulks, self.refused = [], [], [], []

    def run(self):
        try:
            self._work()
        except Exception as fault:  # told by the test: a thread's own report gets lost
            self.refused.append(repr(fault))

    def _work(self):
        count = 0
        while not self.stopped.is_set():
            if not self.permits.acquire(timeout=0.2):
                continue
            count += 1
            kind = self.chance.choice(self.kinds)
            payloads = [self._payload(kind) for _ in range(5 if count % 5 == 0 else 1)]
            if len(payloads) > 1:
                self.bulks.append(payloads)
            self._enqueue(kind, payloads, uuid.uuid4().hex)

    def _payload(self, kind):
        script = self.chance.choice(SCRIPTS + tuple(self.more.get(kind, ())))
        return script.format(n=uuid.uuid4().hex, ms=self.chance.randint(2, 40))

    def _enqueue(self, kind, payloads, key):
        tasks = [{"kind": kind, "payload": payload} for payload in payloads]
        single = len(tasks) == 1
        while True:
            try:
                answer = self.lab.http("POST", "/v1/tasks" if single else "/v1/tasks/bulk", tasks[0] if single else {"tasks": tasks},
                                       {"Idempotency-Key": key}, timeout=30)
            except wire.Unreachable:
                if self.stubborn and not self.stopped.is_set():
                    self.stopped.wait(0.01)
                    continue
                self.unknown += payloads
                return
            if answer.status in (200, 201):
                ids = [answer.json["id"]] if single else [task["id"] for task in answer.json["tasks"]]
                self.acked += list(zip(ids, payloads))
                return
            if answer.status != 503:  # 503: it is just going away or coming back
                self.refused.append(repr(answer))
                return
