"""What has failed, by its fault; once more with another payload; the same again as a new task; many of them at once."""

import unittest

from cli_case import CliCase

MANY = 5000


def said(text):
    """A script whose last word on stderr is `text`, and that fails for good."""
    return f"eprint {text.encode().hex()}; exit 64"


class SoundCase(CliCase):
    def sound_lab(self, **sections):
        """For tests that delete tasks on purpose: in the end the store finds no fault with itself."""
        lab = self.lab(judged=False, **sections)
        self.addCleanup(lambda: self.assertEqual(lab.ok("GET", "/v1/store/check"), {"ok": True, "faults": []}))
        return lab


class Failures(SoundCase):
    def failed(self, lab, script, *options):
        task = self.enqueue(lab, script, *options)
        self.assert_state(lab, task, "failed")
        return task

    def groups(self, lab, query=""):
        return lab.ok("GET", "/v1/failures" + query)["failures"]

    def test_an_error_has_a_fingerprint_wherever_it_is_shown(self):
        lab = self.lab()
        task = self.failed(lab, "error http_503", "--max-attempts", "2")
        fingerprint = lab.task(task)["error"]["fingerprint"]
        self.assertRegex(fingerprint, r"^[0-9a-f]{16}$")
        self.assertEqual([attempt["error"]["fingerprint"] for attempt in lab.attempts(task)], [fingerprint] * 2)
        self.assertIn(fingerprint, self.data(lab, "show", task))

    def test_the_same_fault_groups_and_another_does_not(self):
        lab = self.lab()
        for number in (17, 4711):
            oldest = self.failed(lab, said(f"row {number} is locked"))
        other = self.failed(lab, said("no such table"))
        newest = self.failed(lab, said("row 3 is locked"))
        locked, missing = self.groups(lab)
        self.assertEqual((locked["kind"], locked["count"], locked["newest_task"]), ("chaos", 3, newest))
        self.assertEqual((missing["count"], missing["newest_task"]), (1, other))
        self.assertEqual(locked["code"], lab.task(oldest)["error"]["code"])
        self.assertEqual(locked["fingerprint"], lab.task(oldest)["error"]["fingerprint"])
        self.assertEqual(locked["last_failed_at"], lab.task(newest)["finished_at"])
        self.assertLess(locked["first_failed_at"], locked["last_failed_at"])
        self.assertEqual(locked["last_words"], "row 3 is locked")
        self.assertIn("row 3 is locked (", self.data(lab, "failures"))
        lines = [line.split("\t") for line in self.data(lab, "failures").splitlines()]
        self.assertEqual([line[:3] for line in lines], [[locked["fingerprint"], "chaos", "3"], [missing["fingerprint"], "chaos", "1"]])
        self.assertEqual(self.json_lines(lab, "failures"), [locked, missing])
        self.assertEqual(self.json_lines(lab, "failures", "-n", "1"), [locked])
        self.assertEqual(self.data(lab, "failures", "--kind", "noop"), "")
        self.assertEqual(self.groups(lab, "?queue=nowhere&since=1h"), [])

    def test_wrong_questions_are_refused(self):
        lab = self.lab(judged=False)
        for query in ("/failures?limit=0", "/failures?limit=1001", "/failures?kind=a&fingerprint=1", "/failures?since=never", "/tasks?fingerprint=17",
                      "/tasks?fingerprint=0123456789ABCDEF", "/tasks?dedupe_key=", "/tasks?order_keys=a"):
            with self.subTest(query=query):
                self.assertEqual(lab.http("GET", "/v1" + query).status, 400)
        self.refused(lab, "failures", "--since", "never", says=["--since"])
        self.refused(lab, "list", "--fingerprint", "17", says=["16 hexadecimal digits"])
        self.refused(lab, "list", "--order-key", "", says=["--order-key is empty"])

    def test_case_95_list_retry_one_retry_all_of_a_kind_and_purge(self):
        lab = self.sound_lab()
        tasks = [self.failed(lab, f"fail_first 1; note {number}", "--max-attempts", "1") for number in range(3)]
        other = self.failed(lab, said("no such table"))
        fingerprint = lab.task(tasks[0])["error"]["fingerprint"]
        self.assertEqual({lab.task(task)["error"]["fingerprint"] for task in tasks}, {fingerprint})
        self.assertEqual(self.data(lab, "list", "--state", "failed", "--fingerprint", fingerprint, "--oldest").split()[0], str(tasks[0]))
        self.assertEqual([task["id"] for task in lab.ok("GET", f"/v1/tasks?fingerprint={fingerprint}&order=oldest")["tasks"]], tasks)
        self.assertEqual(self.data(lab, "retry", tasks[0]), f"{tasks[0]}\trequeued\n")
        again = self.assert_state(lab, tasks[0], "failed")
        self.assertEqual((again["generation"], again["attempt"]), (2, 1))
        self.refused(lab, "retry", "--fingerprint", fingerprint, says=["retry 3 tasks", "--yes"])
        self.assertEqual(len(self.data(lab, "retry", "--fingerprint", fingerprint, "--yes").splitlines()), 3)
        lab.idle()
        self.assertEqual(len(self.data(lab, "retry", "--kind", "chaos", "--yes").splitlines()), 4)
        lab.idle()
        self.assertEqual(lab.task(other)["generation"], 2)
        self.assertEqual(len(self.data(lab, "delete", "--fingerprint", fingerprint, "--yes").splitlines()), 3)
        self.assertEqual([group["newest_task"] for group in self.groups(lab)], [other])
        self.assertEqual(lab.http("GET", f"/v1/tasks/{tasks[0]}").status, 404)

    def test_case_105_what_has_succeeded_waits_or_runs_is_not_retried(self):
        lab = self.lab()
        gate = lab.path("go")
        done, running = self.enqueue(lab, ""), self.enqueue(lab, f"gate {gate}")
        pending = self.enqueue(lab, "", "--delay", "1h")
        lab.wait(done)
        lab.wait_begun(running)
        for task, code in ((done, "succeeded_already"), (running, "not_terminal"), (pending, "not_terminal")):
            for body in (None, {"payload": "note 1"}):
                answer = lab.http("POST", f"/v1/tasks/{task}/retry", body)
                self.assertEqual((answer.status, answer.json["code"]), (409, code))
        self.assertEqual(lab.http("POST", "/v1/tasks/4711/retry").status, 404)
        self.assertEqual(lab.http("POST", "/v1/tasks/4711/retry", {"payload": 1}).status, 404)
        self.assertEqual(lab.task(pending)["payload"], "")
        lab.open_gate("go")
        lab.wait(running)
        lab.cancel(pending)


