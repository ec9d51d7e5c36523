"""Schedules: tasks that are enqueued when a clock says so, each tick once, whatever happens to the daemon."""

import json
import time
import unittest

from case import DaemonCase
from waiting import wait_until


def every_second(**keys):
    return {"cron": "* * * * * *", "zone": "UTC", "kind": "noop", **keys}


class Schedules(DaemonCase):
    def scheduled(self, schedules, **sections):
        return self.lab(schedules=schedules, **sections)

    def tasks_of(self, lab, name):
        found = lab.pages("/v1/tasks?limit=1000&order=oldest", "tasks")
        return [task for task in found if task.get("created_by") == f"schedule:{name}"]

    def shown(self, lab, name):
        return lab.ok("GET", f"/v1/schedules/{name}")

    def test_a_declared_schedule_fires_each_tick_once_over_kills(self):
        lab = self.scheduled({"pulse": every_second(overlap="allow", catch_up="all")})
        for _ in range(3):
            before = self.shown(lab, "pulse")["fired"]
            wait_until(lambda: self.shown(lab, "pulse")["fired"] > before, 10, "a tick was fired")
            lab.restart()
        before = self.shown(lab, "pulse")["fired"]
        wait_until(lambda: self.shown(lab, "pulse")["fired"] > before, 10, "a tick was fired")
        ticks = [event["data"]["tick"] for event in lab.pages("/v1/events?type=schedule.fired&limit=1000", "events")]
        self.assertEqual(ticks, sorted(set(ticks)), "each tick once, in order")
        seconds = [int(tick[17:19]) for tick in ticks]
        self.assertEqual([(b - a) % 60 for a, b in zip(seconds, seconds[1:])], [1] * (len(seconds) - 1), "and none left out")

    def test_overlap_skip_keeps_one_task_and_queue_runs_one_after_the_other(self):
        slow = {"kind": "chaos", "payload": "sleep 3000"}
        lab = self.scheduled({"skipping": every_second(**slow, overlap="skip"), "queueing": every_second(**slow, overlap="queue")})
        wait_until(lambda: self.shown(lab, "skipping")["passed_over"] >= 1 and self.shown(lab, "queueing")["fired"] >= 3, 20, "ticks passed")
        self.assertEqual(len([task for task in self.tasks_of(lab, "skipping") if task["status"] in ("queued", "claimed", "running")]), 1)
        running = [task for task in self.tasks_of(lab, "queueing") if task["status"] == "running"]
        self.assertLessEqual(len(running), 1)

    def test_overlap_cancel_other_replaces_the_running_task(self):
        lab = self.scheduled({"fresh": every_second(kind="chaos", payload="sleep 60000", overlap="cancel_other")})
        wait_until(lambda: any(task["status"] == "cancelled" for task in self.tasks_of(lab, "fresh")), 20, "an older task was cancelled")
        cancelled = next(task for task in self.tasks_of(lab, "fresh") if task["status"] == "cancelled")
        self.assertEqual(lab.task(cancelled["id"])["error"]["code"], "superseded")

    def test_what_was_missed_follows_the_rule(self):
        lab = self.scheduled({name: every_second(overlap="allow", catch_up=name) for name in ("none", "last", "all")})
        wait_until(lambda: all(self.shown(lab, name)["fired"] > 0 for name in ("none", "last", "all")), 10, "all have fired")
        lab.k9()
        lab.sections["schedules"] = {name: {**every_second(overlap="allow", catch_up=name)} for name in ("none", "last", "all")}
        lab.up()
        # Less than a minute is late, not missed: every tick is there, whatever the rule.
        wait_until(lambda: self.shown(lab, "all")["fired"] > 2, 10, "it goes on")
        self.assertEqual(self.shown(lab, "all")["passed_over"], 0)

    def test_added_at_run_time_it_survives_and_never_changes_a_declared_one(self):
        lab = self.scheduled({"nightly": {"cron": "0 3 * * *", "zone": "Europe/Berlin", "kind": "noop"}})
        added = lab.cli("schedule", "add", "pulse", "* * * * * *", "noop", '{"n":1}', "--zone", "UTC", "--overlap", "allow")
        self.assertEqual(added.returncode, 0, added)
        wait_until(lambda: self.shown(lab, "pulse")["fired"] > 0, 10, "it fires")
        lab.restart()
        before = self.shown(lab, "pulse")["fired"]
        wait_until(lambda: self.shown(lab, "pulse")["fired"] > before, 10, "it fires again")
        self.assertEqual(self.tasks_of(lab, "pulse")[0]["kind"], "noop")
        refused = lab.http("PUT", "/v1/schedules/nightly", {"cron": "@daily", "task": {"kind": "noop"}})
        self.assertEqual((refused.status, refused.json["code"]), (409, "schedule_declared"))
        self.assertEqual(lab.http("DELETE", "/v1/schedules/nightly").status, 409)
        self.assertEqual(lab.cli("schedule", "remove", "pulse").returncode, 0)
        self.assertEqual(lab.http("GET", "/v1/schedules/pulse").status, 404)
        self.assertIn("nightly", lab.cli("schedule", "list").stdout)

    def test_a_paused_schedule_fires_nothing_and_says_why(self):
        lab = self.scheduled({"pulse": every_second(overlap="allow")})
        wait_until(lambda: self.shown(lab, "pulse")["fired"] > 0, 10, "it fires")
        self.assertEqual(lab.cli("schedule", "pause", "pulse", "--reason", "month end").returncode, 0)
        paused = self.shown(lab, "pulse")
        self.assertEqual((paused["paused"], paused["pause"]["reason"]), (True, "month end"))
        lab.restart()
        self.assertTrue(self.shown(lab, "pulse")["paused"])
        fired = self.shown(lab, "pulse")["fired"]
        begun = time.monotonic()
        wait_until(lambda: time.monotonic() - begun > 2.5, 10, "two ticks have passed")
        self.assertEqual(self.shown(lab, "pulse")["fired"], fired)
        self.assertEqual(lab.cli("schedule", "resume", "pulse").returncode, 0)
        wait_until(lambda: self.shown(lab, "pulse")["fired"] > fired, 10, "it goes on")

    def test_a_reload_adds_changes_and_forgets(self):
        lab = self.scheduled({"one": {"cron": "@yearly", "kind": "noop"}})
        lab.sections["schedules"] = {"two": every_second(overlap="allow")}
        lab.reload()
        wait_until(lambda: lab.http("GET", "/v1/schedules/two").status == 200, 10, "the new one is known")
        wait_until(lambda: self.shown(lab, "two")["fired"] > 0, 10, "and fires")
        self.assertEqual(lab.http("GET", "/v1/schedules/one").status, 404)

    def test_run_now_is_beside_the_ticks(self):
        lab = self.scheduled({"nightly": {"cron": "0 3 * * *", "zone": "UTC", "kind": "noop", "payload": {"days": 1}}})
        run = lab.cli("schedule", "run", "nightly")
        self.assertEqual(run.returncode, 0, run)
        self.assert_state(lab, int(run.stdout), "succeeded")
        self.assertEqual(self.shown(lab, "nightly")["fired"], 0)
        self.assertEqual(lab.task(int(run.stdout))["payload"], {"days": 1})

    def test_bad_schedules_are_refused_with_what_to_write(self):
        lab = self.lab()
        for body, field, says in (({"task": {"kind": "noop"}}, "cron", "@every 5m"), ({"cron": "61 * * * *", "task": {"kind": "noop"}}, "cron", "minute"),
                                  ({"cron": "@daily"}, "task", "task is missing"), ({"cron": "@daily", "zone": "Mars/Olympus", "task": {"kind": "noop"}}, "zone", "tzdata"),
                                  ({"cron": "@daily", "task": {"kind": "nope"}}, "task.kind", "nope"), ({"cron": "@daily", "task": {"kind": "noop", "delay": "1s"}}, "task.run_at", "jitter"),
                                  ({"cron": "@daily", "overlap": "maybe", "task": {"kind": "noop"}}, "overlap", "cancel_other"), ({"cron": "0 0 30 2 *", "task": {"kind": "noop"}}, "cron", "no day")):
            with self.subTest(body=body):
                refused = lab.http("PUT", "/v1/schedules/x", body)
                self.assertEqual((refused.status, refused.json["field"]), (422, field), refused)
                self.assertIn(says, refused.json["detail"])
        check = lab.cli("check", "--config", self.written(lab, {"pulse": {"cron": "* * *", "kind": "noop"}}))
        self.assertNotEqual(check.returncode, 0)
        self.assertIn("five fields", check.stdout + check.stderr)

    def written(self, lab, schedules):
        path = lab.path("bad.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**lab.configuration(), "schedules": schedules}, file)
        return path


if __name__ == "__main__":
    unittest.main()
