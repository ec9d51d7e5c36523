#!/usr/bin/env python3
"""The stage that users test their handlers on, and a handler that is started by hand."""

import os
import subprocess
import sys
import unittest

import plain_handlers
import async_handlers_on_stage
from reeve.testing import Stage

HERE = os.path.dirname(os.path.abspath(__file__))


class Plays(unittest.TestCase):
    def test_a_step_is_run_once_over_two_attempts(self):
        stage = Stage()
        for _ in range(2):
            self.assertEqual({"type": "result", "value": [{"n": 1}, 2]}, stage.play(plain_handlers.steps))
        self.assertEqual({"one": {"n": 1}, "two": 2}, stage.steps)
        self.assertEqual([{"n": 41}, 42], Stage(steps={"one": {"n": 41}}).play(plain_handlers.steps)["value"])

    def test_a_sleep_suspends_and_is_over_in_the_next_attempt(self):
        stage = Stage()
        self.assertEqual({"type": "suspend"}, stage.play(plain_handlers.nap))
        self.assertEqual(3600000, stage.suspended_on["for_ms"])
        self.assertEqual("rested", stage.play(plain_handlers.nap)["value"])

    def test_a_signal_arrives_between_two_attempts(self):
        stage = Stage()
        self.assertEqual("suspend", stage.play(plain_handlers.approval)["type"])
        stage.send("other")
        stage.send("approved", {"by": "ann"})
        self.assertEqual({"by": "ann"}, stage.play(plain_handlers.approval)["value"])

    def test_what_was_told_is_there(self):
        stage = Stage()
        stage.play(plain_handlers.tell)
        self.assertEqual((40, 1, "warn"), (stage.progress[0]["percent"], stage.beats, stage.log[0]["level"]))

    def test_children_and_other_tasks(self):
        stage = Stage(finished={1001: "succeeded"})
        self.assertEqual("succeeded", stage.play(plain_handlers.ask)["value"]["other"])
        self.assertEqual(([{"kind": "other", "priority": 3, "payload": {"n": 1}}], [{"kind": "other"}]), (stage.enqueued, stage.staged))

    def test_errors_rejects_and_cancels_are_endings(self):
        self.assertEqual(("error", "ValueError"), tuple(Stage().play(plain_handlers.fail)[name] for name in ("type", "code")))
        self.assertEqual("bad_input", Stage().play(plain_handlers.reject)["code"])
        stage = Stage()
        stage.cancel_at("two")
        self.assertEqual("cancelled", stage.play(plain_handlers.steps)["code"])
        self.assertEqual({"one": {"n": 1}}, stage.steps)

    def test_async_handlers_are_played_the_same_way(self):
        stage = Stage()
        self.assertEqual([{"n": 1}, 2], stage.play(async_handlers_on_stage.steps)["value"])
        self.assertEqual("suspend", stage.play(async_handlers_on_stage.nap)["type"])


class ByHand(unittest.TestCase):
    def run_by_hand(self, kind, payload):
        return subprocess.run([sys.executable, "-B", os.path.join(HERE, "plain_handlers.py")], input=payload, capture_output=True, text=True, timeout=20,
                              check=False, env={"PATH": os.environ["PATH"], "REEVE_KIND": kind})

    def test_the_result_is_on_stdout_and_sleeps_pass(self):
        ran = self.run_by_hand("nap", "")
        self.assertEqual((0, '"rested"\n'), (ran.returncode, ran.stdout), ran.stderr)

    def test_a_failure_has_an_exit_code_and_is_told_on_stderr(self):
        ran = self.run_by_hand("reject", "{}")
        self.assertEqual((65, ""), (ran.returncode, ran.stdout))
        self.assertIn("bad_input", ran.stderr)


if __name__ == "__main__":
    unittest.main()