class EditAndRetry(CliCase):
    def test_a_failed_task_goes_on_with_another_payload(self):
        lab = self.lab()
        task = self.enqueue(lab, "exit 64")
        self.assert_state(lab, task, "failed")
        self.assertEqual(self.data(lab, "retry", task, "--payload", '"print 6d656e646564"'), f"{task}\trequeued\n")
        found = self.assert_state(lab, task, "succeeded")
        self.assertEqual((found["payload"], found["generation"]), ("print 6d656e646564", 2))
        self.assertEqual(self.data(lab, "logs", task), "mended\n")
        reopened = [event for event in lab.events(task) if event["type"] == "task.reopened"]
        self.assertEqual([event["data"]["payload_changed"] for event in reopened], [True])

    def test_the_payload_comes_from_stdin_or_a_file_too(self):
        lab = self.lab()
        task = self.enqueue(lab, "exit 64")
        self.assert_state(lab, task, "failed")
        self.data(lab, "retry", task, "--payload", "-", stdin='"exit 65"\n')
        self.assertEqual(self.assert_state(lab, task, "failed")["payload"], "exit 65")
        with open(lab.path("payload.json"), "w", encoding="utf-8") as file:
            file.write('"print 6869"')
        self.data(lab, "retry", task, "--payload", "@payload.json")
        self.assert_state(lab, task, "succeeded")

    def test_a_payload_that_is_refused_changes_nothing(self):
        lab = self.quiet_lab()
        lab.handlers["chaos"] = lab.handler(payload_schema={"type": "string"}, payload_limit="1KiB")
        lab.up()
        task = self.enqueue(lab, "exit 64")
        self.assert_state(lab, task, "failed")
        for payload, status, code in ((17, 422, "invalid_payload"), ("x" * 2000, 413, "payload_too_large")):
            for verb in ("retry", "rerun"):
                answer = lab.http("POST", f"/v1/tasks/{task}/{verb}", {"payload": payload})
                self.assertEqual((answer.status, answer.json["code"]), (status, code))
                self.assertIn("payload", answer.json["field"])
        self.assertEqual(lab.http("POST", f"/v1/tasks/{task}/retry", {"payloads": 1}).json["code"], "unknown_field")
        self.assertEqual(lab.http("POST", "/v1/tasks/retry", {"ids": [task], "payload": "note 1"}).json["code"], "unknown_field")
        self.refused(lab, "retry", task, "--payload", "17", code=1, says=["payload"])
        self.refused(lab, "retry", task, "--payload", "{", says=["not JSON"])
        self.refused(lab, "retry", task, "--payload", "", says=["not JSON"])
        self.refused(lab, "retry", task, task + 1, "--payload", "1", says=["one task at a time"])
        self.refused(lab, "retry", "--kind", "chaos", "--payload", "1", says=["one task at a time"])
        found = lab.task(task)
        self.assertEqual((found["status"], found["payload"], found["generation"]), ("failed", "exit 64", 1))
        self.assertEqual(len(lab.ok("GET", "/v1/tasks")["tasks"]), 1)


