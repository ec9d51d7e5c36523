"""Keys of tasks with real clients, real bodies and kills: who runs beside whom is judged by what the bodies saw themselves."""

import collections
import random
import threading
import time
import unittest

import oracle
from case import DaemonCase

GENEROUS = {"attempts": 3, "crashes": 1000, "backoff": "fixed", "base": "1ms", "max": "1ms", "jitter": "none"}


def at_once(count, work):
    """Runs work(number) on so many threads; what they return, in no order."""
    answers, barrier = [], threading.Barrier(count)

    def one(number):
        barrier.wait()
        answers.append(work(number))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


class Keys(DaemonCase):
    def bodies_of(self, lab, tasks):
        return [body for body in lab.bodies() if body.task in tasks]

    def test_64_clients_with_one_dedupe_key_get_one_id(self):
        lab = self.lab()
        body = {"kind": "noop", "dedupe": {"key": "k", "window": "forever"}}
        answers = at_once(64, lambda number: lab.ok("POST", "/v1/tasks", {**body, "payload": number}))
        self.assertEqual(len({answer["id"] for answer in answers}), 1)
        dispositions = collections.Counter(answer["disposition"] for answer in answers)
        self.assertEqual(dispositions, {"created": 1, "reused": 63})
        self.assertEqual(sum(answer["payload_mismatch"] for answer in answers), 63)
        lab.idle()
        self.assertEqual(lab.ok("POST", "/v1/tasks", body)["disposition"], "reused")

    def test_64_clients_with_one_concurrency_key_run_one_at_a_time(self):
        lab = self.lab()
        answers = at_once(64, lambda number: lab.ok("POST", "/v1/tasks", {
            "kind": "chaos", "payload": f"note {number}; sleep 5; exit 0", "concurrency": {"key": "c"}}))
        ids = {answer["id"] for answer in answers}
        self.assertEqual(len(ids), 64)
        lab.idle()
        self.assertEqual(len(self.bodies_of(lab, ids)), 64)
        self.assert_held(oracle.limits(lab.bodies(), 1))

    def test_64_clients_that_reject_leave_one_task(self):
        lab = self.lab()
        gate = lab.path("go")
        answers = at_once(64, lambda number: lab.http("POST", "/v1/tasks", {
            "kind": "chaos", "payload": f"gate {gate}", "concurrency": {"key": "c", "on_conflict": "reject"}}))
        statuses = collections.Counter(answer.status for answer in answers)
        self.assertEqual(statuses, {201: 1, 409: 63})
        holder = next(answer.json["id"] for answer in answers if answer.status == 201)
        for answer in answers:
            if answer.status == 409:
                self.assertEqual((answer.json["code"], answer.json["task"]), ("key_busy", holder))
        lab.open_gate("go")
        lab.idle()

    def test_skip_answers_with_the_task_that_stands_in(self):
        lab = self.lab()
        wish = {"kind": "chaos", "concurrency": {"key": "c", "on_conflict": "skip"}, "labels": {"n": "1"}}
        first = lab.ok("POST", "/v1/tasks", {**wish, "payload": f"gate {lab.path('go')}"})
        again = lab.ok("POST", "/v1/tasks", {**wish, "payload": "exit 0", "labels": {"n": "2"}})
        self.assertEqual((again["id"], again["disposition"], again["payload_mismatch"]), (first["id"], "coalesced", True))
        self.assertEqual((again["task"]["payload"], again["task"]["labels"]), (f"gate {lab.path('go')}", {"n": "1"}))
        skipped = [event for event in lab.events(first["id"]) if event["type"] == "task.coalesced"]
        self.assertEqual([event["data"]["payload"] for event in skipped], ["exit 0"])
        lab.open_gate("go")
        lab.idle()

    def test_a_superseded_task_is_gone_before_the_new_one_starts(self):
        lab = self.lab()
        wish = {"kind": "chaos", "concurrency": {"key": "c", "on_conflict": "supersede"}}
        old = lab.ok("POST", "/v1/tasks", {**wish, "payload": "await_stop; sleep 200; exit 1"})["id"]
        lab.wait_begun(old)
        made = lab.ok("POST", "/v1/tasks", {**wish, "payload": "exit 0"})
        self.assertEqual((made["disposition"], made["superseded"]), ("superseded", [old]))
        self.assert_state(lab, made["id"], "succeeded")
        ended = self.assert_state(lab, old, "cancelled")
        self.assertEqual((ended["error"]["code"], ended["superseded_by"]), ("superseded", made["id"]))
        self.assert_held(oracle.limits(lab.bodies(), 1))
        self.assertEqual([body.task for body in lab.bodies()], [old, made["id"]])

    def test_queue_latest_runs_the_newest_after_the_one_that_runs(self):
        lab = self.lab()
        wish = {"kind": "chaos", "concurrency": {"key": "c", "on_conflict": "queue_latest"}}
        first = lab.ok("POST", "/v1/tasks", {**wish, "payload": f"gate {lab.path('go')}"})["id"]
        lab.wait_begun(first)
        later = [lab.ok("POST", "/v1/tasks", {**wish, "payload": f"note {number}; exit 0"})["id"] for number in range(5)]
        lab.open_gate("go")
        lab.idle()
        self.assertEqual([body.task for body in lab.bodies()], [first, later[-1]])
        self.assertEqual([lab.task(task)["error"]["code"] for task in later[:-1]], ["superseded"] * 4)

    def test_why_names_the_key_its_holder_and_the_line(self):
        lab = self.lab()
        gate = lab.path("go")
        holder = lab.enq(f"gate {gate}", concurrency={"key": "c"})
        lab.wait_begun(holder)
        behind = lab.enq("exit 0", concurrency={"key": "c"})
        first = lab.enq(f"gate {gate}", order_key="ledger")
        lab.wait_begun(first)
        second = lab.enq("exit 0", order={"key": "ledger"})
        self.assertEqual((lab.task(behind)["state"], lab.task(second)["state"]), ("blocked", "blocked"))
        key = lab.ok("GET", f"/v1/tasks/{behind}/why")["reasons"][0]
        self.assertEqual(key["code"], "key_full")
        self.assertIn(f'the concurrency key "c" is taken by 1 of 1: task {holder} has been running for', key["message"])
        self.assertIn(f"reeve cancel {holder}", key["fix"])
        line = lab.ok("GET", f"/v1/tasks/{second}/why")["reasons"][0]
        self.assertEqual(line["code"], "order")
        self.assertIn(f"task {first} has been running for", line["message"])
        lab.open_gate("go")
        lab.idle()

    def test_the_command_line_speaks_of_keys(self):
        lab = self.lab()
        first = lab.cli("enqueue", "noop", "1", "--delay", "1h", "--dedupe-key", "k", "--dedupe-window", "10m", "--order-key", "l")
        self.assertEqual(first.returncode, 0, first.stderr)
        again = lab.cli("enqueue", "noop", "2", "--dedupe-key", "k")
        self.assertIn("was there already, with another payload; it keeps its own", again.stderr)
        self.assertEqual(again.stdout, first.stdout)
        wish = ("enqueue", "noop", "--delay", "1h", "--concurrency-key", "c")
        held = lab.cli(*wish, "--concurrency-limit", "1")
        busy = lab.cli(*wish, "--on-conflict", "reject")
        self.assertNotEqual(busy.returncode, 0)
        self.assertIn(f'the concurrency key "c" is taken by task {held.stdout.strip()}', busy.stderr)
        newest = lab.cli(*wish, "--on-conflict", "supersede")
        self.assertIn(f"supersedes {held.stdout.strip()}", newest.stderr)
        shown = lab.cli("show", newest.stdout.strip()).stdout
        self.assertIn("c  limit 1, global, on conflict supersede", shown)
        wrong = lab.cli("enqueue", "noop", "--dedupe-scope", "kind")
        self.assertEqual(wrong.returncode, 2)

    def test_a_handler_declares_a_key_for_its_tasks(self):
        lab = self.lab(handlers={"noop": {"executor": "inline", "builtin": "noop", "dedupe": {"window": "1h"},
                                          "concurrency_key": {"key": "account-{payload.id}", "limit": 2, "on_conflict": "reject"}}})
        made = lab.ok("POST", "/v1/tasks", {"kind": "noop", "payload": {"id": 7}, "delay": "1h", "dedupe_key": "k"})["id"]
        task = lab.task(made)
        self.assertEqual(task["concurrency"], {"key": "account-7", "limit": 2, "scope": "global", "on_conflict": "reject"})
        self.assertEqual(task["dedupe_window"], "1h")
        refused = lab.http("POST", "/v1/tasks", {"kind": "noop", "payload": {}})
        self.assertEqual(refused.status, 422)
        self.assertIn("account-{payload.id}", refused.json["detail"])

    def test_keys_hold_while_the_daemon_is_killed_again_and_again(self):
        lab = self.lab(supervisor={"concurrency": 8, "lease": "15s"})
        lab.handlers["chaos"] = lab.handler(retry=GENEROUS)
        lab.reload()
        chance = random.Random(20261121)
        limits = {"one": 1, "two": 2}
        keyed, line = {name: [] for name in limits}, []
        for _ in range(12):
            wishes = []
            for _ in range(12):
                wish = {"kind": "chaos", "payload": f"sleep {chance.randrange(1, 40)}; exit {chance.choice((0, 0, 0, 1))}"}
                sort = chance.choice(("one", "two", "line"))
                wish.update({"order_key": "l"} if sort == "line" else {"concurrency": {"key": sort, "limit": limits[sort]}})
                wishes.append((sort, wish))
            stored = lab.ok("POST", "/v1/tasks/bulk", {"tasks": [wish for _, wish in wishes]})["tasks"]
            for (sort, _), made in zip(wishes, stored):
                (line if sort == "line" else keyed[sort]).append(made["id"])
            time.sleep(chance.uniform(0.05, 0.4))     # the moment of the kill is the test's chance
            lab.k9()
            lab.up()
        lab.idle()
        for name, limit in limits.items():
            self.assert_held(oracle.limits(self.bodies_of(lab, set(keyed[name])), limit, lab.kills))
        in_line = self.bodies_of(lab, set(line))
        self.assert_held(oracle.limits(in_line, 1, lab.kills))
        order = [body.task for body in in_line]
        self.assertEqual(order, sorted(order), "I24: bodies of a line begin in the order of its ids; a retry holds the line")
        lab.end()
        self.assertEqual(lab.cli("store", "check", "--store", "sqlite:" + lab.store).returncode, 0)


if __name__ == "__main__":
    unittest.main()
