"""What is finished is let go as the configuration says, by itself and by hand; and the store's file as a whole, out of it and into it."""

import hashlib
import json
import os
import time
import unittest

import processes
from case import DaemonCase
from waiting import wait_until


def dump(lab, *options):
    run = lab.cli("store", "export", *options)
    if run.returncode:
        raise AssertionError(run.stderr)
    return [json.loads(line) for line in run.stdout.splitlines()]


def comparable(lines):
    """Without what an import changes by itself: the head, epochs of tasks, the event that says so."""
    return [{**line, "epoch": 0} if line["row"] == "task" else line for line in lines[1:] if "requeued" not in line.get("data", "")]


class Background(DaemonCase):
    def test_what_is_too_old_goes_by_itself_and_is_told(self):
        lab = self.lab(judged=False, retention={"succeeded": "1s"}, supervisor={"retention_interval": "1s"})
        task = lab.enq("exit 0")
        lab.wait(task)
        wait_until(lambda: lab.http("GET", f"/v1/tasks/{task}").status == 404, 30, "the task is let go")
        record = wait_until(lambda: lab.log_events("retention.deleted"), 10, "it is logged")[0]
        self.assertEqual((record["tasks"], record["succeeded"]), (1, 1))
        events = lab.ok("GET", "/v1/events?type=retention.deleted")["events"]
        self.assertEqual([event["data"] for event in events], [{"succeeded": 1}])

    def test_a_start_lets_go_what_became_due_meanwhile(self):
        lab = self.lab(judged=False)
        tasks = lab.bulk([""] * 700, kind="noop")
        lab.idle()
        lab.term()
        lab.sections["retention"] = {"succeeded_per_kind": 10}
        lab.up()
        wait_until(lambda: lab.ok("GET", "/v1/status")["counts"]["status"].get("succeeded") == 10, 30, "the newest ten are left")
        self.assertEqual(lab.http("GET", f"/v1/tasks/{tasks[-11]}").status, 404)
        self.assertEqual(lab.task(tasks[-1])["state"], "succeeded")

    def test_an_idle_daemon_with_nothing_to_delete_does_not_wake(self):
        lab = self.lab(retention={"succeeded": "365d", "failed_per_kind": 5}, supervisor={"retention_interval": "1s"})
        lab.wait(lab.enq("exit 0"))
        seen, since = processes.switches(lab.pid), time.monotonic()

        def slept_four_intervals():
            nonlocal seen, since
            now = processes.switches(lab.pid)
            if now != seen:
                seen, since = now, time.monotonic()
            return time.monotonic() - since > 4

        wait_until(slept_four_intervals, 30, "it sleeps for four seconds on end")

    def test_claims_go_on_while_much_is_deleted(self):
        lab = self.lab(judged=False)
        for _ in range(2):
            lab.bulk(["x" * 200] * 10_000, kind="noop")
        lab.idle()
        lab.sections["retention"] = {"succeeded_per_kind": 1}
        lab.reload()
        waits = []
        while lab.ok("GET", "/v1/status")["counts"]["status"].get("succeeded", 0) > 1_000:
            begun = time.monotonic()
            lab.enq("", kind="noop")
            waits.append(time.monotonic() - begun)
        self.assertGreater(len(waits), 5)
        self.assertLess(sorted(waits)[len(waits) // 2], 0.25, waits)


class ByHand(DaemonCase):
    def test_a_dry_run_says_what_then_goes(self):
        lab = self.lab(judged=False, retention={"succeeded_per_kind": 20}, supervisor={"retention_interval": "1h"})
        self.assertIn("nothing would go", lab.cli("compact", "--dry-run").stderr)
        lab.bulk([""] * 50, kind="noop")
        lab.wait(lab.enq("exit 64"))
        held = lab.enq("", delay="1h")
        wait_until(lambda: lab.ok("GET", "/v1/status")["counts"]["status"].get("succeeded") == 50, 60, "all are done")
        forecast = json.loads(lab.cli("compact", "--dry-run", "--json").stdout)
        self.assertEqual((forecast["dry_run"], forecast["tasks"], forecast["succeeded"], forecast["failed"]), (True, 30, 30, 0))
        self.assertIn("would go: 30 succeeded tasks", lab.cli("compact", "--dry-run").stderr)
        unsure = lab.cli("compact")
        self.assertEqual(unsure.returncode, 2, unsure)
        self.assertIn("--yes", unsure.stderr)
        self.assertEqual(lab.ok("GET", "/v1/status")["counts"]["status"]["succeeded"], 50)
        self.assertIn("let go: 30 succeeded tasks", lab.cli("compact", "--yes").stderr)
        counts = lab.ok("GET", "/v1/status")["counts"]["status"]
        self.assertEqual((counts["succeeded"], counts["failed"]), (20, 1))
        self.assertEqual(lab.task(held)["state"], "scheduled")
        [event] = lab.ok("GET", "/v1/events?type=retention.deleted")["events"]
        self.assertEqual(event["data"], {"succeeded": 30})
        self.assertTrue(event["actor"].startswith("uid:"), event)


class WholeFile(DaemonCase):
    def filled(self):
        lab = self.lab()
        payload = 'print 6869; report {"a": "ü"}  ; exit 0'
        task = lab.enq(payload, labels={"team": "x"}, external_id="first")
        lab.wait(task)
        lab.wait(lab.enq("exit 64"))
        lab.enq("", delay="1h")
        return lab, task, payload

    def test_what_is_exported_can_be_imported_and_is_the_same(self):
        lab, task, payload = self.filled()
        live = dump(lab, "--config", lab.yaml)
        self.assertEqual(live[0]["reeve"], "export")
        [stored] = [line["payload"] for line in live if line.get("row") == "payload" and line["task"] == task]
        self.assertEqual(hashlib.sha256(stored.encode()).hexdigest(), hashlib.sha256(json.dumps(payload).encode()).hexdigest())
        refused = lab.cli("store", "import", lab.path("nothing.ndjson"), "--config", lab.yaml)
        self.assertEqual(refused.returncode, 3, refused)
        lab.term()
        file = lab.path("all.ndjson")
        self.assertEqual(lab.cli("store", "export", file, "--config", lab.yaml).returncode, 0)
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        copy = lab.path("copy.db")
        done = lab.cli("store", "import", file, "--store", copy)
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(comparable(dump(lab, "--store", copy)), comparable(dump(lab, "--config", lab.yaml)))
        self.assertIn("sound", lab.cli("store", "check", "--store", copy).stderr)
        again = lab.cli("store", "import", file, "--store", copy)
        self.assertEqual(again.returncode, 73, again)
        self.assertIn("has 3 tasks", again.stderr)
        merged = lab.cli("store", "import", file, "--merge", "--store", copy)
        self.assertIn("are there already: 1, 2, 3", merged.stderr)

    def test_a_restore_needs_the_store_for_itself_and_running_tasks_run_again(self):
        lab = self.lab(judged=False)   # its history is not that of one store: epochs are raised, events were taken back
        gate = lab.enq("sleep 600")
        lab.wait_begun(gate)
        backup = lab.path("backup.db")
        self.assertEqual(lab.cli("store", "backup", backup).returncode, 0)
        later = lab.enq("exit 0")
        lab.wait(later)
        refused = lab.cli("store", "restore", backup, "--config", lab.yaml)
        self.assertEqual(refused.returncode, 75, refused)
        self.assertIn(str(lab.pid), refused.stderr)
        lab.k9()
        done = lab.cli("store", "restore", backup, "--config", lab.yaml)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("1 that ran are queued again", done.stderr)
        lab.up()
        lab.acks = [ack for ack in lab.acks if ack[0] != later]
        found = lab.wait_begun(gate, 2)
        self.assertEqual(len(found), 2)
        self.assertGreater(lab.enq("exit 0"), later)
        lab.cancel(gate)
        lab.wait(gate)

    def test_the_size_is_told_and_given_back(self):
        lab = self.lab(judged=False)
        lab.bulk(["x" * 4000] * 2_000, kind="noop")
        lab.idle()
        before = json.loads(lab.cli("store", "stats", "--json").stdout)
        self.assertEqual(before["tables"]["task"]["rows"], 2_000)
        self.assertGreater(before["tables"]["payload"]["bytes"], 8_000_000)
        self.assertIn("task_finished", before["indexes"])
        lab.sections["retention"] = {"succeeded_per_kind": 1}
        lab.reload()
        wait_until(lambda: lab.ok("GET", "/v1/status")["counts"]["status"]["succeeded"] == 1, 60, "only one is left")
        given = json.loads(lab.cli("store", "vacuum", "--json").stdout)
        self.assertFalse(given["by_rewriting_only"])
        after = json.loads(lab.cli("store", "stats", "--json").stdout)
        self.assertEqual(after["free_bytes"], 0)
        self.assertLess(after["file_bytes"], before["file_bytes"] / 2)
        lab.term()
        whole = json.loads(lab.cli("store", "vacuum", "--json", "--config", lab.yaml).stdout)
        self.assertLessEqual(whole["bytes_after"], whole["bytes_before"])
        self.assertIn("sound", lab.cli("store", "check", "--config", lab.yaml).stderr)


if __name__ == "__main__":
    unittest.main()
