"""Pauses of kinds and labels, as somebody uses them from the command line."""

import datetime
import time
import unittest

from cli_case import CliCase


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Pauses(CliCase):
    def test_a_kind_is_stopped_and_goes_on(self):
        lab = self.lab()
        said = self.reeve(lab, "pause", "--kind", "noop", "--reason", "the disk is full").stderr
        self.assertIn("kind noop is paused", said)
        self.assertIn("reeve resume --kind noop", said)
        self.assertIn("was paused already", self.reeve(lab, "pause", "--kind", "noop").stderr)
        held = int(self.data(lab, "enqueue", "noop"))
        free = self.enqueue(lab, "exit 0")
        self.assert_state(lab, free, "succeeded")
        self.assertEqual(lab.task(held)["state"], "blocked")
        self.assertEqual([task["id"] for task in lab.ok("GET", "/v1/tasks?state=blocked")["tasks"]], [held])
        why = self.data(lab, "why", held)
        self.assertIn('the kind "noop" was paused', why)
        self.assertIn("uid:", why)
        self.assertIn("the disk is full", why)
        self.assertIn("`reeve resume --kind noop`", why)
        self.assertIn("kind noop", self.data(lab, "status"))
        self.assertIn("goes on", self.reeve(lab, "resume", "--kind", "noop").stderr)
        self.assert_state(lab, held, "succeeded")
        self.assertIn("was not paused", self.reeve(lab, "resume", "--kind", "noop").stderr)

    def test_an_alias_means_its_handler_also_when_it_was_paused_before_the_rename(self):
        lab = self.lab()
        self.reeve(lab, "pause", "--kind", "noop")
        lab.handlers["noop.new"] = dict(lab.handlers.pop("noop"), aliases=["noop"])
        lab.reload()
        self.assertEqual(self.json(lab, "resume", "--kind", "noop"), {"kind": "noop.new", "paused": False, "changed": True})
        self.assertEqual(self.json(lab, "pause", "--kind", "noop"), {"kind": "noop.new", "paused": True, "changed": True})
        held = int(self.data(lab, "enqueue", "noop"))
        self.assert_state(lab, self.enqueue(lab, "exit 0"), "succeeded")
        self.assertEqual(lab.task(held)["state"], "blocked")
        self.reeve(lab, "resume", "--kind", "noop")
        self.assert_state(lab, held, "succeeded")

    def test_a_label_is_stopped_over_a_restart_and_goes_on(self):
        lab = self.lab()
        running = lab.enq(f"gate {lab.path('go')}", labels={"customer": "acme inc"})
        lab.wait_begun(running)
        paused = self.json(lab, "pause", "--label", "customer=acme inc", "--reason", "unpaid")
        self.assertEqual(paused, {"key": "customer", "value": "acme inc", "paused": True, "changed": True})
        held = [lab.enq("exit 0", labels={"customer": "acme inc"}) for _ in range(20)]
        free = lab.enq("exit 0", labels={"customer": "other"})
        self.assert_state(lab, free, "succeeded")
        lab.open_gate("go")
        self.assert_state(lab, running, "succeeded")
        lab.restart()
        later = lab.enq("exit 0")
        self.assert_state(lab, later, "succeeded")
        self.assertEqual({lab.task(task)["state"] for task in held}, {"blocked"})
        reasons = lab.ok("GET", f"/v1/tasks/{held[0]}/why")["reasons"]
        self.assertEqual(reasons[0]["code"], "label_paused")
        self.assertEqual(reasons[0]["fix"], "`reeve resume --label 'customer=acme inc'`")
        pauses = lab.ok("GET", "/v1/pauses")
        self.assertEqual((pauses["queues"], pauses["kinds"]), ([], []))
        self.assertEqual([(one["key"], one["value"], one["reason"]) for one in pauses["labels"]], [("customer", "acme inc", "unpaid")])
        self.assertEqual(lab.ok("GET", "/v1/status")["pauses"], pauses)
        self.reeve(lab, "resume", "--label", "customer=acme inc")
        for task in held:
            self.assert_state(lab, task, "succeeded")
        types = [event["type"] for event in lab.ok("GET", "/v1/events?type=label.*")["events"]]
        self.assertEqual(types, ["label.paused", "label.resumed"])

    def test_the_estimate_for_a_line_of_sleeping_tasks_is_near_the_truth(self):
        lab = self.lab(supervisor={"concurrency": 2, "drain_timeout": "20s"})
        first = lab.enq("sleep 600; exit 0")
        unknown = [lab.enq("sleep 600; exit 0") for _ in range(2)][1]
        answer = lab.ok("GET", f"/v1/tasks/{unknown}/why")
        if "estimated_start" not in answer:
            self.assertIn("has ever run to its end", answer["estimate"])
        lab.idle()
        line = [lab.enq("sleep 600; exit 0") for _ in range(9)]
        answer = lab.ok("GET", f"/v1/tasks/{line[-1]}/why")
        asked = time.time()
        self.assertIn("go before it in its queue", answer["estimate"])
        told = moment(answer["estimated_start"]) - asked
        self.assertIn("will probably start", self.data(lab, "why", line[-1]))
        lab.idle()
        took = moment(lab.task(line[-1])["started_at"]) - asked
        self.assertGreater(took, 1)
        self.assertGreater(told, took / 2)
        self.assertLess(told, took * 2)
        self.assert_state(lab, first, "succeeded")
        paused = lab.enq("exit 0", kind="noop", delay="1h")
        answer = lab.ok("GET", f"/v1/tasks/{paused}/why")
        self.assertEqual(answer["estimated_start"], lab.task(paused)["run_at"])
        self.reeve(lab, "pause", "--kind", "noop")
        answer = lab.ok("GET", f"/v1/tasks/{paused}/why")
        self.assertNotIn("estimated_start", answer)
        self.assertIn("paused", answer["estimate"])

    def test_drain_tells_who_runs_and_for_how_long_probably(self):
        lab = self.lab()
        lab.enq("sleep 300; exit 0")
        lab.idle()
        slow = lab.enq("sleep 3000; exit 0")
        lab.wait_begun(slow)
        drain = self.json(lab, "drain")
        self.assertTrue(drain["draining"])
        self.assertEqual((drain["running"], drain["drain_timeout_ms"]), (1, 20000))
        attempt = drain["attempts"][0]
        self.assertEqual((attempt["task"], attempt["kind"]), (slow, "chaos"))
        if not attempt["overdue"]:
            self.assertGreater(moment(attempt["done_at"]), moment(attempt["since"]) + 0.2)
            self.assertEqual(drain["done_at"], attempt["done_at"])
        said = self.reeve(lab, "drain", "--wait").stderr
        self.assertIn("1 still run", said)
        self.assertIn(f"  {slow}  chaos  for ", said)
        self.assertIn("drained: nothing runs", said)
        self.assertEqual(lab.ok("GET", "/v1/drain")["attempts"], [])
        self.assertFalse(lab.ok("POST", "/v1/resume")["draining"])
        gated = lab.enq(f"gate {lab.path('go')}")
        lab.wait_begun(gated)
        with self.terminal(lab, "drain", "--wait") as screen:
            screen.await_text("\r1 still run")
            lab.open_gate("go")
            self.assertEqual(screen.end(), 0)
            self.assertIn("\x1b[Kdrained: nothing runs", screen.text)

    def test_a_rate_of_each_key_holds_over_a_kill_and_hides_nobody(self):
        lab = self.quiet_lab()
        lab.handlers["mail"] = {**lab.handler(), "key_rate": {"limit": 2, "per": "1s", "burst": 1}}
        lab.up()
        key = {"concurrency": {"key": "acme", "limit": 10}}
        mails = [lab.enq("exit 0", kind="mail", **key) for _ in range(4)]
        self.assert_state(lab, lab.enq("exit 0", kind="mail", concurrency={"key": "other", "limit": 10}), "succeeded")
        self.assert_state(lab, lab.enq("exit 0", kind="mail"), "succeeded")
        last = lab.ok("GET", f"/v1/tasks/{mails[-1]}/why")
        if last["state"] != "succeeded":
            self.assertIn("key_rate", [reason["code"] for reason in last["reasons"]])
            self.assertIn("estimated_start", last)
        lab.k9()
        lab.up()
        for mail in mails:
            self.assert_state(lab, mail, "succeeded")
        begun = sorted(moment(lab.task(mail)["claimed_at"]) for mail in mails)
        for one, other in zip(begun, begun[1:]):
            self.assertGreaterEqual(other - one, 0.499)
        self.assertTrue(lab.ok("GET", "/v1/store/check")["ok"])

    def test_what_it_refuses(self):
        lab = self.lab()
        self.refused(lab, "pause", "mail", "--kind", "noop", says=["one thing at a time"])
        self.refused(lab, "pause", "--label", "acme", says=["key=value"])
        self.refused(lab, "pause", "--reason", "why", says=["goes with a queue, a kind or a label"])
        self.refused(lab, "pause", "--kind", "", says=["--kind is empty"])
        self.assertEqual(lab.http("POST", "/v1/kinds/a%20b/pause").status, 400)
        for body in ({}, {"key": "k"}, {"key": "a b", "value": "v"}, {"key": "k", "value": "v" * 1025}, {"key": "k", "value": 1}, {"key": "k", "value": "v", "more": 1}):
            self.assertEqual(lab.http("POST", "/v1/labels/pause", body).status, 422, body)
        self.assertEqual(lab.ok("GET", "/v1/pauses"), {"queues": [], "kinds": [], "labels": []})


if __name__ == "__main__":
    unittest.main()
