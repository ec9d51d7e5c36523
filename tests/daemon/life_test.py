"""The life of a task, from its enqueue to its end, as a client of the API sees it."""

import json
import threading
import time
import unittest

import oracle
import processes
from case import DaemonCase
from waiting import wait_until


class Enqueue(DaemonCase):
    def test_a_task_runs_and_keeps_its_result_byte_for_byte(self):
        lab = self.lab()
        value = '{"b":1.0,"a":[1e2,"\\u00e9"],"b2":  null}'
        task = lab.enq(f"value {value.encode().hex()}; exit 0")
        self.assert_state(lab, task, "succeeded")
        raw = lab.http("GET", f"/v1/tasks/{task}").body.decode()
        self.assertIn('"result":' + value, raw.replace('"result": ', '"result":'))

    def test_ids_grow_and_are_never_reused_after_a_delete_and_a_restart(self):
        lab = self.lab(judged=False)
        first = lab.enq("exit 0")
        self.assert_state(lab, first, "succeeded")
        lab.ok("DELETE", f"/v1/tasks/{first}")
        self.assertEqual(lab.http("GET", f"/v1/tasks/{first}").status, 404)
        lab.restart()
        self.assertGreater(lab.enq("exit 0"), first)

    def test_an_unknown_kind_is_refused_with_a_suggestion(self):
        lab = self.lab()
        answer = lab.http("POST", "/v1/tasks", {"kind": "choas", "payload": ""})
        self.assertIn(answer.status, (404, 422))
        self.assertIn("chaos", answer.json["detail"])

    def test_an_unknown_kind_waits_for_its_handler_when_that_was_asked_for(self):
        lab = self.lab()
        task = lab.enq("exit 0", kind="later", allow_unknown=True)
        reasons = lab.ok("GET", f"/v1/tasks/{task}/why")["reasons"]
        self.assertTrue(reasons and all(reason["message"] for reason in reasons), reasons)
        lab.handlers["later"] = lab.handler()
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        self.assert_state(lab, task, "succeeded")

    def test_a_bulk_is_stored_whole_or_not_at_all(self):
        lab = self.lab()
        self.assertEqual(len(set(lab.bulk([f"note {n}; exit 0" for n in range(50)]))), 50)
        bad = [{"kind": "chaos", "payload": ""}] * 17 + [{"kind": "nobody", "payload": ""}]
        answer = lab.http("POST", "/v1/tasks/bulk", {"tasks": bad})
        self.assertGreaterEqual(answer.status, 400)
        self.assertEqual(answer.json["item"], 17)
        lab.idle()
        self.assertEqual(len(lab.export()[0]), 50)

    def test_many_clients_with_one_dedupe_key_get_one_task(self):
        lab = self.lab()
        answers = []

        def one():
            answers.append(lab.ok("POST", "/v1/tasks", {"kind": "chaos", "payload": f"gate {lab.path('go')}", "dedupe_key": "k"}))

        clients = [threading.Thread(target=one) for _ in range(16)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual(len({answer["id"] for answer in answers}), 1)
        self.assertEqual(sorted(answer["disposition"] for answer in answers).count("created"), 1)
        other = lab.ok("POST", "/v1/tasks", {"kind": "chaos", "payload": "exit 0", "dedupe_key": "k"})
        self.assertEqual((other["disposition"], other["payload_mismatch"]), ("reused", True))
        lab.open_gate("go")
        lab.wait(answers[0]["id"])
        again = lab.ok("POST", "/v1/tasks", {"kind": "chaos", "payload": "exit 0", "dedupe_key": "k"})
        self.assertEqual(again["disposition"], "created")

    def test_an_idempotency_key_gives_the_first_answer_again_also_after_a_kill(self):
        lab = self.lab()
        task = lab.enq("exit 0", key="once")
        self.assertEqual(lab.enq("exit 0", key="once"), task)
        lab.restart()
        self.assertEqual(lab.enq("exit 0", key="once"), task)
        conflict = lab.http("POST", "/v1/tasks", {"kind": "chaos", "payload": "exit 1"}, {"Idempotency-Key": "once"})
        self.assertIn(conflict.status, (409, 422))
        self.assertEqual(len(lab.export()[0]), 1)

    def test_an_external_id_names_the_task(self):
        lab = self.lab()
        task = lab.enq("exit 0", external_id="order/42 ü")
        self.assertEqual(lab.ok("GET", "/v1/tasks/ext:order%2F42%20%C3%BC")["id"], task)
        self.assertEqual(lab.http("POST", "/v1/tasks", {"kind": "chaos", "payload": "", "external_id": "order/42 ü"}).status, 409)

    def test_a_waiting_client_gets_the_end_of_the_task(self):
        lab = self.lab()
        answer = lab.ok("POST", "/v1/tasks?wait=30s", {"kind": "chaos", "payload": "result 5"})
        self.assertTrue(answer["done"])
        self.assertEqual(answer["task"]["result"], "rrrrr")
        slow = lab.enq(f"gate {lab.path('go')}")
        self.assertFalse(lab.ok("GET", f"/v1/tasks/{slow}/wait?timeout=50ms")["done"])
        lab.open_gate("go")
        self.assertTrue(lab.ok("GET", f"/v1/tasks/{slow}/wait?timeout=30s")["done"])


class Attempts(DaemonCase):
    def test_progress_is_shown_while_it_runs_and_never_goes_back(self):
        lab = self.lab()
        task = lab.enq(f"progress 10 early; progress 60 late; progress 20 back; gate {lab.path('go')}")
        wait_until(lambda: lab.task(task).get("progress", {}).get("label") == "back", 30, "the last label is shown")
        self.assertEqual(lab.task(task)["progress"]["percent"], 60)
        lab.open_gate("go")
        self.assert_state(lab, task, "succeeded")

    def test_a_failure_is_retried_with_backoff_until_attempts_are_spent_case_81(self):
        lab = self.lab()
        lab.handlers["slowly"] = lab.handler(retry={"attempts": 3, "backoff": "exponential", "base": "200ms", "factor": 2, "jitter": "none"})
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        task = lab.enq("exit 3", kind="slowly")
        found = self.assert_state(lab, task, "failed")
        self.assertEqual((found["attempt"], found["error"]["exit_code"]), (3, 3))
        self.assert_outcomes(lab, task, "failed", "failed", "failed")
        begins = [body.begin for body in lab.begun(task)]
        self.assertGreaterEqual(begins[1] - begins[0], 200e6)
        self.assertGreaterEqual(begins[2] - begins[1], 400e6)

    def test_a_task_that_fails_first_succeeds_later(self):
        lab = self.lab()
        task = lab.enq("fail_first 2; result 3")
        found = self.assert_state(lab, task, "succeeded")
        self.assertEqual((found["attempt"], found["result"]), (3, "rrr"))

    def test_a_body_that_runs_longer_than_a_lease_runs_once_case_13(self):
        lab = self.lab(supervisor={"lease": "1s"})
        task = lab.enq("sleep 4000; result 1")
        found = self.assert_state(lab, task, "succeeded")
        self.assertEqual((found["attempt"], found["epoch"], len(lab.begun(task))), (1, 1, 1))

    def test_exits_and_messages_that_reject_are_not_retried(self):
        lab = self.lab()
        for script in ("exit 64", "exit 78", "reject no_such_thing"):
            task = lab.enq(script)
            self.assert_state(lab, task, "failed")
            self.assert_outcomes(lab, task, "rejected")

    def test_a_crash_uses_the_crash_budget_and_not_the_attempts(self):
        lab = self.lab()
        task = lab.enq("segv", max_crashes=2)
        found = self.assert_state(lab, task, "failed")
        self.assertEqual((found["crashes"], found["error"]["signal"]), (2, 11))
        self.assert_outcomes(lab, task, "crashed", "crashed")

    def test_a_snooze_comes_back_without_using_an_attempt(self):
        lab = self.lab()
        task = lab.enq(f"snooze 150; exit 0")
        wait_until(lambda: len(lab.begun(task)) >= 3, 30, "it came back twice")
        found = lab.task(task)
        self.assertGreaterEqual(found["snoozes"], 2)
        lab.cancel(task)
        lab.wait(task, "cancelled")

    def test_a_timeout_ends_the_attempt_and_counts_as_a_try(self):
        lab = self.lab()
        task = lab.enq("sleep 60000", timeout="300ms", max_attempts=2)
        found = self.assert_state(lab, task, "failed")
        self.assert_outcomes(lab, task, "timed_out", "timed_out")
        self.assertEqual(found["attempt"], 2)
        self.assert_nothing_left(lab)

    def test_silence_makes_a_task_stale_and_a_sign_of_life_clears_it(self):
        lab = self.lab()
        lab.handlers["quiet"] = lab.handler(watchdog="300ms")
        lab.handlers["killed"] = lab.handler(watchdog="300ms", on_stale="kill", retry={"attempts": 1})
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        task = lab.enq(f"gate {lab.path('beat')}; beat; repeat 2000 beat; gate {lab.path('go')}", kind="quiet")
        self.assertTrue(lab.wait(task, "stale")["stale_reason"])
        self.assertIn(task, [found["id"] for found in lab.ok("GET", "/v1/tasks?state=stale")["tasks"]])
        lab.open_gate("beat")
        wait_until(lambda: lab.task(task)["state"] == "running" or len([e for e in lab.events(task) if "stale" in e["type"]]) > 1, 30,
                   "a sign of life clears it")
        lab.open_gate("go")
        found = self.assert_state(lab, task, "succeeded")
        self.assertNotIn("stale_at", found)
        killed = lab.enq("sleep 60000", kind="killed")
        self.assert_state(lab, killed, "failed")
        self.assert_outcomes(lab, killed, "stalled")

    def test_the_handler_starts_with_exactly_what_was_declared(self):
        lab = self.lab()
        lab.handlers["chaos"]["cwd"] = lab.dir
        lab.handlers["chaos"]["umask"] = "0027"
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        task = lab.enq(f"dump {lab.path('dump')}", labels={"team": "a"})
        self.assert_state(lab, task, "succeeded")
        with open(lab.path("dump"), encoding="utf-8") as file:
            text = file.read()
        facts = dict(line.split(None, 1) for line in text.splitlines() if len(line.split(None, 1)) == 2)
        environment = dict(line[4:].split("=", 1) for line in text.splitlines() if line.startswith("env "))
        descriptors = [int(line.split()[1]) for line in text.splitlines() if line.startswith("fd ")]
        self.assertEqual(descriptors, [0, 1, 2, 3])
        self.assertEqual(facts["umask"], "27")
        self.assertEqual(facts["cwd"], lab.dir)
        self.assertEqual(facts["sid"], facts["pid"])
        self.assertEqual([int(facts[name], 16) for name in ("SigBlk:", "SigIgn:", "SigCgt:")][:1], [0])
        self.assertEqual(int(facts["SigIgn:"], 16), 1 << 12, "only SIGPIPE, which the probe itself ignores")
        own = {name for name in environment if not name.startswith("REEVE_")}
        self.assertLessEqual(own, {"LAB_ID", "LAB_WITNESS", "PATH", "HOME", "LANG", "TRACEPARENT"})
        self.assertEqual((environment["REEVE_TASK_ID"], environment["REEVE_KIND"], environment["REEVE_FD"]), (str(task), "chaos", "3"))


class Cancel(DaemonCase):
    def test_a_queued_task_ends_at_once_and_never_starts(self):
        lab = self.lab()
        task = lab.enq("exit 0", delay="1h")
        self.assertEqual(lab.cancel(task, reason="not needed")["result"], "cancelled")
        found = lab.task(task)
        self.assertEqual((found["state"], found.get("cancel_reason")), ("cancelled", "not needed"))
        self.assertEqual(lab.cancel(task)["result"], "already_terminal")
        self.assertEqual(lab.begun(task), [])

    def test_a_running_task_is_stopped_and_its_first_reason_stays(self):
        lab = self.lab()
        task = lab.enq("sleep 60000")
        lab.wait_begun(task)
        self.assertEqual(lab.cancel(task, reason="first")["result"], "requested")
        self.assertIn(lab.cancel(task, reason="second")["result"], ("already_requested", "already_terminal"))
        self.assertEqual(self.assert_state(lab, task, "cancelled")["cancel_reason"], "first")
        self.assert_outcomes(lab, task, "cancelled")
        self.assert_nothing_left(lab)

    def test_a_task_that_ignores_every_signal_is_killed_after_its_grace_case_33(self):
        lab = self.lab()
        task = lab.enq("ignore; setsid; dfork; sleep 60000")
        lab.wait_begun(task)
        begun = time.monotonic()
        lab.cancel(task)
        self.assert_state(lab, task, "cancelled")
        self.assertLess(time.monotonic() - begun, 10, "grace of 1 s, and room for a busy machine")
        self.assert_nothing_left(lab)

    def test_a_handler_hears_of_it_on_its_descriptor(self):
        lab = self.lab()
        task = lab.enq(f"await_cancel; write {lab.path('heard')}; exit 1")
        lab.wait_begun(task)
        lab.cancel(task)
        self.assert_state(lab, task, "cancelled")
        with open(lab.path("heard"), encoding="ascii"):
            pass

    def test_a_cancel_survives_the_death_of_the_daemon(self):
        lab = self.lab()
        task = lab.enq("ignore; sleep 60000", stop_grace="20s")
        lab.wait_begun(task)
        self.assertEqual(lab.cancel(task)["result"], "requested")
        lab.restart()
        self.assert_state(lab, task, "cancelled")
        self.assertEqual(len(lab.begun(task)), 1)

    def test_whoever_waits_for_a_task_is_told_of_its_cancel_case_46(self):
        lab = self.lab()
        tasks = [lab.enq("exit 0", delay="1h"), lab.enq("sleep 60000")]
        lab.wait_begun(tasks[1])
        told, threads = {}, []
        for task in tasks:
            threads.append(threading.Thread(target=lambda of=task: told.update({of: lab.ok("GET", f"/v1/tasks/{of}/wait?timeout=60s")})))
            threads[-1].start()
        for task in tasks:
            lab.cancel(task)
        for thread in threads:
            thread.join(60)
        self.assertEqual({task: (told[task]["done"], told[task]["task"]["state"]) for task in tasks}, {task: (True, "cancelled") for task in tasks})

    def test_a_cancelled_task_is_not_retried_while_its_body_lives_case_48(self):
        lab = self.lab()
        task = lab.enq("ignore TERM; sleep 60000", stop_grace="1s")
        body, = lab.wait_begun(task)
        self.assertEqual(lab.cancel(task)["result"], "requested")
        refused = lab.http("POST", f"/v1/tasks/{task}/retry")
        self.assertEqual((refused.status, refused.json["code"]), (409, "not_terminal"))
        wait_until(lambda: lab.http("POST", f"/v1/tasks/{task}/retry").status == 200, 30, "it can be retried")
        self.assertNotIn((processes.stat(body.pid) or "X")[0], "RSDT", "nothing of the first one lives when the second may start")
        lab.wait_begun(task, 2)
        lab.cancel(task)
        self.assert_state(lab, task, "cancelled")

    def test_an_operator_retries_a_failed_task_as_a_new_generation(self):
        lab = self.lab()
        task = lab.enq(f"exit 64")
        self.assert_state(lab, task, "failed")
        self.assertEqual(lab.ok("POST", f"/v1/tasks/{task}/retry")["result"], "requeued")
        wait_until(lambda: len(lab.begun(task)) == 2, 30, "it ran again")
        found = self.assert_state(lab, task, "failed")
        self.assertEqual(found["generation"], 2)
        done = lab.enq("exit 0")
        self.assert_state(lab, done, "succeeded")
        self.assertEqual(lab.http("POST", f"/v1/tasks/{done}/retry").status, 409)


class Order(DaemonCase):
    def test_higher_priorities_start_first_and_equals_in_order(self):
        lab = self.lab(supervisor={"concurrency": 1})
        gate = lab.enq(f"gate {lab.path('go')}")
        lab.wait_begun(gate)
        low = [lab.enq("exit 0", priority=1), lab.enq("exit 0", priority=1)]
        high = [lab.enq("exit 0", priority=9), lab.enq("exit 0", priority=9)]
        lab.open_gate("go")
        lab.idle()
        self.assertEqual([body.task for body in lab.bodies()], [gate, *high, *low])

    def test_limits_of_kinds_queues_and_all_hold_and_full_kinds_hide_nobody(self):
        lab = self.quiet_lab(supervisor={"concurrency": 4}, queues={"narrow": {"concurrency": 2}})
        lab.handlers["single"] = lab.handler(concurrency=1)
        lab.handlers["narrow"] = lab.handler(queue="narrow")
        lab.up()
        self.addCleanup(self._judge, lab)
        for kind in ("single", "narrow"):
            lab.bulk(["sleep 30"] * 30, kind=kind)
        free = lab.enq("exit 0")
        self.assert_state(lab, free, "succeeded")
        lab.idle()
        bodies = lab.bodies()
        self.assert_held(oracle.limits(bodies, 1, kind="single") + oracle.limits(bodies, 2, kind="narrow") + oracle.limits(bodies, 4))

    def test_nothing_starts_before_its_time(self):
        lab = self.lab()
        asked = time.monotonic_ns()
        task = lab.enq("exit 0", delay="700ms")
        self.assertEqual(lab.task(task)["state"], "scheduled")
        body = lab.wait_begun(task)[0]
        self.assertGreaterEqual(body.begin - asked, 690e6)
        self.assertLess(body.begin - asked, 5e9)

    def test_a_task_that_expires_before_it_starts_is_cancelled(self):
        lab = self.lab(supervisor={"concurrency": 1})
        gate = lab.enq(f"gate {lab.path('go')}")
        lab.wait_begun(gate)
        task = lab.enq("exit 0", expires_in="200ms")
        self.assertEqual(lab.wait(task, "cancelled")["error"]["code"] if "error" in lab.task(task) else "expired", "expired")
        lab.open_gate("go")
        self.assertEqual(lab.begun(task), [])

    def test_a_paused_queue_starts_nothing_and_says_so_until_it_is_resumed(self):
        lab = self.lab()
        lab.handlers["mail"] = lab.handler(queue="mail")
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        self.assertTrue(lab.ok("POST", "/v1/queues/mail/pause", {"reason": "maintenance"})["changed"])
        task = lab.enq("exit 0", kind="mail")
        self.assert_state(lab, lab.enq("exit 0"), "succeeded")
        self.assertEqual(lab.task(task)["state"], "blocked")
        self.assertIn("maintenance", str(lab.ok("GET", f"/v1/tasks/{task}/why")))
        lab.restart()
        self.assertEqual(lab.task(task)["state"], "blocked")
        lab.ok("POST", "/v1/queues/mail/resume")
        self.assert_state(lab, task, "succeeded")


class Selecting(DaemonCase):
    def test_selectors_find_by_label_kind_state_and_id(self):
        lab = self.lab()
        one = lab.enq("exit 0", labels={"team": "a", "env": "prod"})
        two = lab.enq("exit 64", labels={"team": "a"})
        three = lab.enq("", kind="noop", labels={"team": "b"})
        lab.idle()

        def ids(query):
            return [task["id"] for task in lab.ok("GET", f"/v1/tasks?order=oldest&{query}")["tasks"]]

        self.assertEqual(ids("label=team=a"), [one, two])
        self.assertEqual(ids("label=team=a&label=env=prod"), [one])
        self.assertEqual(ids("kind=noop"), [three])
        self.assertEqual(ids("state=failed"), [two])
        self.assertEqual(ids(f"id={one}-{two}"), [one, two])
        self.assertEqual(ids("label=team=nobody"), [])
        self.assertEqual(ids("limit=1"), [one])
        self.assertGreaterEqual(lab.http("GET", "/v1/tasks?label=broken").status, 400)

    def test_the_command_line_tells_the_same(self):
        lab = self.lab()
        run = lab.cli("enqueue", "chaos", '"result 4"', "--wait")
        self.assertEqual(run.returncode, 0, run.stderr)
        failed = lab.cli("enqueue", "chaos", '"exit 64"')
        task = int(failed.stdout.strip())
        self.assertEqual(lab.cli("wait", task).returncode, 1)
        self.assertEqual(lab.cli("show", task + 100).returncode, 3)
        self.assertEqual(lab.cli("enqueue").returncode, 2)
        self.assertEqual(lab.cli("status", env={"REEVE_SOCKET": lab.path("nobody.sock")}).returncode, 75)
        shown = json.loads(lab.cli("show", task, "--json").stdout)
        self.assertEqual((shown.get("task") or shown)["id"], task)


if __name__ == "__main__":
    unittest.main()
