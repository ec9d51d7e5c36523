"""Tasks that come after others, and batches, as a user meets them: the command line, the API, handlers that add work, kills in between."""

import json
import unittest

from cli_case import CliCase
from waiting import wait_until

GENEROUS = {"attempts": 3, "crashes": 1000, "backoff": "fixed", "base": "1ms", "max": "1ms", "jitter": "none"}


def problem(lab, method, path, body=None):
    """The status of a request that is refused, and what is said of it."""
    answer = lab.http(method, path, body)
    return answer.status, answer.json


def frame(message):
    """A message of a handler, as the chaos handler's `send` takes it."""
    return (json.dumps(message) + "\n").encode().hex()


class Dependencies(CliCase):
    def after(self, lab, *ids, script="", **options):
        return lab.enq(script, after=list(ids), **options)

    def ended(self, lab):
        return sum(task["status"] == "succeeded" for task in lab.pages("/v1/tasks?limit=1000", "tasks"))

    def test_a_task_starts_when_all_before_it_have_succeeded(self):
        lab = self.lab()
        gates = [lab.path("one"), lab.path("two")]
        first, second = (lab.enq(f"gate {gate}") for gate in gates)
        last = int(self.data(lab, "enqueue", "chaos", '""', "--after", first, "--after", second).strip())
        self.assertEqual(lab.task(last)["state"], "blocked")
        why = lab.ok("GET", f"/v1/tasks/{last}/why")["reasons"]
        self.assertEqual([reason["code"] for reason in why], ["dependency"])
        self.assertIn(f"{first}, {second}", why[0]["message"])
        self.assertRegex(self.data(lab, "show", last), rf"(?m)^comes after +{first}, {second}$")
        self.assertRegex(self.data(lab, "show", first), rf"(?m)^before +{last}$")
        lab.open_gate("one")
        lab.wait(first)
        found = lab.ok("GET", f"/v1/tasks/{last}/dependencies")
        self.assertEqual(found["after"], [{"task": first, "ended": "succeeded"}, {"task": second}])
        self.assertEqual(lab.task(last)["state"], "blocked")
        lab.open_gate("two")
        self.assert_state(lab, last, "succeeded")
        ends = [lab.task(task)["finished_at"] for task in (first, second)]
        self.assertLessEqual(max(ends), lab.task(last)["started_at"])

    def test_what_comes_after_a_failure_is_cancelled_to_the_end_of_the_chain(self):
        lab = self.lab()
        root = lab.enq("reject broken")
        chain = [root]
        for _ in range(5):
            chain.append(self.after(lab, chain[-1]))
        anyway = self.after(lab, root, after_policy="finished")
        for task in chain[1:]:
            found = self.assert_state(lab, task, "cancelled")
            self.assertEqual(found["error"]["code"], "dependency_failed")
        self.assertIn(str(root), lab.task(chain[1])["error"]["message"])
        self.assert_state(lab, anyway, "succeeded")
        late = self.after(lab, root)
        self.assertEqual(self.assert_state(lab, late, "cancelled")["error"]["code"], "dependency_failed")

    def test_a_graph_in_one_request_by_items_and_external_ids(self):
        lab = self.lab()
        tasks = [{"kind": "chaos", "payload": "", "external_id": "dump"},
                 {"kind": "chaos", "payload": "", "after": "item:0"},
                 {"kind": "chaos", "payload": "", "after": ["ext:dump", "item:1"]}]
        ids = [task["id"] for task in lab.ok("POST", "/v1/tasks/bulk", {"tasks": tasks})["tasks"]]
        lab.idle()
        starts = [lab.task(task)["started_at"] for task in ids]
        self.assertEqual(starts, sorted(starts))
        ends = [lab.task(task)["finished_at"] for task in ids]
        self.assertLessEqual(ends[1], starts[2])

    def test_what_it_comes_after_must_be_there_and_nothing_is_stored_if_not(self):
        lab = self.lab()
        status, found = problem(lab, "POST", "/v1/tasks", {"kind": "chaos", "after": [999999]})
        self.assertEqual((status, found["code"], found["field"]), (422, "unknown_dependency", "after"))
        self.assertIn("999999", found["detail"])
        items = [{"kind": "chaos"}, {"kind": "chaos", "after": "item:1"}]
        status, found = problem(lab, "POST", "/v1/tasks/bulk", {"tasks": items})
        self.assertEqual((status, found["code"], found["item"]), (422, "unknown_dependency", 1))
        for wrong in (0, -3, 1.5, "soon", "item:x", "ext:", {}, [[1]]):
            self.assertEqual(lab.http("POST", "/v1/tasks", {"kind": "chaos", "after": wrong}).status, 422, wrong)
        self.assertEqual(lab.http("POST", "/v1/tasks", {"kind": "chaos", "after": [1] * 1001}).status, 422)
        self.assertEqual(lab.pages("/v1/tasks?limit=10", "tasks"), [])
        self.refused(lab, "enqueue", "chaos", "--after-policy", "finished", says=["--after"])

    def test_chains_hold_over_kills(self):
        lab = self.lab()
        chains = []
        for _ in range(20):
            chain = [lab.enq("sleep 150", retry=GENEROUS)]
            for _ in range(4):
                chain.append(self.after(lab, chain[-1], script="sleep 150", retry=GENEROUS))
            chains.append(chain)
        for _ in range(4):
            done = self.ended(lab)
            wait_until(lambda: self.ended(lab) > done, 30, "some more ended")
            lab.k9()
            lab.up()
        lab.idle()
        for chain in chains:
            for before, behind in zip(chain, chain[1:]):
                self.assertEqual(lab.task(behind)["status"], "succeeded")
                self.assertLessEqual(lab.task(before)["finished_at"], lab.task(behind)["started_at"])