class Rerun(SoundCase):
    def test_case_106_a_rerun_is_a_new_task_and_leaves_the_old_one(self):
        lab = self.sound_lab()
        options = ["--label", "a=1", "--priority", "7", "--dedupe-key", "d", "--dedupe-window", "forever", "--external-id", "order/7", "--order-key", "o",
                   "--metadata", '{"m":1}', "--timeout", "9s"]
        for script, state in (("exit 64", "failed"), ("", "succeeded"), ("", "cancelled")):
            with self.subTest(state=state):
                task = self.enqueue(lab, script, *options, *(["--delay", "1h"] if state == "cancelled" else []))
                if state == "cancelled":
                    lab.cancel(task)
                before = self.assert_state(lab, task, state)
                answer = lab.http("POST", f"/v1/tasks/{task}/rerun")
                self.assertEqual((answer.status, answer.json["result"]), (201, "rerun"))
                new = self.assert_state(lab, answer.json["task"], "failed" if state == "failed" else "succeeded")
                self.assertGreater(new["id"], task)
                self.assertEqual(new["rerun_of"], task)
                for same in ("kind", "queue", "payload", "priority", "labels", "order_key", "metadata", "max_attempts", "overrides"):
                    self.assertEqual(new[same], before[same])
                self.assertFalse({"dedupe_key", "external_id"} & set(new))
                self.assertEqual(lab.task(task), before)
                self.assertIn(f"task {task}", self.data(lab, "show", new["id"]))
                lab.ok("DELETE", f"/v1/tasks/{task}")

    def test_open_and_unknown_tasks_are_refused_with_what_to_do(self):
        lab = self.lab()
        pending = self.enqueue(lab, "", "--delay", "1h")
        answer = lab.http("POST", f"/v1/tasks/{pending}/rerun")
        self.assertEqual((answer.status, answer.json["code"]), (409, "not_terminal"))
        for hint in ("wait", "cancel"):
            self.assertIn(hint, answer.json["detail"])
        self.assertEqual(lab.http("POST", "/v1/tasks/4711/rerun").status, 404)
        self.refused(lab, "rerun", pending, code=1, says=["has not ended", "cancel"])
        self.refused(lab, "rerun", 4711, code=3, says=["4711"])
        self.assertEqual(self.data(lab, "rerun", pending, 4711, code=3), f"{pending}\tnot_terminal\n4711\tnot_found\n")
        lab.cancel(pending)

    def test_case_108_a_busy_key_that_rejects_is_409_with_its_holder(self):
        lab = self.lab()
        key = ["--concurrency-key", "c", "--on-conflict", "reject"]
        task = self.enqueue(lab, "exit 64", *key)
        self.assert_state(lab, task, "failed")
        holder = self.enqueue(lab, "", *key, "--delay", "1h")
        answer = lab.http("POST", f"/v1/tasks/{task}/rerun")
        self.assertEqual((answer.status, answer.json["code"], answer.json["task"]), (409, "key_busy", holder))
        self.assertEqual(lab.ok("POST", "/v1/tasks/rerun", {"ids": [task]})["results"], [{"id": task, "result": "key_busy", "holder": holder}])
        self.refused(lab, "rerun", task, code=1, says=[f"task {holder}"])
        lab.cancel(holder)
        new = int(self.data(lab, "rerun", task).split()[2])
        self.assert_state(lab, new, "failed")

    def test_a_superseded_running_task_stops_for_the_rerun(self):
        lab = self.lab()
        key = ["--concurrency-key", "c", "--on-conflict", "supersede"]
        task = self.enqueue(lab, "", *key)
        lab.wait(task)
        running = self.enqueue(lab, f"gate {lab.path('never')}", *key)
        lab.wait_begun(running)
        answer = lab.ok("POST", f"/v1/tasks/{task}/rerun")
        self.assertEqual(answer["superseded"], [running])
        self.assert_state(lab, running, "cancelled")
        self.assert_state(lab, answer["task"], "succeeded")

    def test_another_payload_and_a_kind_that_nobody_has_any_more(self):
        lab = self.lab()
        task = self.enqueue(lab, "exit 64")
        self.assert_state(lab, task, "failed")
        new = int(self.data(lab, "rerun", task, "--payload", '"print 6869"').split()[2])
        self.assert_state(lab, new, "succeeded")
        self.assertEqual((lab.task(new)["payload"], lab.task(task)["payload"]), ("print 6869", "exit 64"))
        chaos = lab.handlers.pop("chaos")
        lab.reload()
        waits = lab.ok("POST", f"/v1/tasks/{task}/rerun", {"payload": "print 6869"})["task"]
        self.assertEqual(lab.task(waits)["state"], "queued")
        lab.handlers["chaos"] = chaos
        lab.reload()
        self.assert_state(lab, waits, "succeeded")

    def test_a_daemon_without_ad_hoc_commands_reruns_none(self):
        lab = self.lab()
        command = lab.ok("POST", "/v1/tasks", {"kind": "reeve.command", "command": ["/bin/true"]})["id"]
        other = self.enqueue(lab, "")
        lab.idle()
        lab.sections["supervisor"]["ad_hoc_commands"] = False
        lab.restart()
        for path, body in ((f"/v1/tasks/{command}/rerun", None), ("/v1/tasks/rerun", {"ids": [other, command]})):
            answer = lab.http("POST", path, body)
            self.assertEqual((answer.status, answer.json["code"], answer.json["task"]), (403, "commands_disabled", command))
        self.assertEqual(len(lab.ok("GET", "/v1/tasks")["tasks"]), 2)
        self.assertEqual(lab.http("POST", f"/v1/tasks/{other}/rerun").status, 201)
        lab.idle()

    def test_a_repeated_request_makes_no_second_task(self):
        lab = self.lab()
        task = self.enqueue(lab, "")
        lab.wait(task)
        headers = {"Idempotency-Key": "again"}
        answers = [lab.http("POST", f"/v1/tasks/{task}/rerun", None, headers) for _ in range(2)]
        self.assertEqual(len({answer.json["task"] for answer in answers}), 1)
        self.assertEqual(answers[1].headers.get("idempotent-replayed"), "true")
        refused = lab.http("POST", f"/v1/tasks/{task}/rerun", {"payload": ""}, headers)
        self.assertEqual((refused.status, refused.json["code"]), (409, "idempotency_key_reused"))
        lines = [self.data(lab, "rerun", task, answers[0].json["task"], "--idempotency-key", "both") for _ in range(2)]
        self.assertEqual(lines[0], lines[1])
        lab.idle()
        self.assertEqual(len(lab.ok("GET", "/v1/tasks")["tasks"]), 4)


