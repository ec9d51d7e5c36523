"""Attempts that end badly: every way to end has its own name (F013, F015, F023), and nothing of a body stays behind (F029, F035)."""

import os
import signal
import unittest

import processes
from case import DaemonCase, seconds
from waiting import wait_until

REJECTS = {64, 65, 77, 78}
START_FAILURES = {126, 127}
# Signals that end a process by default.
FATAL = [number for number in range(1, 32) if number not in
         (signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)]


def once(lab):
    return lab.handler(retry={"attempts": 1, "crashes": 1})


class Ends(DaemonCase):
    def test_f013_every_exit_code_has_its_outcome(self):
        lab = self.lab()
        lab.handlers["once"] = once(lab)
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        tasks = lab.bulk([f"exit {code}" for code in range(256)], kind="once")
        lab.idle()
        for code, task in enumerate(tasks):
            with self.subTest(code=code):
                expected = ("succeeded" if code == 0 else "rejected" if code in REJECTS else
                            "spawn_failed" if code in START_FAILURES else "failed")
                attempt, = lab.attempts(task)
                self.assertEqual((attempt["outcome"], attempt.get("exit_code")), (expected, code))

    def test_f013_every_fatal_signal_is_a_crash_that_names_it(self):
        lab = self.lab()
        lab.handlers["once"] = once(lab)
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        tasks = lab.bulk([f"sig {number}" for number in FATAL], kind="once")
        lab.idle()
        for number, task in zip(FATAL, tasks):
            with self.subTest(signal=number):
                found = lab.task(task)
                self.assertEqual((found["state"], found["error"].get("signal"), found["error"].get("core", False)), ("failed", number, False))
                self.assertEqual([attempt["outcome"] for attempt in lab.attempts(task)], ["crashed"])

    def test_f013_a_result_before_a_bad_exit_does_not_make_it_a_success(self):
        lab = self.lab()
        task = lab.enq("result 3; exit 7", max_attempts=1)
        found = self.assert_state(lab, task, "failed")
        self.assertEqual(found["error"]["exit_code"], 7)
        crashed = lab.enq("result 3; segv", max_crashes=1)
        self.assert_state(lab, crashed, "failed")

    def test_f015_a_body_killed_from_outside_crashed_and_is_tried_again_case_101(self):
        lab = self.lab()
        task = lab.enq(f"gate {lab.path('go')}; result 1")
        body, = lab.wait_begun(task)
        wait_until(lambda: lab.task(task)["state"] == "running", 30, "it is shown as running")
        self.assertEqual(lab.attempts(task)[0]["pid"], body.pid)
        os.kill(body.pid, signal.SIGKILL)
        lab.wait_begun(task, 2)
        lab.open_gate("go")
        self.assert_state(lab, task, "succeeded")
        self.assert_outcomes(lab, task, "crashed", "succeeded")
        self.assertEqual(lab.attempts(task)[0]["error"]["signal"], 9)

    def test_f023_a_hung_body_that_blocks_all_signals_ends_within_timeout_and_grace(self):
        lab = self.lab()
        lab.handlers["hung"] = lab.handler(timeout="1s", stop_grace="500ms", retry={"attempts": 1})
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        task = lab.enq("ignore; setsid; dfork; sleep 600000", kind="hung")
        self.assert_state(lab, task, "failed")
        self.assert_outcomes(lab, task, "timed_out")
        took = seconds(lab.attempts(task)[0])
        self.assertGreaterEqual(took, 1.4)
        self.assertLess(took, 6, "1.5 s, and room for a busy machine")
        self.assertEqual(processes.marked("LAB_ID", lab.id), set())

    def test_a_stopped_body_can_still_be_cancelled(self):
        lab = self.lab()
        task = lab.enq("stop; sleep 600000")
        body, = lab.wait_begun(task)
        wait_until(lambda: (processes.stat(body.pid) or "?")[0] == "T", 30, "it is stopped")
        lab.cancel(task)
        self.assert_state(lab, task, "cancelled")