class Batches(CliCase):
    def made(self, lab, **body):
        return lab.ok("POST", "/v1/batches", body)["batch"]["id"]

    def batch(self, lab, number):
        return lab.ok("GET", f"/v1/batches/{number}")

    def callbacks(self, lab, number):
        return [lab.wait(task) for task in self.batch(lab, number).get("callbacks", [])]

    def test_a_batch_from_a_file_with_its_callback(self):
        lab = self.lab()
        with open(lab.path("tasks.ndjson"), "w", encoding="utf-8") as file:
            for number in range(5):
                file.write(json.dumps({"kind": "chaos", "payload": f"note {number}"}) + "\n\n")
        number = self.data(lab, "batch", "create", "--file", "tasks.ndjson", "--name", "five", "--on-success", 'chaos="note done"',
                           "--on-failure", "noop").strip()
        self.assertIn("succeeded\t5 succeeded", self.data(lab, "batch", "wait", number))
        shown = self.batch(lab, number)
        self.assertEqual((shown["state"], shown["total"], shown["percent"]), ("succeeded", 5, 100))
        self.assertEqual([task["payload"] for task in self.callbacks(lab, number)], ["note done"])
        self.assertEqual(self.callbacks(lab, number)[0]["created_by"], f"batch:{number}")
        self.assertIn("five", self.data(lab, "batch", "list"))
        self.assertIn("100%", self.data(lab, "batch", "show", number))
        self.assertEqual(len(self.data(lab, "list", "--batch", number).splitlines()), 5)

    def test_a_failure_is_told_and_the_exit_code_says_so(self):
        lab = self.lab()
        tasks = [{"kind": "chaos", "payload": ""}, {"kind": "chaos", "payload": "reject broken"}]
        number = self.made(lab, tasks=tasks, on_success={"kind": "noop"}, on_failure={"kind": "noop", "payload": 1}, on_finish={"kind": "noop", "payload": 2})
        self.reeve(lab, "batch", "wait", number, code=1)
        self.assertEqual([task["payload"] for task in self.callbacks(lab, number)], [1, 2])
        self.assertEqual(self.batch(lab, number)["counts"]["failed"], 1)

    def test_an_open_batch_takes_tasks_until_it_is_closed(self):
        lab = self.lab()
        number = self.data(lab, "batch", "create", "--open").strip()
        self.data(lab, "enqueue", "chaos", '""', "--batch", number)
        self.assertEqual(len(self.data(lab, "batch", "add", number, "-", stdin='{"kind":"noop"}\n{"kind":"noop"}\n').split()), 2)
        lab.idle()
        self.assertEqual(self.batch(lab, number)["state"], "open")
        self.reeve(lab, "batch", "wait", number, "--timeout", "50ms", code=124)
        self.reeve(lab, "batch", "close", number)
        self.reeve(lab, "batch", "wait", number)
        status, found = problem(lab, "POST", "/v1/tasks", {"kind": "noop", "batch": int(number)})
        self.assertEqual((status, found["code"]), (409, "batch_closed"))
        status, found = problem(lab, "POST", "/v1/tasks", {"kind": "noop", "batch": 777})
        self.assertEqual((status, found["code"]), (422, "unknown_batch"))
        self.assertEqual(self.batch(lab, number)["counts"]["succeeded"], 3)

    def test_a_handler_adds_tasks_to_its_own_batch(self):
        lab = self.lab()
        number = self.made(lab, open=True)
        child = frame({"type": "enqueue", "enqueue": {"kind": "noop", "batch": number}, "id": 1})
        lab.enq(f"send {child}; dump {lab.path('seen')}", batch=number)
        wait_until(lambda: self.batch(lab, number)["counts"]["succeeded"] == 2, 30, "the child was counted")
        with open(lab.path("seen"), encoding="utf-8") as file:
            self.assertIn(f"REEVE_BATCH_ID={number}", file.read())
        lab.ok("POST", f"/v1/batches/{number}/close")
        self.assertEqual(self.batch(lab, number)["state"], "succeeded")

    def test_waiting_ends_when_the_batch_does_and_close_is_repeatable(self):
        lab = self.lab()
        gate = lab.path("go")
        number = self.made(lab, tasks=[{"kind": "chaos", "payload": f"gate {gate}"}])
        with self.beside(lab, "batch", "wait", number, "--json") as waiting:
            lab.open_gate("go")
            out, _ = waiting.communicate(timeout=30)
            self.assertEqual(waiting.returncode, 0)
        self.assertEqual(json.loads(out)["state"], "succeeded")
        self.assertFalse(lab.ok("POST", f"/v1/batches/{number}/close")["changed"])

    def test_faults_are_named_and_nothing_is_stored(self):
        lab = self.lab()
        status, found = problem(lab, "POST", "/v1/batches", {"tasks": [{"kind": "noop"}, {"kind": "nope"}]})
        self.assertEqual((status, found["item"], found["field"]), (422, 1, "kind"))
        status, found = problem(lab, "POST", "/v1/batches", {"on_success": {"kind": "nope"}})
        self.assertEqual((status, found["field"]), (422, "on_success.kind"))
        for wrong in ({"tasks": {}}, {"open": 1}, {"name": 5}, {"nmae": "x"}, {"on_finish": {"kind": "noop", "batch": 1}}, {"on_finish": {"kind": "noop", "delay": "5m"}}, {"tasks": [{"kind": "noop", "batch": 1}]}):
            self.assertEqual(lab.http("POST", "/v1/batches", wrong).status, 422, wrong)
        for path in ("/v1/batches/0", "/v1/batches/x", "/v1/batches/-1"):
            self.assertEqual(lab.http("GET", path).status, 400, path)
        self.assertEqual(lab.http("GET", "/v1/batches/5").status, 404)
        self.assertEqual(lab.http("POST", "/v1/batches/5/close").status, 404)
        self.assertEqual(lab.ok("GET", "/v1/batches"), {"batches": []})
        self.assertEqual(lab.pages("/v1/tasks?limit=10", "tasks"), [])
        self.refused(lab, "batch", "create", says=["--file", "--open"])
        self.refused(lab, "batch", "create", "--file", "-", says=["line 2"], stdin='{"kind":"noop"}\n{broken\n')
        self.refused(lab, "batch", "show", "twelve", says=["twelve"])

    def test_a_repeated_request_gives_the_same_batch(self):
        lab = self.lab()
        body = {"tasks": [{"kind": "noop"}, {"kind": "noop"}]}
        first, again = (lab.ok("POST", "/v1/batches", body, {"Idempotency-Key": "k"}) for _ in range(2))
        self.assertEqual((first["batch"]["id"], first["tasks"]), (again["batch"]["id"], again["tasks"]))
        self.assertEqual(len(lab.pages("/v1/tasks?limit=10", "tasks")), 2)

    def test_each_batch_ends_once_over_kills(self):
        lab = self.lab()
        numbers = [self.made(lab, tasks=[{"kind": "chaos", "payload": f"note {batch}; sleep 10", "retry": GENEROUS} for _ in range(10)],
                             on_finish={"kind": "noop", "payload": batch}) for batch in range(10)]
        for _ in range(5):
            done = sum(self.batch(lab, number)["ended"] for number in numbers)
            wait_until(lambda: sum(self.batch(lab, number)["ended"] for number in numbers) > done or
                       all(self.batch(lab, number)["state"] == "succeeded" for number in numbers), 30, "some more ended")
            lab.k9()
            lab.up()
        for number in numbers:
            self.reeve(lab, "batch", "wait", number, deadline=120)
        lab.idle()
        finishes = lab.pages("/v1/events?type=batch.finished&limit=1000", "events")
        self.assertEqual(sorted(event["data"]["batch"] for event in finishes), sorted(numbers))
        callbacks = [task for task in lab.pages("/v1/tasks?limit=1000&payload=true", "tasks") if task.get("created_by", "").startswith("batch:")]
        self.assertEqual(sorted(task["payload"] for task in callbacks), list(range(10)))

    def test_cancelling_a_batch_cancels_its_tasks(self):
        lab = self.lab()
        number = self.made(lab, tasks=[{"kind": "chaos", "payload": "sleep 60000"} for _ in range(30)])
        self.reeve(lab, "cancel", "--batch", number, "--yes")
        self.reeve(lab, "batch", "wait", number, code=1)
        self.assertEqual(self.batch(lab, number)["counts"]["cancelled"], 30)
        self.assert_nothing_left(lab)


if __name__ == "__main__":
    unittest.main()
