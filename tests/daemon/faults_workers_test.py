"""Warm workers that die, lie, hang or never come up: a task pays for its own body alone, and the pool is there for the next."""

import json
import os
import signal
import unittest

import oracle
import processes
from case import DaemonCase
from waiting import wait_until

QUICK = {"backoff": "fixed", "base": "1ms", "max": "1ms", "jitter": "none"}
ONE = {"min": 1, "max": 1}


def sent(*messages):
    """The `send` that says these messages, each a dictionary or a text."""
    lines = [message if isinstance(message, str) else json.dumps(message) for message in messages]
    return "send " + "".join(line + "\n" for line in lines).encode().hex()


class WorkersCase(DaemonCase):
    def warm_lab(self, **keys):
        """One pool of one process, and a kind of its own for those who only want to get on with it."""
        lab = self.quiet_lab()
        lab.handlers["warm"] = lab.worker(**{"processes": ONE, "retry": {"attempts": 1, "crashes": 1, **QUICK}, **keys})
        lab.handlers["control"] = lab.worker(processes=ONE)
        lab.up()
        self.addCleanup(self._judge, lab)
        return lab

    def assert_serves(self, lab, kind="warm"):
        self.assert_state(lab, lab.enq("result 2", kind), "succeeded")

    def pid(self, lab, kind="warm"):
        return self.assert_state(lab, lab.enq("pid", kind), "succeeded")["result"]


class Deaths(WorkersCase):
    def test_a_worker_that_dies_before_any_answer_is_counted_once_and_its_task_runs_again(self):
        lab = self.warm_lab(retry={"attempts": 1, "crashes": 3, **QUICK})
        task = lab.enq("first 1 sig 9; result 1", "warm")
        found = self.assert_state(lab, task, "succeeded")
        self.assertEqual((1, 1), (found["attempt"], found["crashes"]))
        self.assert_outcomes(lab, task, "crashed", "succeeded")
        self.assertEqual(9, lab.attempts(task)[0]["error"]["signal"])
        self.assertEqual(2, sum(event["type"] == "task.claimed" for event in lab.events(task)))
        self.assertEqual(1, lab.pools()["warm"]["died"])

    def test_poison_tasks_end_with_their_cause_and_hold_up_nobody(self):
        lab = self.warm_lab(processes={"min": 1, "max": 2}, retry={"attempts": 2, "crashes": 3, **QUICK})
        poison = lab.bulk([f"note {n}; sig 11" for n in range(4)], "warm")
        good = lab.bulk([f"note {n}; result 1" for n in range(12)], "warm")
        control = lab.bulk([f"note {n}; result 1" for n in range(60)], "control")
        for task in control + good:
            self.assert_state(lab, task, "succeeded")
        for task in poison:
            found = self.assert_state(lab, task, "failed")
            self.assertEqual(("signal", 11, 3), (found["error"]["code"], found["error"]["signal"], found["crashes"]))
            self.assert_outcomes(lab, task, "crashed", "crashed", "crashed")
        for task in control:
            self.assertEqual(1, len(lab.attempts(task)), "nobody else's death is a control task's")
        self.assertEqual(0, lab.pools()["control"]["died"])
        self.assert_serves(lab)

    def test_on_crash_fail_ends_at_the_first_death(self):
        lab = self.warm_lab(on_crash="fail", retry={"attempts": 3, **QUICK})
        lab.handlers["brittle"] = lab.handler(on_crash="fail", retry={"attempts": 3})
        lab.reload()
        for kind in ("warm", "brittle"):
            with self.subTest(kind):
                task = lab.enq("sig 9", kind)
                self.assertEqual(1, self.assert_state(lab, task, "failed")["crashes"])
                self.assert_outcomes(lab, task, "crashed")

    def test_a_worker_that_exits_without_a_word_failed_its_task(self):
        lab = self.warm_lab()
        for code in (0, 7):
            with self.subTest(code):
                task = lab.enq(f"end {code}", "warm")
                error = self.assert_state(lab, task, "failed")["error"]
                self.assertEqual("worker_exit", error["code"])
                self.assertIn(f"exited with {code}", error["message"])
        self.assert_serves(lab)

    def test_a_death_strikes_every_task_that_the_process_has_and_no_other(self):
        lab = self.warm_lab(parallel=4, retry={"attempts": 1, "crashes": 2, **QUICK})
        gate = lab.path("go")
        struck = [lab.enq(f"note {n}; gate {gate}; result 1", "warm") for n in range(3)]
        for task in struck:
            lab.wait_begun(task)
        bystander = lab.enq(f"gate {gate}; result 1", "control")
        lab.wait_begun(bystander)
        killer = lab.enq("first 1 sig 9", "warm")
        for task in struck + [killer]:
            lab.wait_begun(task, 2)
        lab.open_gate("go")
        for task in struck + [killer]:
            self.assert_state(lab, task, "succeeded")
            self.assert_outcomes(lab, task, "crashed", "succeeded")
        self.assert_state(lab, bystander, "succeeded")
        self.assert_outcomes(lab, bystander, "succeeded")

    def test_children_left_behind_are_gone_and_named_when_the_outcome_is_known(self):
        lab = self.warm_lab()
        for script, count in (("fork 3", 3), ("setsid", 1), ("dfork", 1), ("daemon", 1)):
            with self.subTest(script):
                before = self.pid(lab)
                task = lab.enq(script + "; result 1", "warm")
                self.assert_state(lab, task, "succeeded")
                self.assertEqual([], oracle.leftovers(lab))
                self.assertGreaterEqual(lab.attempts(task)[0]["left_children"], count)
                named = [record["command"] for record in lab.log_events("attempt.left_child") if int(record["task"]) == task]
                self.assertIn("sleep", " ".join(named))
                self.assertNotEqual(before, self.pid(lab), "who left children behind is replaced")


