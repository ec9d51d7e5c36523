"""The daemon and its warm workers are killed at random moments under load: nothing is lost, nothing overlaps, every death is told as it was."""

import collections
import os
import random
import signal
import statistics
import time
import unittest

import processes
import wire
from kill_loop import GENEROUS, Scene, kill_loop
from waiting import wait_until

ROUNDS = int(os.environ.get("REEVE_ROUNDS", "40"))
SEED = os.environ.get("REEVE_SEED") or str(random.SystemRandom().randrange(10**9))
POOLS = ("warm", "shared")
WAITS = ("note {n}; wait {ms}; sleep 5", "note {n}; sleep {ms}; wait 100; result 3", "note {n}; setsid; wait {ms}")


class Workers(Scene):
    """Pools that do one task at a time and pools that do four, next to processes. Before most kills of the daemon workers are killed."""

    kinds = ("chaos", "pair", "warm", "warm", "shared", "shared")
    limits = {"pair": 2, "warm": 3, "shared": 8}
    scripts = {kind: WAITS for kind in POOLS}
    longest_round = 0.6

    def __init__(self):
        self.killed = {}     # pid: monotonic ns just before its SIGKILL

    def declare(self, lab):
        super().declare(lab)
        lab.handlers["warm"] = lab.worker(retry=GENEROUS, processes={"min": 1, "max": 3})
        lab.handlers["shared"] = lab.worker(retry=GENEROUS, processes={"min": 1, "max": 2}, parallel=4, recycle={"tasks": 40})

    def before_the_kill(self, lab, chance):
        for _ in range(chance.choice((0, 1, 1, 2, 3))):
            time.sleep(chance.uniform(0, self.longest_round / 3))
            self.kill_a_worker(lab, chance)
        super().before_the_kill(lab, chance)

    def kill_a_worker(self, lab, chance):
        try:
            found = sorted(lab.warm_pids() - self.killed.keys())
        except wire.Unreachable:
            return
        if not found:
            return
        pid = chance.choice(found)
        try:
            process = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            if processes.environment(pid).get("LAB_ID") == lab.id:  # the number may be somebody else's by now
                moment = time.monotonic_ns()
                signal.pidfd_send_signal(process, signal.SIGKILL)
                self.killed[pid] = moment
        except ProcessLookupError:
            pass
        finally:
            os.close(process)

    def deaths(self):
        return self.killed

    def last_words(self, lab):
        return self.causes(lab) + self.recovery(lab)

    def causes(self, lab):
        """A crash is told of the bodies of killed workers alone, and as what it was; who began and did not end has one of the true causes."""
        faults, outcomes = [], collections.Counter()
        ended = {(body.task, body.epoch): body for body in lab.bodies() if body.end}
        for task in (row["id"] for row in lab.pages("/v1/tasks?limit=1000", "tasks")):
            for attempt in lab.attempts(task):
                told = f"attempt {attempt['epoch']} of task {task} of {attempt.get('pid')}: {attempt}"
                outcomes[attempt["outcome"]] += 1
                if attempt["outcome"] == "crashed" and (attempt["error"].get("signal") != 9 or attempt.get("pid") not in self.killed):
                    faults.append(f"I21 a crash that nobody caused: {told}")
                if attempt["outcome"] not in ("succeeded", "crashed", "lost", "interrupted", "suspended"):
                    faults.append(f"I21 not one of the ways to end here: {told}")
                if attempt["outcome"] == "succeeded" and (task, attempt["epoch"]) not in ended:
                    faults.append(f"I21 succeeded without an end: {told}")
        self.outcomes = outcomes
        return faults[:20]

    def recovery(self, lab):
        """The pools are whole again and do what they did before."""
        for kind in POOLS:
            wait_until(lambda kind=kind: not lab.pools()[kind]["degraded"] and lab.pools()[kind]["idle"], 60, f"the pool of {kind} serves again")
        after = [lab.enq("note after; result 3", kind) for kind in self.kinds]
        return [f"after all kills task {task} ended {lab.task(task)}" for task in after if lab.wait(task)["state"] != "succeeded"]


class KillLoopWorkers(unittest.TestCase):
    def test_acknowledged_tasks_survive_kill_9_of_the_daemon_and_of_warm_workers(self):
        scene = Workers()
        verdict = kill_loop(ROUNDS, SEED, give_up_after=100, say=print, scene=scene)
        print(f"seed {SEED}: {verdict}; {len(scene.killed)} workers killed; {dict(scene.outcomes)}")
        self.assertEqual(verdict.faults, [], f"seed {SEED}\n" + "\n".join(verdict.faults))
        self.assertGreaterEqual(verdict.rounds, min(ROUNDS, 15), "the machine was too slow to kill often enough")
        self.assertGreaterEqual(scene.outcomes["lost"], verdict.rounds // 4, "the kills hit nothing: the load was too light to prove anything")
        self.assertGreaterEqual(scene.outcomes["crashed"], len(scene.killed) // 8, "the killed workers had nothing to do")
        self.assertGreater(scene.outcomes["suspended"], 0, "nobody waited without a process")
        self.assertLessEqual(statistics.median(verdict.recoveries), 2.0, "I14: ready again within 2 s")


if __name__ == "__main__":
    unittest.main()
