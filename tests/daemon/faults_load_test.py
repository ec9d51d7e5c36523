"""Many at once: all due in one second (F151), crashing bodies of keys (F157), limits that change under load (F159), cancels from other processes
(F161), bulk changes (F163), failing tasks of a line (F165)."""

import collections
import os
import random
import signal
import subprocess
import threading
import time
import unittest

import lab as labs
import oracle
import processes
from case import DaemonCase
from pulse import Pulse
from waiting import wait_until

QUICK = {"backoff": "fixed", "base": "1ms", "max": "1ms", "jitter": "none"}


class LoadCase(DaemonCase):
    def figure(self, lab, query):
        with lab.reading() as store:
            return store.execute(query).fetchone()[0] or 0

    def others_go_on(self, lab, over):
        """Until it is over one small and urgent task after the other is given in; returns the longest time that one took."""
        longest, done = 0.0, False
        while not done:
            done = over()
            begun = time.monotonic()
            self.assert_state(lab, lab.enq("exit 0", "other", priority=9), "succeeded")
            longest = max(longest, time.monotonic() - begun)
        return longest

    def assert_quick(self, longest):
        self.assertLess(longest, 3, "1 s, and room for a busy machine")

    def assert_sound(self, lab):
        """For labs with more tasks than the judge can read in a test."""
        lab.end()
        self.assert_held(oracle.integrity(lab.store))


class Due(LoadCase):
    def test_f151_very_many_that_are_due_in_one_second_all_run_and_none_early(self):
        count, bulk = 50_000, 10_000
        lab = self.lab(judged=False)
        due = round(time.time() * 1000) + 6000
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(due / 1000)) + f".{due % 1000:03d}Z"
        for begin in range(0, count, bulk):
            lab.ok("POST", "/v1/tasks/bulk", {"tasks": [{"kind": "noop", "payload": n, "run_at": moment} for n in range(begin, begin + bulk)]})
        self.assertLess(time.time() * 1000, due, "all were given in before they were due")
        with Pulse(lab) as pulse:
            lab.idle()
        self.assert_quick(pulse.longest)
        self.assertGreaterEqual(self.figure(lab, "SELECT min(claimed_at) FROM reeve_tasks"), due)
        self.assertEqual(self.figure(lab, "SELECT count(*) FROM reeve_tasks WHERE status = 'succeeded'"), count)
        self.assertEqual(self.figure(lab, "SELECT count(*) FROM reeve_events WHERE type = 'task.succeeded'"), count)
        self.assertEqual(self.figure(lab, "SELECT max(attempt) FROM reeve_tasks"), 1)
        self.assert_memory_below(lab, 400 * 1024)
        self.assert_sound(lab)


class Killer(threading.Thread):
    """Kills bodies of a lab, whichever it meets. Only out of many: the last ones would be killed again and again."""

    def __init__(self, lab, seed):
        super().__init__(daemon=True)
        self.lab, self.chance, self.stopped, self.deaths = lab, random.Random(seed), threading.Event(), {}

    def run(self):
        while not self.stopped.wait(0.02):
            found = sorted(processes.children(self.lab.pid))
            if len(found) > 10:
                self.kill(self.chance.choice(found))

    def kill(self, pid):
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            if (processes.stat(pid) or (0, 0))[1] == self.lab.pid:      # still the one that was met
                before = time.monotonic_ns()
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                self.deaths[pid] = before
        except ProcessLookupError:
            pass
        finally:
            os.close(handle)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.join(30)


class Keys(LoadCase):
    def test_f157_thousands_of_keys_and_bodies_that_crash_never_two_of_a_key(self):
        lab = self.quiet_lab(supervisor={"concurrency": 100})
        lab.handlers["chaos"] = lab.handler(retry={"attempts": 3, "crashes": 1000, **QUICK})
        lab.up()
        self.addCleanup(self._judge, lab)
        chance, of_key = random.Random(157), {}
        wishes = [(f"key {key}", {"kind": "chaos", "payload": f"note {copy} {key}; fail_first {chance.choice((0, 0, 0, 1))}; sleep {chance.randrange(1, 30)}",
                                  "concurrency": {"key": f"key {key}"}}) for key in range(2000) for copy in range(2 if key % 4 == 0 else 1)]
        with Killer(lab, 1) as killer:
            stored = lab.ok("POST", "/v1/tasks/bulk", {"tasks": [wish for _, wish in wishes]})["tasks"]
            of_key = {made["id"]: key for (key, _), made in zip(wishes, stored)}
            lab.idle()
        self.assertGreater(len(killer.deaths), 20, "bodies were killed")
        self.assertEqual(self.figure(lab, "SELECT count(*) FROM reeve_tasks WHERE status = 'succeeded'"), len(wishes))
        self.assertGreater(self.figure(lab, "SELECT sum(crashes) FROM reeve_task"), 20)
        bodies = collections.defaultdict(list)
        for body in lab.bodies():
            bodies[of_key[body.task]].append(body)
        self.assertEqual(len(bodies), 2000)
        for of_one in bodies.values():
            self.assert_held(oracle.limits(of_one, 1, deaths=killer.deaths))
        self.assert_held(oracle.limits(lab.bodies(), 100, deaths=killer.deaths))