class Trees(DaemonCase):
    def test_f029_children_left_behind_are_gone_when_the_outcome_is_known(self):
        lab = self.lab()
        for script, count in (("fork 3; result 1; exit 0", 3), ("setsid; result 1; exit 0", 1), ("dfork; result 1; exit 0", 1),
                              ("daemon; result 1; exit 0", 1), ("fork 2; daemon; setsid; result 1; exit 0", 4)):
            with self.subTest(script):
                task = lab.enq(script)
                self.assert_state(lab, task, "succeeded")
                self.assertEqual(processes.marked("LAB_ID", lab.id), set())
                self.assertEqual(lab.attempts(task)[0]["left_children"], count)

    def test_f035_a_grandchild_that_holds_the_pipes_does_not_hold_the_attempt(self):
        lab = self.lab()
        for script in ("fork 1; print 6c617374; exit 0", "dfork; print 6c617374; exit 0"):
            task = lab.enq(script)
            self.assert_state(lab, task, "succeeded")
            self.assertLess(seconds(lab.attempts(task)[0]), 3, "1 s, and room for a busy machine")
            self.assertEqual([line["message"] for line in lab.lines(task) if line["stream"] == "stdout"], ["last"])

    def test_nothing_is_left_and_descriptors_return_after_many_bodies(self):
        lab = self.lab()
        lab.enq("exit 0")
        lab.idle()
        self.assertEqual(lab.http("GET", "/healthz").status, 200)
        baseline = len(processes.descriptors(lab.pid))
        scripts = ["exit 0", "exit 1", "segv", "fork 2; exit 0", "dfork; exit 0", "out 5000; exit 0", "garbage; exit 0"]
        lab.bulk([scripts[n % len(scripts)] for n in range(140)], max_attempts=1, max_crashes=1)
        lab.idle()
        self.assert_nothing_left(lab)
        self.assert_calm(lab, baseline)

    def test_the_death_of_the_daemon_takes_whole_trees_with_it(self):
        lab = self.lab()
        tasks = [lab.enq(f"{how}; gate {lab.path('go')}") for how in ("note a", "fork 2", "setsid", "dfork", "daemon", "ignore; fork 1")]
        for task in tasks:
            lab.wait_begun(task)
        wait_until(lambda: len(processes.marked("LAB_ID", lab.id)) >= 12, 30, "all trees have grown")
        orphans = lab.k9()
        lab.up()
        self.assertEqual([pid for pid, start in orphans if processes.lives(pid, start)], [])
        lab.open_gate("go")
        for task in tasks:
            self.assert_state(lab, task, "succeeded")
            self.assertEqual(lab.attempts(task)[0]["outcome"], "lost")

    def test_a_poison_task_that_outlives_no_daemon_ends_failed_case_103(self):
        lab = self.lab()
        task = lab.enq(f"gate {lab.path('never')}", max_crashes=2)
        control = lab.enq("exit 0")
        for count in (1, 2):
            lab.wait_begun(task, count)
            lab.restart()
        found = self.assert_state(lab, task, "failed")
        self.assertEqual((found["crashes"], len(lab.begun(task))), (2, 2))
        self.assert_state(lab, control, "succeeded")

    def test_of_a_kind_with_on_crash_fail_the_first_lost_attempt_is_the_end(self):
        lab = self.lab()
        lab.handlers["once"] = lab.handler(on_crash="fail", retry={"attempts": 3})
        lab.reload()
        task = lab.enq(f"gate {lab.path('never')}", "once")
        lab.wait_begun(task)
        lab.restart()
        found = self.assert_state(lab, task, "failed")
        self.assertEqual(("lost", 1), (found["error"]["code"], found["crashes"]))
        self.assert_outcomes(lab, task, "lost")


if __name__ == "__main__":
    unittest.main()