class Keys(SoundCase):
    def test_case_203_tasks_are_found_by_their_keys_ids_kinds_and_states(self):
        lab = self.sound_lab()
        keys = {"concurrency": "account,7", "dedupe": "d 1", "supersede": "s&1", "order": "o=1"}
        options = [part for name, key in keys.items() for part in (f"--{name}-key", key)]
        ended = self.enqueue(lab, "", *options)
        lab.wait(ended)
        pending = self.enqueue(lab, "", *options, "--delay", "1h")
        self.enqueue(lab, "", "--concurrency-key", "account", "--dedupe-key", "d", "--supersede-key", "s", "--order-key", "o", "--delay", "1h")
        self.enqueue(lab, "", "--delay", "1h")

        def listed(*words):
            return [task["id"] for task in self.json_lines(lab, "list", "--oldest", *words)]

        for name, key in keys.items():
            with self.subTest(name=name):
                selector = [f"--{name}-key", key]
                self.assertEqual(listed(*selector), [ended, pending])
                self.assertEqual(listed(*selector, "--state", "scheduled"), [pending])
                self.assertEqual(listed(*selector, "--state", "succeeded,failed"), [ended])
                self.assertEqual(listed(*selector, "--kind", "noop"), [])
                self.assertEqual(listed(*selector, ended), [ended])
                self.assertEqual(listed(*selector, f"--{name}-key", "nobody's"), [ended, pending])
        self.assertEqual(listed("--order-key", "o=1", "--dedupe-key", "d"), [])
        self.assertEqual(self.data(lab, "cancel", "--order-key", "o=1"), f"{pending}\tcancelled\n")
        self.assertEqual(self.data(lab, "delete", "--dedupe-key", "d 1", "--yes"), f"{ended}\tremoved\n{pending}\tremoved\n")
        self.data(lab, "cancel", "--all", "--yes")


