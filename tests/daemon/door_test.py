#!/usr/bin/env python3
"""The SQL door: foreign programs enqueue with an INSERT of their own, in their own transaction."""
import json
import os
import sqlite3
import subprocess
import threading
import time
import unittest

import processes
from door_case import DoorCase, Writer
from waiting import wait_until

PAGE = 4096


class Inbox(DoorCase):
    def test_an_insert_becomes_a_task_that_runs(self):
        lab = self.lab()
        done = subprocess.run(["sqlite3", lab.store, """INSERT INTO reeve_inbox (kind, payload) VALUES ('noop', json('{"n" : 1}'))"""],
                              capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        task = self.task_of(lab, 1)
        self.assertEqual(lab.wait(task["id"])["status"], "succeeded")
        self.assertEqual((task["kind"], task["payload"], task["queue"]), ("noop", {"n": 1}, "default"))
        self.assert_inbox_empty(lab)

    def test_every_column_says_what_the_api_would(self):
        lab = self.lab()
        row = self.insert(lab, kind="chaos", payload='  {"a" : "\u00e9"}  ', queue="slow", priority=9, run_at="2099-01-02 03:04:05.678",
                          expires_in="36000d", max_attempts=7, labels='{"team":"a","b":"c"}', metadata='{"x":[1]}', external_id="order/1",
                          dedupe_key="once", dedupe_scope="global", traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          options='{"timeout":"3s","retry":{"base":"2s"}}')
        task = lab.task(self.task_of(lab, row)["id"])
        shown = {name: task.get(name) for name in ("queue", "priority", "run_at", "max_attempts", "labels", "metadata", "external_id", "dedupe_key",
                                                   "dedupe_scope", "traceparent", "payload", "state")}
        self.assertEqual(shown, {"queue": "slow", "priority": 9, "run_at": "2099-01-02T03:04:05.678Z", "max_attempts": 7,
                                 "labels": {"team": "a", "b": "c"}, "metadata": {"x": [1]}, "external_id": "order/1", "dedupe_key": "once",
                                 "dedupe_scope": "global", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                 "payload": {"a": "\u00e9"}, "state": "scheduled"})
        self.assertEqual(task["overrides"], {"timeout_ms": 3000, "retry": {"base_ms": 2000}})
        with lab.reading() as connection:
            kept = connection.execute("SELECT payload FROM reeve_tasks WHERE id = ?", (task["id"],)).fetchone()[0]
        self.assertEqual(kept, '{"a" : "\u00e9"}')
        unknown = self.insert(lab, kind="nobody", allow_unknown=1)
        self.assertEqual(self.task_of(lab, unknown)["kind"], "nobody")
        twin = self.insert(lab, kind="noop", dedupe_key="once", dedupe_scope="global")  # an equal task is open: nothing new, and no fault
        self.assert_inbox_empty(lab)
        self.assertEqual([found for found in self.tasks(lab) if found.get("created_by") == f"inbox:{twin}"], [])
        self.assertEqual(lab.ok("GET", "/v1/inbox")["refused"], [])

    def test_the_table_itself_refuses_what_can_never_be_a_task(self):
        lab = self.lab()
        for columns in ({"kind": ""}, {"kind": "a b"}, {"kind": "noop", "payload": "{"}, {"kind": "noop", "priority": 10},
                        {"kind": "noop", "priority": "high"}, {"kind": "noop", "run_at": "soon"}, {"kind": "noop", "labels": "[]"},
                        {"kind": "noop", "options": "7"}, {"kind": "noop", "dedupe_scope": "kind"}, {"kind": None},
                        {"kind": "noop", "payload": json.dumps("x" * (32 << 20))}):
            with self.subTest(str(columns)[:60]), self.assertRaises(sqlite3.Error):
                self.insert(lab, **columns)
        self.assertEqual(self.tasks(lab), [])

    def test_what_is_rolled_back_never_appears(self):
        lab = self.lab()
        with Writer(lab.store) as writer:
            for number in range(20):
                writer.say("roll back", number)
            writer.commit(1000)
        victim = Writer(lab.store)
        victim.say("hold", 2000)
        victim.kill()
        connection = sqlite3.connect(lab.store, isolation_level=None)
        connection.executescript("BEGIN; INSERT INTO reeve_inbox (kind, payload) VALUES ('noop', '3000'); SAVEPOINT a; "
                                 "INSERT INTO reeve_inbox (kind, payload) VALUES ('noop', '3001'); ROLLBACK TO a; COMMIT")
        connection.close()
        self.assert_each_once(lab, [1000, 3000])

    def test_eight_programs_at_once_and_the_api_beside_them(self):
        lab = self.lab()
        faults, expected = [], []

        def write(first):
            try:
                with Writer(lab.store) as writer:
                    for number in range(first, first + 40):
                        writer.say("roll back" if number % 10 == 9 else "commit", number)
            except Exception as error:
                faults.append(error)

        threads = [threading.Thread(target=write, args=(block * 1000,)) for block in range(8)]
        for thread in threads:
            thread.start()
        for number in range(9000, 9040):
            lab.enq(number, kind="noop")
            expected.append(number)
        for thread in threads:
            thread.join()
        self.assertEqual(faults, [])
        expected += [number for block in range(8) for number in range(block * 1000, block * 1000 + 40) if number % 10 != 9]
        self.assert_each_once(lab, expected)
        self.assert_inbox_empty(lab)

    def test_one_large_transaction_arrives_whole(self):
        lab = self.lab()
        connection = sqlite3.connect(lab.store, timeout=60)
        with connection:
            connection.executemany("INSERT INTO reeve_inbox (kind, payload) VALUES ('noop', ?)", [(str(number),) for number in range(1500)])
        connection.close()
        self.assert_each_once(lab, range(1500))

    def test_large_rows_pass_up_to_the_limit_of_their_handler(self):
        lab = self.lab()
        size = lab.ok("GET", "/v1/kinds")["kinds"]
        limit = next(kind for kind in size if kind["kind"] == "noop").get("payload_limit", 1 << 20)
        fits = json.dumps("x" * (limit - 2))
        self.insert(lab, kind="noop", payload=fits)
        self.insert(lab, kind="noop", payload=json.dumps("y" * limit))
        self.insert(lab, kind="noop", payload=json.dumps("z" * (24 << 20)))
        self.insert(lab, kind="noop", payload="7")
        codes = [row["code"] for row in self.refused(lab, 2)]
        self.assertEqual(codes, ["payload_too_large", "payload_too_large"])
        self.assert_each_once(lab, [json.loads(fits), 7])
        self.assertEqual(self.sql(lab.store, "SELECT max(length(payload)) FROM reeve_inbox_refused")[0][0], (24 << 20) + 2)

    def test_bad_rows_are_set_aside_and_hold_up_nobody(self):
        lab = self.lab()
        taken = lab.enq("hello", kind="noop", external_id="mine")
        bad = {
            self.insert(lab, kind="noopp"): "unknown_kind",
            self.insert(lab, kind="noop", external_id="mine"): "external_id_taken",
            self.insert(lab, kind="noop", options='{"timeuot":"3s"}'): "unknown_field",
            self.insert(lab, kind="noop", options='{"kind":"chaos"}'): "invalid_json",
            self.insert(lab, kind="noop", payload="[" * 40 + "]" * 40): "invalid_json",
            self.insert(lab, kind="noop", labels='{"team":7}'): "invalid_value",
            self.insert(lab, kind="noop", run_at="0001-01-01"): "invalid_value",
        }
        connection = sqlite3.connect(lab.store, timeout=60)
        connection.execute("INSERT INTO reeve_inbox (kind, payload) VALUES ('noop', CAST(x'22ff22' AS TEXT))")
        connection.commit()
        bad[connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'reeve_inbox'").fetchone()[0]] = "invalid_json"
        connection.close()
        good = self.insert(lab, kind="noop", payload="42")
        self.assertEqual(lab.wait(self.task_of(lab, good)["id"])["status"], "succeeded")
        rows = self.refused(lab, len(bad))
        self.assertEqual({row["row"]: row["code"] for row in rows}, bad)
        self.assertTrue(all(row["reason"] and row["source"] == "inbox" for row in rows), rows)
        self.assertIn("noop", next(row["reason"] for row in rows if row["code"] == "unknown_kind"))
        self.assertEqual(lab.task(taken)["status"], "succeeded")
        events = lab.ok("GET", "/v1/events?type=inbox.refused&limit=1000")["events"]
        self.assertEqual({event["data"]["row"]: event["data"]["code"] for event in events}, bad)
        self.assertEqual({record["row"] for record in lab.log_events("inbox.refused")}, set(bad))
        self.assertIn(f"inbox rows refused\t{len(bad)}", lab.cli("store", "stats").stdout)
        doctor = lab.cli("doctor")
        self.assertEqual(doctor.returncode, 1, doctor.stdout)
        self.assertIn("reeve_inbox_refused", doctor.stdout)
        self.assertIn("reeve_inbox_refused", lab.cli("status").stdout)

    def test_a_refused_row_can_be_handed_in_again(self):
        lab = self.lab()
        self.insert(lab, kind="later", payload="5", queue="slow", labels='{"a":"b"}')
        self.refused(lab, 1)
        lab.handlers["later"] = {"executor": "inline", "builtin": "noop"}
        lab.reload()
        connection = sqlite3.connect(lab.store, timeout=60)
        with connection:
            connection.execute("INSERT INTO reeve_inbox (kind, payload, options) SELECT kind, payload, options FROM reeve_inbox_refused")
            connection.execute("DELETE FROM reeve_inbox_refused")
        connection.close()
        task = wait_until(lambda: self.tasks(lab), 30, "the row is a task")[0]
        self.assertEqual((task["kind"], task["payload"], task["queue"], task["labels"]), ("later", 5, "slow", {"a": "b"}))
        self.assertEqual(lab.ok("GET", "/v1/inbox")["refused"], [])

    def test_with_the_door_closed_rows_wait(self):
        lab = self.lab(store={"inbox": False})
        self.insert(lab, kind="noop", payload="1")
        lab.enq("x", kind="noop")
        lab.idle()
        shown = lab.ok("GET", "/v1/inbox")
        self.assertEqual((shown["open"], shown["waiting"], len(self.tasks(lab))), (False, 1, 1))
        lab.sections["store"]["inbox"] = True
        lab.k9()
        lab.up()
        self.assert_inbox_empty(lab)

    def test_a_command_is_refused_where_commands_are(self):
        lab = self.lab(supervisor={"ad_hoc_commands": False})
        self.insert(lab, kind="reeve.command", options='{"command":["true"]}')
        self.assertEqual([row["code"] for row in self.refused(lab, 1)], ["commands_disabled"])

    def test_the_views_show_tasks_and_events(self):
        lab = self.lab()
        row = self.insert(lab, kind="noop", payload='{"n":1}', labels='{"a":"b"}')
        task = self.task_of(lab, row)["id"]
        lab.wait(task)
        with lab.reading() as connection:
            connection.row_factory = sqlite3.Row
            shown = dict(connection.execute("SELECT * FROM reeve_tasks WHERE id = ?", (task,)).fetchone())
            events = [kind for (kind,) in connection.execute("SELECT type FROM reeve_events WHERE task_id = ? ORDER BY seq", (task,))]
        self.assertEqual((shown["kind"], shown["status"], shown["payload"], shown["labels"], shown["created_by"], shown["attempt"]),
                         ("noop", "succeeded", '{"n":1}', '{"a":"b"}', f"inbox:{row}", 1))
        self.assertEqual((events[0], events[-1]), ("task.enqueued", "task.succeeded"))

    def test_a_bell_is_answered(self):
        lab = self.lab()
        self.assertEqual(lab.http("POST", "/v1/inbox/ring").status, 202)

    def test_kill_9_of_the_daemon_between_rows_loses_and_doubles_nothing(self):
        lab = self.lab()
        written = self.write_under_kills(lab, lab.store, "reeve_inbox", rounds=12)
        self.assert_each_once(lab, written)
        self.assertEqual(self.sql(lab.store, "PRAGMA integrity_check"), [("ok",)])


class Quiet(DoorCase):
    def test_an_open_door_does_not_wake_an_idle_daemon(self):
        lab = self.lab()
        self.assertEqual(lab.wait(self.task_of(lab, self.insert(lab, kind="noop"))["id"])["status"], "succeeded")

        def still():
            before = processes.switches(lab.pid)
            time.sleep(3)                     # what is measured is that nothing happens in it
            return processes.switches(lab.pid) - before <= 1

        wait_until(still, 40, "the daemon sleeps through three seconds")

    def test_own_writes_are_no_storm(self):
        lab = self.lab()
        before = lab.ok("GET", "/v1/status")["figures"]["store_batches"]
        for number in range(20):
            lab.wait(lab.enq(number, kind="noop"))
        after = lab.ok("GET", "/v1/status")["figures"]["store_batches"]
        self.assertLess(after - before, 20 * 8)


class Log(DoorCase):
    def test_beside_foreign_writers_the_log_begins_anew_before_their_checkpoint(self):
        lab = self.lab()
        longest, stopped = [0], threading.Event()

        def look():
            while not stopped.wait(0.002):
                longest[0] = max(longest[0], os.stat(lab.store + "-wal").st_size)

        with Writer(lab.store) as writer:
            writer.commit(0)
            wait_until(lambda: len(self.tasks(lab)) == 1, 30, "the foreign program was seen")
            watcher = threading.Thread(target=look)
            watcher.start()
            for number in range(1, 150):
                writer.commit(number)
                lab.enq(number + 1000, kind="noop")
            stopped.set()
            watcher.join()
        self.assert_each_once(lab, [*range(150), *range(1001, 1150)])
        if sqlite3.sqlite_version_info < (3, 51, 3):
            self.assertLess(longest[0], 1000 * (PAGE + 24) + 32)
            self.assertIn("other programs write into this store", lab.cli("doctor").stdout)
        lab.restart()
        self.assertIn("other programs write", json.dumps(lab.ok("GET", "/v1/doctor")["notes"]))


class Offline(DoorCase):
    def alone(self, lab):
        return {"REEVE_SOCKET": "", "REEVE_CONFIG": lab.yaml}

    def test_with_the_daemon_down_a_task_waits_in_the_inbox_for_its_start(self):
        lab = self.lab()
        lab.term()
        left = lab.cli("enqueue", "noop", '{"n":1}', "--queue", "slow", "--label", "team=a", "--delay", "1ms", env=self.alone(lab))
        self.assertEqual((left.returncode, left.stdout), (0, ""), left.stderr)
        self.assertIn("the inbox of", left.stderr)
        told = lab.cli("enqueue", "noop", "2", "--json", env=self.alone(lab))
        self.assertEqual(json.loads(told.stdout), {"disposition": "inbox", "store": "sqlite:" + lab.store, "tasks": 1})
        lab.up()
        lab.idle()
        self.assertEqual([(task["payload"], task["queue"], task["labels"], task["status"]) for task in self.tasks(lab)],
                         [({"n": 1}, "slow", {"team": "a"}, "succeeded"), (2, "default", {}, "succeeded")])

    def test_a_file_of_tasks_waits_in_the_inbox_all_or_none(self):
        lab = self.lab()
        lab.term()
        lines = "".join(f'{{"kind":"noop","payload":{{"n":{number}}},"labels":{{"of":"file"}}}}\n\n' for number in range(100))
        for wrong, says in ((lines + '{"kind":"noopp"}', 'task 101 of 101: no handler has the kind "noopp"'), (lines + "{", "line 201"),
                            (lines + '{"payload":1}', "line 201 names no kind"), (lines + '{"kind":"noop","after":"item:0"}', "comes after another line")):
            refused = lab.cli("enqueue", "--batch-file", "-", stdin=wrong, env=self.alone(lab))
            self.assertEqual((refused.returncode, refused.stdout), (2, ""), refused.stderr)
            self.assertIn(says, refused.stderr)
        self.assertEqual(self.sql(lab.store, "SELECT count(*) FROM reeve_inbox"), [(0,)])
        left = lab.cli("enqueue", "--batch-file", "-", stdin=lines, env=self.alone(lab))
        self.assertEqual((left.returncode, left.stdout), (0, ""), left.stderr)
        self.assertIn("100 tasks lie in the inbox", left.stderr)
        lab.up()
        lab.idle()
        self.assertEqual([(task["payload"]["n"], task["labels"]) for task in self.tasks(lab)], [(number, {"of": "file"}) for number in range(100)])

    def test_what_the_daemon_would_refuse_is_refused_at_once(self):
        lab = self.lab()
        lab.term()
        refused = lab.cli("enqueue", "noopp", env=self.alone(lab))
        self.assertEqual(refused.returncode, 2, refused.stderr)
        self.assertIn('did you mean "noop"', refused.stderr)
        self.assertEqual(self.sql(lab.store, "SELECT count(*) FROM reeve_inbox"), [(0,)])
        lab.up()

    def test_only_where_the_store_is_known_and_nobody_waits_for_the_answer(self):
        lab = self.lab()
        lab.term()
        for arguments, env in ((("enqueue", "noop", "--wait"), self.alone(lab)), (("enqueue", "noop", "--idempotency-key", "a"), self.alone(lab)),
                               (("enqueue", "noop"), {})):
            with self.subTest(arguments):
                self.assertEqual(lab.cli(*arguments, env=env).returncode, 75)
        named = lab.cli("enqueue", "noop", "--store", lab.store)
        self.assertEqual(named.returncode, 0, named.stderr)
        missing = lab.cli("enqueue", "noop", "--store", lab.path("none.db"))
        self.assertEqual(missing.returncode, 75, missing.stderr)
        self.assertIn("there is no store", missing.stderr)
        lab.up()
        lab.idle()
        self.assertEqual(len(self.tasks(lab)), 1)

    def test_a_daemon_that_runs_until_idle_takes_the_inbox_first(self):
        lab = self.lab()
        for number in range(3):
            self.insert(lab, kind="noop", payload=str(number))
        self.assert_inbox_empty(lab)
        lab.term()
        lab.cli("enqueue", "noop", "7", env=self.alone(lab))
        daemon = lab.start(arguments=["--until-idle"])
        self.assertEqual(daemon.wait(60), 0)
        self.assertEqual(self.sql(lab.store, "SELECT status, payload FROM reeve_tasks ORDER BY id DESC LIMIT 1"), [("succeeded", "7")])
        lab.up()


if __name__ == "__main__":
    unittest.main()
