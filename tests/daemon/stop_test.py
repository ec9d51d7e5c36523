"""Stopping, draining, reloading, starting a second time."""

import os
import signal
import time
import unittest

import cgroups
import wire
from case import DaemonCase
from waiting import wait_until


def ready(lab):
    try:
        return lab.http("GET", "/readyz").status == 200
    except wire.Unreachable:
        return False


class Stopping(DaemonCase):
    def test_sigterm_lets_running_bodies_finish_and_starts_no_other(self):
        lab = self.lab(supervisor={"concurrency": 1})
        running = lab.enq(f"gate {lab.path('go')}; result 3")
        lab.wait_begun(running)
        queued = lab.enq("exit 0")
        lab.daemon.send_signal(signal.SIGTERM)
        wait_until(lambda: not ready(lab), 30, "it claims no more")
        lab.open_gate("go")
        self.assertEqual(lab.daemon.wait(60), 0)
        self.assertEqual(lab.begun(queued), [])
        lab.up()
        found = self.assert_state(lab, running, "succeeded")
        self.assertEqual((found["attempt"], found["epoch"]), (1, 1))
        self.assert_state(lab, queued, "succeeded")

    def test_what_does_not_finish_in_time_is_interrupted_and_pays_nothing(self):
        lab = self.lab(supervisor={"concurrency": 2, "drain_timeout": "200ms"})
        task = lab.enq(f"ignore TERM; gate {lab.path('go')}", max_attempts=1, max_crashes=1)
        lab.wait_begun(task)
        self.assertEqual(lab.term(), 0)
        lab.open_gate("go")
        lab.up()
        found = self.assert_state(lab, task, "succeeded")
        self.assertEqual((found["attempt"], found.get("crashes", 0), found["interruptions"]), (1, 0, 1))
        self.assert_outcomes(lab, task, "interrupted", "succeeded")

    def test_a_second_sigterm_hurries(self):
        lab = self.lab(supervisor={"concurrency": 2, "drain_timeout": "10m"})
        task = lab.enq(f"gate {lab.path('go')}", stop_grace="300ms")
        lab.wait_begun(task)
        lab.daemon.send_signal(signal.SIGTERM)
        wait_until(lambda: not ready(lab), 30, "it claims no more")
        lab.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(lab.daemon.wait(30), 0)
        lab.open_gate("go")

    def test_a_lab_leaves_no_control_groups_of_a_daemon_that_was_killed(self):
        lab = self.lab(judged=False, handlers={"bounded": {"command": ["/bin/true"], "limits": {"processes": 50}}})
        self.assert_state(lab, lab.enq("", kind="bounded"), "succeeded")
        if not cgroups.folders_of_store(lab.store):
            self.skipTest("the daemon may make no control groups here")
        lab.k9()
        self.assertTrue(cgroups.folders_of_store(lab.store))
        lab.clean()
        self.assertEqual(cgroups.folders_of_store(lab.store), [])

    def test_an_idle_daemon_stops_at_once(self):
        lab = self.lab()
        begun = time.monotonic()
        self.assertEqual(lab.term(), 0)
        self.assertLess(time.monotonic() - begun, 5)
        self.assertFalse(os.path.exists(lab.socket))

    def test_draining_claims_nothing_until_resumed(self):
        lab = self.lab()
        self.assertTrue(lab.ok("POST", "/v1/drain")["draining"])
        self.assertEqual(lab.http("GET", "/readyz").status, 503)
        task = lab.enq("exit 0")
        self.assertTrue(lab.ok("GET", f"/v1/tasks/{task}/why")["reasons"])
        self.assertEqual(lab.begun(task), [])
        lab.ok("POST", "/v1/resume")
        self.assert_state(lab, task, "succeeded")

    def test_serve_until_idle_works_and_ends(self):
        lab = self.lab()
        lab.term()
        lab.up()
        lab.ok("POST", "/v1/drain")
        tasks = [lab.enq("exit 0") for _ in range(5)]
        lab.k9()
        until_idle = lab.start(arguments=["--until-idle"])
        self.assertEqual(until_idle.wait(60), 0)
        lab.up()
        for task in tasks:
            self.assertEqual(lab.task(task)["state"], "succeeded")


class Reloading(DaemonCase):
    def test_sighup_takes_new_declarations_and_running_bodies_keep_theirs(self):
        lab = self.lab()
        running = lab.enq(f"gate {lab.path('go')}; result 2")
        lab.wait_begun(running)
        lab.handlers["added"] = lab.handler()
        lab.handlers["chaos"]["timeout"] = "1ms"
        lab.write_configuration()
        lab.daemon.send_signal(signal.SIGHUP)
        wait_until(lambda: "added" in str(lab.ok("GET", "/v1/kinds")), 30, "the new kind is there")
        self.assert_state(lab, lab.enq("exit 0", kind="added"), "succeeded")
        lab.open_gate("go")
        self.assert_state(lab, running, "succeeded")

    def test_sighup_with_a_bad_file_changes_nothing_and_says_where(self):
        lab = self.lab()
        before = lab.ok("GET", "/v1/kinds")
        lab.write_configuration("handlers:\n  chaos:\n    timeot: 5s\n")
        lines = len(lab.log_lines())
        lab.daemon.send_signal(signal.SIGHUP)
        wait_until(lambda: any("reeve.yaml:3:5" in line for line in lab.log_lines()[lines:]), 30, "the place of the fault is in the log")
        self.assertEqual(lab.ok("GET", "/v1/kinds"), before)
        self.assert_state(lab, lab.enq("exit 0"), "succeeded")

    def test_a_removed_handler_leaves_its_queued_tasks_waiting(self):
        lab = self.lab()
        lab.handlers["going"] = lab.handler(queue="held")
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        lab.ok("POST", "/v1/queues/held/pause")
        task = lab.enq("exit 0", kind="going")
        declaration = lab.handlers.pop("going")
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        lab.ok("POST", "/v1/queues/held/resume")
        self.assertTrue(lab.ok("GET", f"/v1/tasks/{task}/why")["reasons"])
        self.assertEqual(lab.task(task)["status"], "queued")
        lab.handlers["going"] = declaration
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        self.assert_state(lab, task, "succeeded")


if __name__ == "__main__":
    unittest.main()