class Words(WorkersCase):
    def test_noise_is_survived_and_too_much_of_it_is_a_broken_protocol(self):
        lab = self.warm_lab()
        for noise in ("\x01} not json {", "[]", '{"type":"nonsense"}', '{"type":7}', '"' + "\\ud800" * 9):
            with self.subTest(noise):
                before = self.pid(lab)
                self.assertEqual("rr", self.assert_state(lab, lab.enq(f"{sent(noise)}; result 2", "warm"), "succeeded")["result"])
                self.assertEqual(before, self.pid(lab), "a single fault costs nothing")
        flood = lab.enq(f"repeat 150 {sent('noise')}; sleep 60000", "warm")
        self.assert_state(lab, flood, "failed")
        self.assert_outcomes(lab, flood, "protocol_error")
        self.assert_serves(lab)

    def test_a_line_without_end_is_a_broken_protocol_and_fills_no_memory(self):
        lab = self.warm_lab()
        task = lab.enq("line 100000000; sleep 60000", "warm")
        self.assert_state(lab, task, "failed")
        self.assert_outcomes(lab, task, "protocol_error")
        self.assert_memory_below(lab, 200_000)
        self.assert_serves(lab)

    def test_half_a_line_hangs_nobody(self):
        lab = self.warm_lab()
        half = "send " + b'{"type":"resu'.hex()
        for ending, outcome in (("sig 9", "crashed"), ("end 3", "failed"), ("sleep 600000", "protocol_error")):
            with self.subTest(ending):
                task = lab.enq(f"{half}; {ending}", "warm")
                self.assert_serves(lab, "control")
                self.assert_state(lab, task, "failed")
                self.assert_outcomes(lab, task, outcome)
        self.assert_serves(lab)

    def test_a_flood_of_progress_is_coalesced(self):
        lab = self.warm_lab()
        told = sent(*[{"type": "progress", "percent": 50, "label": "flood"}] * 20)
        task = lab.enq(f"repeat 1000 {told}; progress 90 last", "warm")
        self.assert_serves(lab, "control")
        self.assertEqual("last", self.assert_state(lab, task, "succeeded")["progress"]["label"])
        self.assertLess(len(lab.events(task)), 900)

    def test_words_about_somebody_elses_task_change_nothing(self):
        lab = self.warm_lab()
        victim = lab.enq(f"gate {lab.path('go')}; result 3", "control")
        lab.wait_begun(victim)
        forged = [{"type": type_, "task": victim, "epoch": epoch, "value": "forged", "percent": 77, "message": "forged", "code": "forged", "for_ms": 1}
                  for type_ in ("result", "error", "reject", "snooze", "suspend", "progress", "log") for epoch in (1, 2)]
        liar = lab.enq(f"{sent(*forged)}; result 1", "warm")
        self.assertEqual("r", self.assert_state(lab, liar, "succeeded")["result"])
        lab.open_gate("go")
        found = self.assert_state(lab, victim, "succeeded")
        self.assertEqual("rrr", found["result"])
        self.assertNotIn("forged", json.dumps([lab.lines(victim), lab.events(victim), found]))

    def test_a_late_result_is_nobodys(self):
        lab = self.warm_lab()
        early = lab.enq("result 3", "warm")
        self.assert_state(lab, early, "succeeded")
        late = {"type": "result", "task": early, "epoch": 1, "value": "late"}
        task = lab.enq(f"{sent(late, {**late, 'type': 'reject', 'code': 'late'})}; result 1", "warm")
        self.assertEqual("r", self.assert_state(lab, task, "succeeded")["result"])
        self.assertEqual("rrr", lab.task(early)["result"])


