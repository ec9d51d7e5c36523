#!/usr/bin/env python3
"""Steps, sleep, signals, timers and waiting for tasks, from a process and from a warm worker, across the death of either side."""
import os
import signal
import threading
import unittest

from case import DaemonCase
from waiting import wait_until

TALKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "talker.py")


class Waits(DaemonCase):
    def talking_lab(self):
        lab = self.quiet_lab(supervisor={"concurrency": 4})
        common = {"timeout": "2m", "retry": {"attempts": 2, "crashes": 5, "backoff": "fixed", "base": "10ms", "jitter": "none"},
                  "env": {"LAB_ID": lab.id, "PATH": "/usr/bin:/bin"}, "command": ["/usr/bin/python3", "-B", TALKER]}
        lab.handlers = {"talk": common, "warm": {**common, "executor": "worker", "processes": {"min": 1, "max": 2}},
                        "noop": {"executor": "inline", "builtin": "noop"}}
        lab.up()
        return lab

    def signal(self, lab, task, type_, payload=None):
        return lab.ok("POST", f"/v1/tasks/{task}/signals", {"type": type_, "payload": payload})

    def outcomes(self, lab, task):
        return [attempt["outcome"] for attempt in lab.attempts(task)]

    def test_a_step_is_done_once_although_its_process_is_killed(self):
        lab = self.talking_lab()
        for kind in ("talk", "warm"):
            with self.subTest(kind):
                task = lab.enq([{"ask": {"type": "step.begin", "name": "fetch", "input": {"n": 1}}},
                                {"ask": {"type": "step.end", "name": "fetch", "output": {"at": 1.50}}},
                                {"kill": signal.SIGKILL},
                                {"ask": {"type": "step.begin", "name": "fetch"}}], kind)
                found = self.assert_state(lab, task, "succeeded")
                done = {"ok": True, "done": True, "output": {"at": 1.50}}
                self.assertEqual([done, {"ok": True, "already": True}, done], found["result"])
                self.assertEqual(["crashed", "succeeded"], self.outcomes(lab, task))
                step = lab.ok("GET", f"/v1/tasks/{task}/steps")["steps"][0]
                self.assertEqual(("fetch", "completed", 1), (step["name"], step["status"], step["tries"]))

    def test_show_and_stats_tell_of_steps_timers_waits_and_signals(self):
        lab = self.talking_lab()
        task = lab.enq([{"ask": {"type": "step.begin", "name": "fetch"}}, {"ask": {"type": "step.end", "name": "fetch", "output": 1}},
                        {"ask": {"type": "timer", "name": "remind", "after_ms": 3_600_000}},
                        {"ask": {"type": "signal.wait", "signal": "approved"}}], "talk")
        lab.wait(task, "waiting")
        self.signal(lab, task, "another")
        told = lab.cli("show", task).stdout
        for part in (r"executor +process$", r"waits +it waits for the signal \"approved\"", r"fetch\tstep\tcompleted\t1\t\d+", r"pending timers:", r"remind\t2",
                     r"signals that nobody has read:", r"\d+\tanother\t"):
            self.assertRegex(told, "(?m)^" + part)
        self.signal(lab, task, "approved")
        self.assert_state(lab, task, "succeeded")
        told = lab.cli("show", task).stdout
        self.assertNotRegex(told, "(?m)^waits ")
        self.assertRegex(told, r"(?m)^\S*signal\S*\tsignal\tcompleted\t")
        self.assertRegex(lab.cli("stats", "talk").stdout, r"(?m)^fetch\t1\t\d+\t\d+\t\d+$")
        self.assertEqual(["fetch"], [step["name"] for step in lab.ok("GET", "/v1/stats?kind=talk")["kinds"][0]["steps"]])
        self.assertEqual([], [step for kind in lab.ok("GET", "/v1/stats")["kinds"] for step in kind["steps"]])

    def test_a_sleeping_task_holds_nothing_and_survives_kill_9_case_181(self):
        lab = self.talking_lab()
        sleepers = [lab.enq([{"ask": {"type": "sleep", "for_ms": 3000}}], kind) for kind in ("talk", "warm") for _ in range(8)]
        for task in sleepers:
            lab.wait(task, "waiting", "succeeded")
        wait_until(lambda: not lab.ok("GET", "/v1/status")["running"], 30, "no slot is taken")
        waiting = lab.ok("GET", f"/v1/tasks/{sleepers[-1]}")
        self.assertNotIn("lease_expires_at", waiting)
        if waiting["state"] == "waiting":
            self.assertEqual("sleeping", lab.ok("GET", f"/v1/tasks/{sleepers[-1]}/why")["reasons"][0]["code"])
        lab.restart()
        for task in sleepers:
            found = self.assert_state(lab, task, "succeeded")
            self.assertEqual([{"ok": True, "slept": True}], found["result"])
            self.assertEqual((1, 0), (found["attempt"], found.get("crashes", 0)), found)
            self.assertEqual(["suspended", "succeeded"], self.outcomes(lab, task))

    def test_a_signal_wakes_its_task_across_a_restart_case_171_case_188(self):
        lab = self.talking_lab()
        for kind in ("talk", "warm"):
            with self.subTest(kind):
                moves = [{"ask": {"type": "signal.wait", "signal": "go", "name": "approval"}}, {"ask": {"type": "signal.take"}},
                         {"ask": {"type": "signal.wait", "signal": "go", "name": "approval"}}]
                task = lab.enq(moves, kind)
                lab.wait(task, "waiting")
                wait_until(lambda: not lab.ok("GET", "/v1/status")["running"], 30, "who waits holds no slot")
                self.assertFalse(self.signal(lab, task, "other", 1)["resumed"])
                lab.restart()
                self.assertTrue(self.signal(lab, task, "go", {"by": "x"})["resumed"])
                found = self.assert_state(lab, task, "succeeded")
                waited, taken, again = found["result"]
                self.assertEqual(("go", {"by": "x"}), (waited["signal"]["type"], waited["signal"]["payload"]))
                self.assertEqual("other", taken["signal"]["type"])
                self.assertEqual(waited, again)
                before, after = lab.attempts(task)
                self.assertLess(before["finished_at"], waited["signal"]["sent_at"], "the time of waiting is no attempt's")
                self.assertLessEqual(waited["signal"]["sent_at"], after["claimed_at"])
                self.assertEqual(409, lab.http("POST", f"/v1/tasks/{task}/signals", {"type": "late"}).status)

    def test_a_wait_gives_up_at_its_timeout(self):
        lab = self.talking_lab()
        task = lab.enq([{"ask": {"type": "signal.wait", "timeout_ms": 50}}], "talk")
        self.assertEqual([{"ok": True, "timeout": True}], self.assert_state(lab, task, "succeeded")["result"])

    def test_a_timer_sends_a_signal_once(self):
        lab = self.talking_lab()
        task = lab.enq([{"ask": {"type": "timer", "name": "tick", "after_ms": 300}}, {"ask": {"type": "signal.wait", "signal": "timer"}},
                        {"ask": {"type": "signal.take", "signal": "timer"}}], "talk")
        found = self.assert_state(lab, task, "succeeded")
        self.assertEqual({"name": "tick"}, found["result"][1]["signal"]["payload"])
        self.assertEqual({"ok": True, "signal": None}, found["result"][2])
        self.assertEqual(1, sum(event["type"] == "task.timer" for event in lab.events(task)))

    def test_a_parent_waits_for_its_children(self):
        lab = self.talking_lab()
        gate = lab.path("gate")
        child = {"type": "enqueue", "name": "child", "enqueue": {"kind": "talk", "payload": [{"gate": gate}]}}
        parent = lab.enq([{"ask": child}, {"ask": {"type": "wait_tasks", "tasks": [2]}}, {"ask": {"type": "get", "of": 2}}], "talk")
        self.assertEqual(1, parent)
        lab.wait(parent, "waiting")
        self.assertIn("2", lab.ok("GET", f"/v1/tasks/{parent}/why")["reasons"][0]["message"])
        lab.open_gate("gate")
        found = self.assert_state(lab, parent, "succeeded")
        self.assertEqual(({"id": 2, "status": "succeeded"}, "succeeded"), (found["result"][1]["tasks"][0], found["result"][2]["task"]["status"]))
        self.assertEqual(parent, lab.task(2)["parent_id"])

    def test_what_is_staged_comes_with_success_alone(self):
        lab = self.talking_lab()
        staged = {"ask": {"type": "enqueue", "enqueue": {"kind": "noop"}, "staged": True}}
        lost = lab.enq([staged, {"say": {"type": "reject", "code": "no"}}], "talk")
        self.assert_state(lab, lost, "failed")
        kept = lab.enq([staged], "talk")
        self.assert_state(lab, kept, "succeeded")
        self.assert_state(lab, kept + 1, "succeeded")
        self.assertEqual(404, lab.http("GET", f"/v1/tasks/{kept + 2}").status)

    def test_a_named_enqueue_happens_once_although_the_attempt_dies(self):
        lab = self.talking_lab()
        enqueue = {"ask": {"type": "enqueue", "enqueue": {"kind": "noop"}, "name": "child"}}
        task = lab.enq([enqueue, {"kill": signal.SIGKILL}, enqueue], "talk")
        answers = self.assert_state(lab, task, "succeeded")["result"]
        self.assertEqual([task + 1] * 2, [answer["task"] for answer in answers])
        self.assertEqual(404, lab.http("GET", f"/v1/tasks/{task + 2}").status)

    def test_refusals_name_what_is_wrong(self):
        lab = self.talking_lab()
        asks = [({"type": "enqueue", "enqueue": {"kind": "nop"}}, "unknown_kind"), ({"type": "enqueue", "enqueue": {"kind": "reeve.command"}}, "commands_disabled"),
                ({"type": "get", "of": 99}, "task_not_found"), ({"type": "wait_tasks", "tasks": [99]}, "wait_refused"),
                ({"type": "step.end", "name": "never begun"}, "step_not_begun"), ({"type": "emit", "name": "x"}, "not_available"),
                ({"type": "beat", "epoch": 77}, "lease_lost")]
        task = lab.enq([{"ask": message} for message, _ in asks], "talk")
        answers = self.assert_state(lab, task, "succeeded")["result"]
        self.assertEqual([code for _, code in asks], [answer["error"]["code"] for answer in answers])

    def test_a_waiting_task_is_cancelled_at_once_and_a_signal_comes_too_late(self):
        lab = self.talking_lab()
        task = lab.enq([{"ask": {"type": "signal.wait"}}], "warm")
        lab.wait(task, "waiting")
        self.assertEqual("cancelled", lab.cancel(task)["result"])
        self.assertEqual(409, lab.http("POST", f"/v1/tasks/{task}/signals", {"type": "go"}).status)

    def bearer_of_a_running_task(self, lab):
        """A task that runs until the gate opens, and the header that speaks for it."""
        script = 'printf "%s" "$REEVE_TOKEN" > token; while [ ! -e gate ]; do sleep 0.02; done'
        task = lab.ok("POST", "/v1/tasks", {"kind": "reeve.command", "command": ["/bin/sh", "-c", script], "cwd": lab.dir})["id"]
        wait_until(lambda: os.path.exists(lab.path("token")) and os.path.getsize(lab.path("token")) == 32, 30, "the handler wrote its token")
        with open(lab.path("token"), encoding="ascii") as file:
            return task, {"Authorization": "Bearer " + file.read()}

    def at_once(self, count, work):
        answers, barrier = [], threading.Barrier(count)

        def one():
            barrier.wait()
            answers.append(work())

        threads = [threading.Thread(target=one) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return answers

    def test_of_many_that_end_a_step_at_once_one_is_recorded_case_120(self):
        lab = self.talking_lab()
        task, bearer = self.bearer_of_a_running_task(lab)
        lab.ok("POST", "/v1/attempt", {"type": "step.begin", "name": "a"}, bearer)
        answers = self.at_once(20, lambda: lab.ok("POST", "/v1/attempt", {"type": "step.end", "name": "a", "output": 1}, bearer))
        self.assertEqual([{"ok": True}], [answer for answer in answers if not answer.get("already")])
        self.assertEqual([{"ok": True, "already": True}] * 19, [answer for answer in answers if answer.get("already")])
        self.assertEqual(1, sum(event["type"] == "task.step" for event in lab.events(task)))
        lab.open_gate("gate")
        self.assert_state(lab, task, "succeeded")

    def test_signals_are_each_taken_by_one_of_many_case_165(self):
        lab = self.talking_lab()
        task, bearer = self.bearer_of_a_running_task(lab)
        sent = [self.signal(lab, task, "go", number)["signal"] for number in range(10)]

        def take_all():
            taken = []
            while signal_ := lab.ok("POST", "/v1/attempt", {"type": "signal.take", "signal": "go"}, bearer)["signal"]:
                taken.append(signal_["id"])
            return taken

        self.assertEqual(sent, sorted(number for taken in self.at_once(5, take_all) for number in taken))
        lab.open_gate("gate")
        self.assert_state(lab, task, "succeeded")

    def test_of_a_task_that_is_not_there_nothing_is_done_or_told_case_166(self):
        lab = self.talking_lab()
        for method, path, body in (("POST", "signals", {"type": "go"}), ("POST", "retry", None), ("POST", "cancel", None), ("GET", "signals", None),
                                   ("GET", "steps", None)):
            with self.subTest(path, method=method):
                answer = lab.http(method, f"/v1/tasks/4711/{path}", body)
                self.assertEqual((404, "task_not_found"), (answer.status, answer.json["code"]))

    def test_the_token_speaks_for_its_attempt_alone(self):
        lab = self.talking_lab()
        task, bearer = self.bearer_of_a_running_task(lab)
        self.assertEqual({"ok": True}, lab.ok("POST", "/v1/attempt", {"type": "progress", "percent": 40}, bearer))
        self.assertEqual({"ok": True, "done": False}, lab.ok("POST", "/v1/attempt", {"type": "step.begin", "name": "a"}, bearer))
        self.assertEqual("bad_message", lab.ok("POST", "/v1/attempt", {"type": "nonsense"}, bearer)["error"]["code"])
        self.assertEqual(401, lab.http("POST", "/v1/attempt", {"type": "beat"}, {"Authorization": "Bearer " + "0" * 32}).status)
        self.assertEqual(401, lab.http("POST", "/v1/attempt", {"type": "beat"}).status)
        lab.open_gate("gate")
        self.assert_state(lab, task, "succeeded")
        self.assertEqual(401, lab.http("POST", "/v1/attempt", {"type": "beat"}, bearer).status)


if __name__ == "__main__":
    unittest.main()