class Allowed:
    """What a limit allows: each change took effect somewhere between its asking and its answer."""

    slack = 1_000_000_000       # ns from the decision to start a body to the first thing it does, on a busy machine

    def __init__(self, limit):
        self.changes = [(0, 0, limit)]

    def change(self, limit, ask):
        asked = time.monotonic_ns()
        ask()
        self.changes.append((asked, time.monotonic_ns(), limit))

    def at(self, moment):
        """The most that was allowed when a body that begins at this moment can have been decided on."""
        ends = [answered for _, answered, _ in self.changes[1:]] + [moment + 1]
        return max(limit for (asked, _, limit), end in zip(self.changes, ends) if asked <= moment and end >= moment - self.slack)


class Limits(LoadCase):
    def test_f159_limits_that_fall_and_rise_and_pauses_are_kept_by_every_body_that_begins(self):
        lab = self.lab(supervisor={"concurrency": 12}, handlers={"other": {"executor": "inline", "builtin": "noop"}})
        lab.handlers["chaos"] = lab.handler(queue="stormy", concurrency=8)
        lab.sections["queues"] = {"stormy": {"concurrency": 10}}
        lab.reload()
        kind, queue, open_ = Allowed(8), Allowed(10), Allowed(1)
        lab.bulk([f"note {n}; sleep 60" for n in range(1500)])
        wait_until(lambda: len(lab.bodies()) >= 8, 30, "bodies run")
        chance = random.Random(159)
        for turn in range(24):
            self.one_change(lab, chance, turn, kind, queue, open_)
            time.sleep(1.5 if turn % 4 == 3 else chance.uniform(0.02, 0.2))     # a storm, and then long enough to be seen
        cancelled = lab.cli("cancel", "--kind", "chaos", "--yes")
        self.assertEqual(cancelled.returncode, 0, cancelled.stderr)
        lab.idle()
        self.assert_kept(lab, kind, queue, open_)

    def one_change(self, lab, chance, turn, kind, queue, open_):
        sort = ("kind", "queue", "pause")[turn // 4 % 3] if turn % 4 == 3 else chance.choice(("kind", "queue", "pause"))
        if open_.changes[-1][2] == 0:
            return open_.change(1, lambda: lab.ok("POST", "/v1/queues/stormy/resume"))
        if sort == "pause":
            return open_.change(0, lambda: lab.ok("POST", "/v1/queues/stormy/pause"))
        limit = chance.choice((1, 2)) if turn % 4 == 3 else chance.randrange(1, 11)
        if sort == "kind":
            lab.handlers["chaos"]["concurrency"] = limit
        else:
            lab.sections["queues"]["stormy"]["concurrency"] = limit
        return (kind if sort == "kind" else queue).change(limit, lab.reload)

    def assert_kept(self, lab, kind, queue, open_):
        moves, running, held = [], 0, 0
        for body in lab.bodies():
            moves += [(body.begin, 1), (body.end, -1)] if body.end else []      # those that were cancelled began before the end of the storm
        for moment, step in sorted(moves):
            running += step
            if step < 0:
                continue
            held += 1
            allowed = min(kind.at(moment), queue.at(moment)) * open_.at(moment)
            self.assertLessEqual(running, allowed, f"I23 bodies at {moment}; kind {kind.changes}, queue {queue.changes}, open {open_.changes}")
        self.assertGreater(held, 50)


class Cancels(LoadCase):
    def test_f161_a_cancel_from_another_process_reaches_every_body(self):
        lab = self.quiet_lab()
        lab.handlers["warm"] = lab.worker(processes={"min": 4, "max": 4})
        lab.up()
        self.addCleanup(self._judge, lab)
        scripts = ["sleep 600000", "ignore; sleep 600000", "ignore TERM; dfork; sleep 600000", "fork 2; sleep 600000"]
        tasks = {task: script for script in scripts for task in lab.bulk([script] * 3)}
        tasks.update({lab.enq(f"note {n}; sleep 600000", "warm"): "warm" for n in range(4)})
        bodies = {task: lab.wait_begun(task)[0] for task in tasks}
        wait_until(lambda: all(lab.task(task)["state"] == "running" for task in tasks), 30, "all are shown as running")
        callers = {task: subprocess.Popen([labs.BIN, "cancel", str(task)], env={**os.environ, "REEVE_SOCKET": lab.socket}, stdout=subprocess.PIPE,
                                          stderr=subprocess.DEVNULL, text=True, cwd=lab.dir) for task in tasks}
        for task, caller in callers.items():
            self.assertEqual(caller.communicate(timeout=30)[0], f"{task}\trequested\n")
        asked = time.monotonic()
        gone = [body.pid for task, body in bodies.items() if tasks[task] != "warm"]
        wait_until(lambda: all((processes.stat(pid) or "X")[0] in "XZ" for pid in gone), 30, "every body is gone")
        self.assertLess(time.monotonic() - asked, 5, "grace of 1 s and 1 s, and room for a busy machine")
        for task in tasks:
            self.assert_state(lab, task, "cancelled")
            self.assert_outcomes(lab, task, "cancelled")
        self.assert_nothing_left(lab)


class Bulk(LoadCase):
    count = 20_000

    def test_f163_bulk_changes_by_selector_go_in_pieces_can_be_resumed_and_hold_up_nobody(self):
        lab = self.lab(judged=False)
        lab.handlers["other"] = lab.handler()
        lab.reload()
        for begin in range(0, self.count, 10_000):
            lab.ok("POST", "/v1/tasks/bulk", {"tasks": [{"kind": "noop", "payload": begin + n, "delay": "1h"} for n in range(10_000)]})
        with Pulse(lab) as pulse:
            first = self.caller(lab, "cancel", "--kind", "noop", "--yes")
            wait_until(lambda: self.of(lab, "cancelled") >= 1000, 60, "a part of them is cancelled")
            first.kill()
            first.wait(30)
            part = self.of(lab, "cancelled")
            longest = self.until_done(lab, "cancel", "--kind", "noop", "--yes")
            self.assertEqual(self.of(lab, "cancelled"), self.count, f"{part} by the one that was killed")
            longest = max(longest, self.until_done(lab, "retry", "--kind", "noop", "--state", "cancelled", "--yes"))
            wait_until(lambda: self.of(lab, "succeeded") == self.count, 120, "all of them ran")
        self.assertLess(part, self.count, "it was killed in the middle")
        self.assert_quick(longest)
        self.assert_quick(pulse.longest)
        self.assertEqual(self.figure(lab, "SELECT count(*) FROM reeve_tasks WHERE kind = 'noop' AND generation = 2"), self.count)
        self.assertEqual(self.figure(lab, "SELECT count(*) FROM reeve_events WHERE type = 'task.cancelled'"), self.count)
        self.assertEqual(self.figure(lab, "SELECT count(*) FROM reeve_events WHERE type = 'task.reopened'"), self.count)
        self.assert_sound(lab)

    def caller(self, lab, *arguments):
        return subprocess.Popen([labs.BIN, *arguments], env={**os.environ, "REEVE_SOCKET": lab.socket}, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, cwd=lab.dir)

    def until_done(self, lab, *arguments):
        caller = self.caller(lab, *arguments)
        longest = self.others_go_on(lab, lambda: caller.poll() is not None)
        self.assertEqual(caller.returncode, 0, arguments)
        return longest

    def of(self, lab, status):
        return self.figure(lab, f"SELECT count(*) FROM reeve_tasks WHERE kind = 'noop' AND status = '{status}'")


class Lines(LoadCase):
    def test_f165_a_line_waits_out_the_backoff_of_its_first_and_goes_on_when_it_has_ended(self):
        pause = 150
        lab = self.lab()
        lab.handlers["chaos"] = lab.handler(retry={"attempts": 3, "crashes": 3, "backoff": "fixed", "base": f"{pause}ms", "jitter": "none"})
        lab.handlers["other"] = lab.handler()
        lab.reload()
        scripts = ["fail_first 2", "exit 0", "exit 1", "exit 64", "fail_first 1", "segv", "sleep 5"]
        claims = [3, 1, 3, 1, 2, 3, 1]
        ends = ["succeeded", "succeeded", "failed", "failed", "succeeded", "failed", "succeeded"]
        wishes = [{"kind": "chaos", "payload": f"note {line}; {script}", "priority": priority, "order": {"key": line}}
                  for priority, script in enumerate(scripts) for line in ("a", "b", "c")]      # the later ones are the more urgent
        made = [task["id"] for task in lab.ok("POST", "/v1/tasks/bulk", {"tasks": wishes})["tasks"]]
        lines = [made[first::3] for first in range(3)]
        lab.wait_begun(lines[0][0])
        longest = self.others_go_on(lab, lambda: lab.task(lines[0][0])["state"] == "succeeded")
        self.assert_quick(longest)
        lab.idle()
        for line in lines:
            with self.subTest(line=line):
                bodies = [body for body in lab.bodies() if body.task in line]
                self.assertEqual([body.task for body in bodies], [task for task, times in zip(line, claims) for _ in range(times)])
                self.assertEqual([lab.task(task)["state"] for task in line], ends)
                for before, after in zip(bodies, bodies[1:]):
                    self.assertGreaterEqual(after.begin, before.end, "bodies of a line never overlap")
                    if after.task == before.task:
                        self.assertGreaterEqual(after.begin - before.end, (pause - 5) * 1_000_000, "the line waited for the retry")


if __name__ == "__main__":
    unittest.main()
