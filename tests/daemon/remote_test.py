#!/usr/bin/env python3
"""Workers elsewhere: claiming over HTTP, speaking with a token, leases, stops, and what is too late."""
import json
import socket
import threading
import unittest

from case import DaemonCase
from waiting import wait_until


class Remote(DaemonCase):
    def remote_lab(self):
        lab = self.quiet_lab()
        lab.handlers = {"far": {"executor": "remote", "lease": "1s", "stop_grace": "500ms",
                                "retry": {"attempts": 2, "crashes": 2, "backoff": "fixed", "base": "10ms", "jitter": "none"}},
                        "slow": {"executor": "remote", "lease": "1m"}, "noop": {"executor": "inline", "builtin": "noop"}}
        lab.up()
        return lab

    def claim(self, lab, kinds=("far",), wait="20s", **more):
        return lab.ok("POST", "/v1/claims", {"kinds": list(kinds), "wait": wait, **more})["claim"]

    def say(self, lab, claim, **message):
        return lab.http("POST", "/v1/attempt", message, {"Authorization": "Bearer " + claim["token"]})

    def said(self, lab, claim, **message):
        answer = self.say(lab, claim, **message)
        self.assertEqual(200, answer.status, answer)
        return answer.json

    def test_a_task_goes_to_the_worker_that_waits(self):
        lab = self.remote_lab()
        claims = []
        waiter = threading.Thread(target=lambda: claims.append(self.claim(lab, worker="gpu-3")))
        waiter.start()
        task = lab.enq({"frame": 7}, "far", labels={"film": "x"})
        waiter.join(30)
        claim = claims[0]
        self.assertEqual((task, 1, {"frame": 7}, {"film": "x"}, 1000),
                         (claim["task"], claim["attempt"], claim["payload"], claim["labels"], claim["lease_ms"]))
        self.assertEqual({"ok": True, "lease_ms": 60000}, self.said(lab, claim, type="renew", lease_ms=60000))
        self.said(lab, claim, type="progress", percent=40)
        self.said(lab, claim, type="log", message="rendering")
        self.assertEqual(False, self.said(lab, claim, type="step.begin", name="a")["done"])
        self.said(lab, claim, type="step.end", name="a", output=1)
        self.said(lab, claim, type="result", value={"file": "7.exr"})
        found = self.assert_state(lab, task, "succeeded")
        self.assertEqual({"file": "7.exr"}, found["result"])
        self.assertEqual(401, self.say(lab, claim, type="beat").status)
        self.assertIn("rendering", [line["message"] for line in lab.lines(task)])

    def test_ten_workers_claim_one_task_and_one_gets_it_case_26(self):
        lab = self.remote_lab()
        task, got, barrier = lab.enq(None, "slow"), [], threading.Barrier(10)

        def worker():
            barrier.wait()
            got.append(self.claim(lab, ["slow"], "500ms"))

        self.together([worker] * 10)
        self.assertEqual([task], [claim["task"] for claim in got if claim])
        self.assertEqual(9, got.count(None))

    def test_four_workers_share_a_thousand_tasks_each_done_once_case_28(self):
        lab = self.remote_lab()
        tasks, done = lab.bulk([None] * 1000, "slow"), [[] for _ in range(4)]

        def worker(mine):
            while claim := self.claim(lab, ["slow"], "500ms"):
                self.said(lab, claim, type="result", value=1)
                mine.append(claim["task"])

        self.together([lambda mine=mine: worker(mine) for mine in done])
        self.assertEqual(sorted(tasks), sorted(task for mine in done for task in mine))
        self.assertTrue(all(done), [len(mine) for mine in done])

    def together(self, works):
        threads = [threading.Thread(target=work) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)

    def test_a_task_waits_while_no_worker_does(self):
        lab = self.remote_lab()
        task = lab.enq(None, "far")
        other = lab.enq(None, "noop")
        self.assert_state(lab, other, "succeeded")
        self.assertEqual("queued", lab.task(task)["state"])
        self.assertEqual("no_worker", lab.ok("GET", f"/v1/tasks/{task}/why")["reasons"][0]["code"])
        self.assertIsNone(self.claim(lab, ("slow",), "100ms"))
        self.assertEqual(task, self.claim(lab)["task"])

    def test_a_silent_worker_loses_its_task_and_is_refused(self):
        lab = self.remote_lab()
        task = lab.enq(None, "far")
        lost = self.claim(lab)
        again = self.claim(lab)
        self.assertEqual((task, lost["epoch"] + 1), (again["task"], again["epoch"]))
        self.assertEqual(401, self.say(lab, lost, type="result", value="stale").status)
        self.said(lab, again, type="result", value="fresh")
        self.assertEqual("fresh", self.assert_state(lab, task, "succeeded")["result"])
        self.assert_outcomes(lab, task, "lost", "succeeded")

    def test_a_released_task_costs_nothing(self):
        lab = self.remote_lab()
        task = lab.enq(None, "far")
        self.said(lab, self.claim(lab), type="release")
        again = self.claim(lab)
        self.assertEqual((task, 1), (again["task"], again["attempt"]))
        self.said(lab, again, type="error", code="busy", message="no")
        third = self.claim(lab)
        self.assertEqual(2, third["attempt"])
        self.said(lab, third, type="reject", code="never")
        self.assertEqual("never", self.assert_state(lab, task, "failed")["error"]["code"])

    def test_a_release_after_the_timeout_is_a_timeout(self):
        lab = self.quiet_lab()
        lab.handlers = {"short": {"executor": "remote", "lease": "1m", "timeout": "200ms", "retry": {"attempts": 1}}}
        lab.up()
        task = lab.enq(None, "short")
        claim = self.claim(lab, ("short",))
        wait_until(lambda: self.said(lab, claim, type="beat").get("stop") == "timeout", 10, "the worker is told")
        self.said(lab, claim, type="release")
        self.assertEqual("timeout", self.assert_state(lab, task, "failed")["error"]["code"])

    def test_a_cancel_is_told_and_enforced(self):
        lab = self.remote_lab()
        task = lab.enq(None, "slow")
        claim = self.claim(lab, ("slow",))
        lab.cancel(task)
        wait_until(lambda: self.said(lab, claim, type="beat").get("stop") == "cancel", 10, "the worker is told")
        self.said(lab, claim, type="error", code="stopped")
        self.assert_state(lab, task, "cancelled")
        stubborn = lab.enq(None, "far")
        claim = self.claim(lab, lease="1m")
        lab.cancel(stubborn)
        self.assert_state(lab, stubborn, "cancelled", 10)
        self.assertEqual(401, self.say(lab, claim, type="result", value=1).status)

    def test_a_tracked_task_ends_by_its_status(self):
        lab = self.remote_lab()
        task = lab.enq(None, "slow")
        claim = self.claim(lab, ("slow",))
        self.said(lab, claim, type="status", state="running", stage="encoding", actor="ci", source="farm")
        wait_until(lambda: (lab.task(task).get("progress") or {}).get("label") == "encoding", 10, "the stage is shown")
        self.assertIn("error", self.said(lab, claim, type="status", state="sideways"))
        self.said(lab, claim, type="status", state="succeeded", value=[1])
        self.assertEqual([1], self.assert_state(lab, task, "succeeded")["result"])

    def test_bad_claims_are_refused(self):
        lab = self.remote_lab()
        for body in ({}, {"kinds": []}, {"kinds": ["noop"]}, {"kinds": ["nowhere"]}, {"kinds": ["far"], "wait": "2h"}, {"kinds": ["far"], "x": 1},
                     {"kinds": "far"}, {"kinds": ["far"] * 101}):
            with self.subTest(body=body):
                self.assertIn(lab.http("POST", "/v1/claims", body).status, (400, 422))

    def test_a_worker_that_went_away_is_not_counted_on(self):
        lab = self.remote_lab()
        self.claim_and_vanish(lab)
        task = lab.enq(None, "slow")
        wait_until(lambda: lab.task(task)["state"] == "queued", 10, "nobody took it")
        self.assertEqual(task, self.claim(lab, ("slow",))["task"])

    def test_a_task_that_met_a_vanished_worker_goes_to_the_next_at_no_cost(self):
        lab = self.remote_lab()
        met = 0
        for _ in range(3):
            self.wait_and_vanish(lab)
            task = lab.enq(None, "slow")
            claim = self.claim(lab, ("slow",))
            self.assertEqual((task, 1), (claim["task"], claim["attempt"]))
            self.said(lab, claim, type="result")
            self.assertEqual(0, self.assert_state(lab, task, "succeeded")["crashes"])
            outcomes = [attempt["outcome"] for attempt in lab.attempts(task)]
            self.assertIn(outcomes, (["succeeded"], ["interrupted", "succeeded"]))
            met += len(outcomes) - 1
        self.assertGreater(met, 0, "no task met the worker that had vanished")

    def test_an_orderly_stop_of_the_daemon_costs_a_remote_task_nothing(self):
        lab = self.remote_lab()
        task = lab.enq(None, "far")
        self.claim(lab, lease="1m")
        self.assertEqual(0, lab.term())
        lab.up()
        again = self.claim(lab)
        self.assertEqual((task, 1), (again["task"], again["attempt"]))
        self.said(lab, again, type="result")
        self.assertEqual(0, self.assert_state(lab, task, "succeeded")["crashes"])
        self.assert_outcomes(lab, task, "interrupted", "succeeded")

    def test_what_is_too_long_is_refused_and_changes_nothing(self):
        lab = self.remote_lab()
        task = lab.enq(None, "slow")
        claim = self.claim(lab, ("slow",))
        self.said(lab, claim, type="step.begin", name="a", input="x" * 1000)
        large = "x" * (1 << 20)
        for message, code in (({"type": "step.end", "name": "a", "output": large}, "payload_too_large"),
                              ({"type": "step.begin", "name": "b", "input": large}, "payload_too_large"),
                              ({"type": "result", "value": large + "x" * (64 << 10)}, "message_too_long")):
            self.assertEqual(code, self.said(lab, claim, **message)["error"]["code"])
        self.assertEqual([("a", "running")], [(step["name"], step["status"]) for step in lab.ok("GET", f"/v1/tasks/{task}/steps")["steps"]])
        self.said(lab, claim, type="step.end", name="a", output=1)
        self.said(lab, claim, type="result", value="x" * 1000)
        self.assert_state(lab, task, "succeeded")

    def claim_and_vanish(self, lab):
        self.wait_and_vanish(lab)
        wait_until(lambda: self.offers(lab) == 0, 10, "its offer is gone")

    def wait_and_vanish(self, lab):
        body = json.dumps({"kinds": ["slow"], "wait": "20s"}).encode()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(lab.socket)
            client.sendall(b"POST /v1/claims HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            wait_until(lambda: self.offers(lab) == 1, 10, "the worker waits")

    def offers(self, lab):
        kinds = {kind["name"]: kind for kind in lab.ok("GET", "/v1/status")["kinds"]}
        return kinds["slow"].get("room", 0)


if __name__ == "__main__":
    unittest.main()
