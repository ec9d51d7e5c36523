"""Leases at their edge: an end that meets the expiry (F093), a claim that comes back too late (F095), very many that expire at once (F097)."""

import contextlib
import random
import signal
import subprocess
import threading
import time
import unittest

import processes
import wire
from case import DaemonCase
from faults_resources_test import can_trace
from pulse import Pulse
from waiting import wait_until

AT_ONCE = {"backoff": "fixed", "base": "1ms", "max": "1ms", "jitter": "none"}


class LateWorker(threading.Thread):
    """A worker elsewhere that says its result at the very moment at which its lease ends. After each that came in time it waits a little longer,
    after each that did not a little less, so that it stays at the edge wherever that is."""

    def __init__(self, lab, left, seed):
        super().__init__(daemon=True)
        self.lab, self.left, self.chance = lab, left, random.Random(seed)
        self.answers, self.fault = {}, None     # {(task, epoch): status}

    def run(self):
        try:
            with wire.Connection(self.lab.socket, 30) as connection:
                edge = 0.0
                while self.left():
                    edge = self.batch(connection, edge)
        except Exception as fault:  # told by the test: a thread's own report gets lost
            self.fault = fault

    def batch(self, connection, edge):
        held = []
        for _ in range(12):
            claim = connection.request("POST", "/v1/claims", {"kinds": ["far"], "wait": "200ms"}).json["claim"]
            if not claim:
                break
            held.append((time.monotonic() + claim["lease_ms"] / 1000 + self.chance.uniform(-0.005, 0.005), claim))
        for moment, claim in held:
            time.sleep(max(0.0, moment + edge - time.monotonic()))
            key = (claim["task"], claim["epoch"])
            answer = connection.request("POST", "/v1/attempt", {"type": "result", "value": claim["epoch"]}, {"Authorization": "Bearer " + claim["token"]})
            self.answers[key] = answer.status
            edge += 0.002 if answer.status == 200 else -0.002
        return edge


