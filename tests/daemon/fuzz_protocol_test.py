"""Hundreds of handlers talk nonsense at once: the daemon stays up, small and clean, and every task comes to an end or waits."""

import collections
import datetime
import os
import random
import unittest

import processes
from case import DaemonCase
from lab import TERMINAL
from pulse import Pulse
from waiting import wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = os.environ.get("REEVE_SEED") or str(random.SystemRandom().randrange(10**9))
CONVERSATIONS = int(os.environ.get("REEVE_CONVERSATIONS", "150"))
COMMAND = ["/usr/bin/python3", "-I", "-S", "-B", os.path.join(HERE, "fuzz_talker.py"), os.path.join(HERE, "../../docs/protocol.md")]


def rests(task):
    """It is over, waits, or asked to be tried again some day."""
    some_day = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=5)
    asleep = task["status"] == "queued" and datetime.datetime.fromisoformat(task["run_at"].replace("Z", "+00:00")) > some_day
    return task["status"] in (*TERMINAL, "waiting") or asleep


class Fuzz(DaemonCase):
    def nonsense_lab(self):
        lab = self.quiet_lab(supervisor={"concurrency": 12})
        common = {"command": COMMAND, "timeout": "2s", "stop_grace": "200ms",
                  "retry": {"attempts": 2, "crashes": 2, "backoff": "fixed", "base": "1ms", "max": "1ms", "jitter": "none"}}
        pool = {**common, "executor": "worker"}
        lab.handlers = {"talk": lab.handler(**common), "noop": {"executor": "inline", "builtin": "noop"}, "demo.noop": {"executor": "inline", "builtin": "noop"},
                        "warm": lab.handler(**pool, processes={"min": 0, "max": 3, "idle": "200ms"}),
                        "shared": lab.handler(**pool, processes={"min": 0, "max": 2, "idle": "200ms"}, parallel=4)}
        lab.up()
        self.addCleanup(self._judge, lab)
        return lab

    def states(self, lab):
        return collections.Counter(task["state"] for task in self.tasks(lab))

    def tasks(self, lab):
        return lab.pages("/v1/tasks?limit=1000", "tasks")

    def test_the_daemon_outlives_whatever_is_said_to_it(self):
        print(f"seed {SEED}", flush=True)
        lab = self.nonsense_lab()
        self.assertEqual(200, lab.http("GET", "/healthz").status)
        baseline = len(processes.descriptors(lab.pid))
        with Pulse(lab) as pulse:
            for kind in ("talk", "warm", "shared"):
                lab.bulk([f"{SEED}-{kind}-{number}" for number in range(CONVERSATIONS)], kind)
            wait_until(lambda: all(rests(task) for task in self.tasks(lab)), 150, "every task has ended or waits")
        self.assertTrue(lab.running(), lab.log_tail())
        self.assertLess(pulse.longest, 3, "I36: 1 s, and room for a busy machine")
        for task in self.tasks(lab):
            if task["status"] not in TERMINAL:
                lab.http("POST", f"/v1/tasks/{task['id']}/cancel")   # it may have gone on and ended by now
        lab.idle()
        outcomes = self.outcomes(lab)
        print(f"{dict(self.states(lab))} {dict(outcomes)}, {processes.status_figure(lab.pid, 'VmHWM')} KiB")
        for kind in ("talk", "warm", "shared"):
            for outcome in ("succeeded", "protocol_error", "crashed"):
                self.assertGreater(outcomes[kind, outcome], 0, "the nonsense was of one sort only")
        self.assert_memory_below(lab, 200_000)
        self.assert_nothing_left(lab)
        wait_until(lambda: not lab.warm_pids(), 30, "idle workers have ended")
        self.assert_calm(lab, baseline)

    def outcomes(self, lab):
        """How often attempts of each kind ended how."""
        found = collections.Counter()
        for task in self.tasks(lab):
            found.update((task["kind"], attempt["outcome"]) for attempt in lab.attempts(task["id"]))
        return found


if __name__ == "__main__":
    unittest.main()