class Pools(WorkersCase):
    def broken_lab(self, script, **keys):
        """A pool whose command is a script that does not come up."""
        lab = self.quiet_lab()
        lab.handlers["warm"] = lab.worker(processes=ONE, **keys)
        lab.handlers["warm"]["command"] = [lab.path("tool")]
        lab.handlers["control"] = lab.worker(processes=ONE)
        self.put_tool(lab, script)
        lab.up()
        self.addCleanup(self._judge, lab)
        return lab

    def put_tool(self, lab, script):
        with open(lab.path("tool.new"), "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n" + script + "\n")
        os.chmod(lab.path("tool.new"), 0o755)
        os.rename(lab.path("tool.new"), lab.path("tool"))

    def test_a_pool_known_to_be_out_of_order_is_given_no_tasks(self):
        lab = self.broken_lab("echo no licence >&2; exit 3")
        wait_until(lambda: lab.pools()["warm"]["degraded"], 30, "the pool is degraded")
        task = lab.enq("result 1", "warm")
        control = lab.enq("result 1", "control")
        self.assert_state(lab, control, "succeeded")
        self.assertEqual("queued", lab.task(task)["state"])
        self.assertEqual("pool_degraded", lab.ok("GET", f"/v1/tasks/{task}/why")["reasons"][0]["code"])
        lab.cancel(task)

    def test_a_broken_pool_does_not_take_the_slots_of_others(self):
        lab = self.quiet_lab(supervisor={"concurrency": 4})
        lab.handlers["warm"] = {**lab.worker(processes={"min": 0, "max": 4}), "command": [lab.path("missing")]}
        lab.handlers["control"] = lab.handler()
        lab.up()
        broken = lab.bulk([f"note {n}" for n in range(4)], "warm")
        wait_until(lambda: lab.pools()["warm"]["degraded"], 30, "the pool is degraded")
        self.assert_state(lab, lab.enq("exit 0", "control"), "succeeded", 30)
        for task in broken:
            self.assertEqual(0, lab.wait(task, "queued").get("crashes", 0))
            lab.cancel(task)

    def test_a_pool_that_does_not_come_up_says_why_and_recovers_when_it_is_mended(self):
        for script, says in (("echo fine; echo no licence today >&2; exit 3", "no licence today"),
                             ("echo still thinking >&2; exec sleep 600", "still thinking")):
            with self.subTest(says):
                lab = self.broken_lab(script, start_timeout="200ms")
                wait_until(lambda lab=lab, says=says: (pool := lab.pools()["warm"])["degraded"] and pool["trouble"].endswith(says), 30, "the last line is told")
                tasks = [lab.enq(f"note {n}; result 1", "warm") for n in range(2)]
                last = tasks[-1]
                wait_until(lambda lab=lab, last=last: "pool_degraded" in str(lab.ok("GET", f"/v1/tasks/{last}/why")), 30, "why names the pool")
                shown = lab.cli("why", last)
                self.assertEqual(0, shown.returncode, shown.stderr)
                self.assertIn(says, shown.stdout)
                self.assert_serves(lab, "control")
                self.put_tool(lab, "exec " + " ".join(lab.handlers["control"]["command"]))
                for task in tasks:
                    found = self.assert_state(lab, task, "succeeded")
                    self.assertEqual((1, 0), (found["attempt"], found["crashes"]), "a pool that does not start costs its tasks nothing")
                self.assertFalse(lab.pools()["warm"]["degraded"])

    def test_a_command_that_is_not_there_degrades_its_pool_alone(self):
        lab = self.broken_lab("exit 0")
        os.remove(lab.path("tool"))
        wait_until(lambda: lab.path("tool") in lab.pools()["warm"]["trouble"], 30, "the missing program is named")
        task = lab.enq("result 1", "warm")
        self.assert_serves(lab, "control")
        self.put_tool(lab, "exec " + " ".join(lab.handlers["control"]["command"]))
        self.assert_state(lab, task, "succeeded")

    def test_workers_are_replaced_after_their_tasks(self):
        lab = self.warm_lab(recycle={"tasks": 3})
        pids = [self.assert_state(lab, task, "succeeded")["result"] for task in lab.bulk([f"note {n}; pid" for n in range(12)], "warm")]
        self.assertEqual(4, len(set(pids)), pids)
        wait_until(lambda: lab.pools()["warm"]["recycled"] == 4, 30, "all four were recycled")
        self.assertEqual(0, lab.pools()["warm"]["died"])

    def test_another_command_replaces_the_workers_one_by_one(self):
        lab = self.warm_lab(processes={"min": 1, "max": 2})
        old = lab.enq(f"gate {lab.path('go')}; pid", "warm")
        body, = lab.wait_begun(old)
        lab.handlers["warm"]["command"] = [*lab.handlers["warm"]["command"], "--new"]
        lab.reload()
        new = lab.enq("pid", "warm")
        self.assertNotEqual(body.pid, self.assert_state(lab, new, "succeeded")["result"], "new tasks do not wait for the old process")
        self.assertEqual("running", lab.task(old)["state"])
        lab.open_gate("go")
        self.assertEqual(body.pid, self.assert_state(lab, old, "succeeded")["result"])
        wait_until(lambda: processes.stat(body.pid) is None, 30, "the old process has ended")
        self.assert_outcomes(lab, old, "succeeded")