class Many(SoundCase):
    def test_five_thousand_tasks_are_failed_retried_rerun_cancelled_and_deleted(self):
        lab = self.sound_lab(supervisor={"concurrency": 4})
        tasks = []
        for _ in range(MANY // 1000):
            tasks += lab.bulk([""] * 1000, kind="nobody", allow_unknown=True)
        self.assertEqual(len(self.data(lab, "cancel", "--kind", "nobody", "--yes").splitlines()), MANY)
        refused = self.refused(lab, "retry", "--kind", "nobody", "--state", "cancelled", says=[f"retry {MANY} tasks", "--yes"])
        self.assertIn("nothing was changed", refused)

        def sorted_ids(text, column=0):
            return sorted(int(line.split("\t")[column]) for line in text.splitlines())

        again = self.reeve(lab, "retry", "--kind", "nobody", "--state", "cancelled", "--yes", deadline=120)
        self.assertEqual((sorted_ids(again.stdout), again.stderr), (tasks, f"{MANY} requeued\n"))
        self.assertEqual(len(self.data(lab, "cancel", f"{tasks[0]}-{tasks[-1]}", "--yes", deadline=120).splitlines()), MANY)
        fingerprint = lab.task(tasks[0])["error"]["fingerprint"]
        rerun = self.reeve(lab, "rerun", "--fingerprint", fingerprint, "--state", "cancelled", "--yes", deadline=120)
        self.assertEqual((sorted_ids(rerun.stdout), rerun.stderr), (tasks, f"{MANY} rerun\n"))
        new = sorted_ids(rerun.stdout, 2)
        self.assertEqual(len(set(new)), MANY)
        self.assertGreater(new[0], tasks[-1])
        self.assertEqual(lab.task(new[-1])["rerun_of"], tasks[-1])
        deleted = self.reeve(lab, "delete", "--kind", "nobody", "--yes", deadline=120)
        self.assertEqual((sorted_ids(deleted.stdout), deleted.stderr), (tasks, f"{MANY} removed\n"))
        self.assertEqual(len(self.data(lab, "cancel", "--kind", "nobody", "--yes", deadline=120).splitlines()), MANY)
        counts = {row["status"]: row["count"] for row in lab.ok("GET", "/v1/status")["counts"]["queues"] if row["kind"] == "nobody" and row["count"]}
        self.assertEqual(counts, {"cancelled": MANY})

    def test_a_person_is_asked_before_many_are_rerun(self):
        lab = self.lab()
        for _ in range(2):
            self.enqueue(lab, "exit 64")
        lab.idle()
        with self.terminal(lab, "rerun", "--kind", "chaos") as screen:
            screen.await_text("rerun 2 tasks? [y/N] ")
            screen.type("n\n")
            self.assertEqual(screen.end(), 1)
        self.assertEqual(len(lab.ok("GET", "/v1/tasks")["tasks"]), 2)
        with self.terminal(lab, "rerun", "--kind", "chaos") as screen:
            screen.await_text("rerun 2 tasks? [y/N] ")
            screen.type("y\n")
            self.assertEqual(screen.end(), 0)
        lab.idle()
        self.assertEqual(len(lab.ok("GET", "/v1/tasks")["tasks"]), 4)


if __name__ == "__main__":
    unittest.main()