class Edge(DaemonCase):
    def test_f093_an_end_that_meets_the_expiry_counts_or_is_refused_and_never_both(self):
        lab = self.lab(supervisor={"concurrency": 200}, handlers={
            "far": {"executor": "remote", "lease": "1s", "retry": {"attempts": 1, "crashes": 1000, **AT_ONCE}}})
        tasks = lab.bulk([f"note {number}" for number in range(400)], "far")
        workers = [LateWorker(lab, lambda: self.open_tasks(lab), seed) for seed in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(120)
        self.assertEqual([worker.fault for worker in workers], [None] * len(workers))
        answers = {key: status for worker in workers for key, status in worker.answers.items()}
        for task in tasks:
            found = self.assert_state(lab, task, "succeeded")
            told = {epoch: status for (of, epoch), status in answers.items() if of == task}
            recorded = {attempt["epoch"]: attempt["outcome"] for attempt in lab.attempts(task)}
            self.assertEqual(recorded, {epoch: "succeeded" if status == 200 else "lost" for epoch, status in told.items()}, told)
            self.assertEqual(found["result"], max(told))
        statuses = sorted(set(answers.values()))
        self.assertEqual(statuses, [200, 401], "some came in time and some too late: else the edge was not met")
        self.assertGreater(sum(status == 401 for status in answers.values()), 40)

    def open_tasks(self, lab):
        counts = lab.ok("GET", "/v1/status")["counts"]["status"]
        return sum(count for name, count in counts.items() if name not in ("succeeded", "failed", "cancelled"))


class LateClaim(DaemonCase):
    @unittest.skipUnless(can_trace(), "strace cannot trace here")
    def test_f095_what_was_claimed_longer_ago_than_its_lease_is_not_started(self):
        lab = self.lab(supervisor={"lease": "2s"})
        self.assert_state(lab, lab.enq("exit 0"), "succeeded")
        tasks = lab.bulk([f"note {number}; exit 0" for number in range(4)], delay="2s")
        with self.slow_flush(lab, 4):
            wait_until(lambda: all(lab.task(task)["status"] != "queued" or lab.task(task)["epoch"] > 1 for task in tasks), 30, "they were claimed")
            for task in tasks:
                self.assert_state(lab, task, "succeeded")
        self.assertEqual([[body.epoch for body in lab.begun(task)] for task in tasks], [[2]] * len(tasks), "no body of the late claim began")
        for task in tasks:
            found = lab.task(task)
            self.assertEqual((found["attempt"], len(lab.attempts(task))), (1, 2), found)

    @contextlib.contextmanager
    def slow_flush(self, lab, seconds):
        """The next flush of the store takes so long."""
        tracer = subprocess.Popen(["strace", "-qq", "-f", "-o", lab.path("strace"), "-p", str(lab.pid), "-e", "trace=fdatasync,fsync",
                                   "-e", f"inject=fdatasync,fsync:delay_enter={seconds * 1_000_000}:when=1"], stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: processes.status_figure(lab.pid, "TracerPid") == tracer.pid, 20, "the tracer is attached")
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(20)
        with open(lab.path("strace"), encoding="utf-8") as file:
            self.assertIn("DELAYED", file.read(), "no flush was slow: the test has lost its grip")


class Many(DaemonCase):
    def test_f097_very_many_leases_that_end_at_once_are_taken_back_while_others_go_on(self):
        lab = self.lab(supervisor={"concurrency": 10_000, "lease": "6s"},
                       store={"busy_timeout": "200ms", "busy_retries": 1, "busy_retry_delay": "50ms"},
                       handlers={"sleep": {"executor": "inline", "builtin": "sleep", "queue": "beds", "retry": {"crashes": 10, **AT_ONCE}}})
        self.count = lab.ok("GET", "/v1/status")["global"]["limit"] - 50     # fewer than asked for: descriptors are limited
        if self.count < 600:
            self.skipTest(f"{self.count} leases are taken back at once; the limit of open files allows no more")
        lab.bulk([{"ms": 3_600_000, "n": number} for number in range(self.count)], "sleep")
        wait_until(lambda: self.running(lab) == self.count, 60, "all of them sleep")
        with Pulse(lab) as pulse:
            with lab.holding_the_write_lock():
                wait_until(lambda: self.leases_end(lab) < time.time() * 1000, 60, "no lease could be renewed")
            longest = self.others_go_on(lab, lambda: self.lost(lab) == self.count)
        self.assertLess(longest, 5, "1 s, and room for a busy machine")
        self.assertLess(pulse.longest, 3, "1 s, and room for a busy machine")
        wait_until(lambda: self.running(lab) == self.count, 60, "all of them sleep again")
        lab.restart()
        self.assertLess(lab.recoveries[-1], 15, "2 s, and room for a busy machine")
        self.others_go_on(lab, lambda: self.lost(lab) == 2 * self.count)
        cancelled = lab.cli("cancel", "--kind", "sleep", "--yes")
        self.assertEqual(cancelled.returncode, 0, cancelled.stderr)
        lab.idle()

    def figure(self, lab, query):
        with lab.reading() as store:
            return store.execute(query).fetchone()[0] or 0

    def running(self, lab):
        return self.figure(lab, "SELECT count(*) FROM reeve_tasks WHERE kind = 'sleep' AND status = 'running'")

    def leases_end(self, lab):
        return self.figure(lab, "SELECT max(lease_expires_at) FROM reeve_task WHERE kind = 'sleep'")

    def lost(self, lab):
        return self.figure(lab, "SELECT sum(crashes) FROM reeve_task WHERE kind = 'sleep'")

    def others_go_on(self, lab, over):
        """Until it is over one small task after the other is given in; returns the longest time that one took."""
        longest, done = 0.0, False
        while not done:
            done = over()
            begun = time.monotonic()
            self.assert_state(lab, lab.enq(kind="noop"), "succeeded")
            longest = max(longest, time.monotonic() - begun)
        return longest


if __name__ == "__main__":
    unittest.main()