class Stops(WorkersCase):
    def test_a_stopped_worker_is_stale_and_killed(self):
        lab = self.warm_lab(watchdog="300ms", on_stale="kill", stop_grace="200ms", retry={"attempts": 2, **QUICK})
        task = lab.enq("first 1 stop; result 1", "warm")
        self.assert_state(lab, task, "succeeded")
        self.assert_outcomes(lab, task, "stalled", "succeeded")
        self.assertIn("task.stale", [event["type"] for event in lab.events(task)])

    def test_a_stopped_worker_that_goes_on_is_no_longer_stale(self):
        lab = self.warm_lab(watchdog="300ms")
        task = lab.enq("stop; beat; result 1", "warm")
        body, = lab.wait_begun(task)
        wait_until(lambda: lab.task(task).get("stale_at"), 30, "it is marked")
        os.kill(body.pid, signal.SIGCONT)
        self.assert_state(lab, task, "succeeded")
        self.assert_outcomes(lab, task, "succeeded")

    def test_cancel_asks_first_and_kills_after_the_grace(self):
        lab = self.warm_lab(stop_grace="500ms")
        polite = self.pid(lab)
        for script, stays in (("sleep 600000", True), ("ignore; sleep 600000", False), ("stop", False)):
            with self.subTest(script):
                task = lab.enq(script, "warm")
                lab.wait_begun(task)
                lab.cancel(task)
                self.assert_state(lab, task, "cancelled")
                self.assertEqual(stays, self.pid(lab) == polite, "a worker that obeys goes on; one that does not is replaced")

    def test_a_timeout_asks_first_and_kills_after_the_grace(self):
        lab = self.warm_lab(timeout="400ms", stop_grace="300ms")
        for script in ("sleep 600000", "ignore; setsid; sleep 600000"):
            with self.subTest(script):
                task = lab.enq(script, "warm")
                self.assert_state(lab, task, "failed")
                self.assert_outcomes(lab, task, "timed_out")
                self.assertEqual([], oracle.leftovers(lab))
        self.assert_serves(lab)

    def test_a_kill_for_one_task_gives_the_others_of_its_process_another_chance(self):
        lab = self.warm_lab(parallel=2, stop_grace="300ms", retry={"attempts": 1, "crashes": 1, **QUICK})
        neighbour = lab.enq(f"gate {lab.path('go')}; result 1", "warm")
        lab.wait_begun(neighbour)
        deaf = lab.enq("ignore; sleep 600000", "warm")
        lab.wait_begun(deaf)
        lab.cancel(deaf)
        self.assert_state(lab, deaf, "cancelled")
        lab.wait_begun(neighbour, 2)
        lab.open_gate("go")
        found = self.assert_state(lab, neighbour, "succeeded")
        self.assertEqual((1, 0), (found["attempt"], found.get("crashes", 0)), "it was no fault of its own")

    def test_a_snoozed_task_comes_back_and_used_no_try(self):
        lab = self.warm_lab()
        task = lab.enq("result 1; first 2 snooze 20", "warm")
        found = self.assert_state(lab, task, "succeeded")
        self.assertEqual((1, 2), (found["attempt"], found["snoozes"]))
        self.assert_outcomes(lab, task, "snoozed", "snoozed", "succeeded")

    def test_a_soft_timeout_is_a_warning_in_the_log_and_no_more(self):
        lab = self.warm_lab(soft_timeout="100ms")
        lab.handlers["slow"] = lab.handler(soft_timeout="100ms")
        lab.reload()
        for kind in ("warm", "slow"):
            with self.subTest(kind):
                task = lab.enq(f"gate {lab.path(kind)}; result 1", kind)
                wait_until(lambda task=task: ("warn", "soft timeout reached") in [(line["level"], line["message"]) for line in lab.lines(task)], 30, "it is warned")
                self.assertEqual("running", lab.task(task)["state"])
                lab.open_gate(kind)
                self.assert_state(lab, task, "succeeded")

    def test_a_suspended_body_that_does_not_end_is_killed_and_its_task_waits_all_the_same(self):
        lab = self.warm_lab(stop_grace="300ms")
        wait = sent({"type": "signal.wait", "id": 1, "signal": "go"})
        for kind in ("warm", "chaos"):
            with self.subTest(kind):
                lab.handlers["chaos"]["stop_grace"] = "300ms"
                lab.reload()
                task = lab.enq(f"ignore; {wait}; sleep 600000", kind)
                body, = lab.wait_begun(task)
                lab.wait(task, "waiting")
                wait_until(lambda body=body: (processes.stat(body.pid) or "Z")[0] == "Z", 30, "the body is gone")
                wait_until(lambda task=task: lab.attempts(task)[0].get("outcome") == "suspended", 30, "it counts as suspended")
                self.assertEqual("waiting", lab.task(task)["state"])
                lab.ok("POST", f"/v1/tasks/{task}/signals", {"type": "go"})
                lab.wait_begun(task, 2)
                lab.cancel(task)
                self.assertEqual(0, self.assert_state(lab, task, "cancelled").get("crashes", 0))


if __name__ == "__main__":
    unittest.main()
