#!/usr/bin/env python3
"""Outboxes: an application enqueues in the transaction of its own data, in its own database file, and reeve takes it from there exactly once."""
import os
import sqlite3
import threading
import time
import unittest

from door_case import DoorCase, Writer
from waiting import wait_until


class Outbox(DoorCase):
    def served(self, wal=True):
        """A daemon that serves one application's file."""
        lab = self.quiet_lab()
        path = self.app(lab, wal=wal)
        lab.configuration = lambda configuration=lab.configuration: {**configuration(), "outbox": path}
        lab.up()
        self.addCleanup(self._judge, lab)
        return lab, path

    def put(self, path, **columns):
        return self.insert_into(path, "reeve_outbox", **columns)

    def test_an_order_and_its_mail_are_one_transaction(self):
        for wal in (True, False):
            with self.subTest(wal=wal):
                lab, path = self.served(wal)
                connection = sqlite3.connect(path, timeout=60)
                with connection:
                    order = connection.execute("INSERT INTO orders (item) VALUES ('lamp')").lastrowid
                    row = connection.execute("INSERT INTO reeve_outbox (kind, payload, labels) VALUES ('noop', json_object('order', ?), '{\"a\":\"b\"}')",
                                             (order,)).lastrowid
                with self.assertRaises(ZeroDivisionError), connection:
                    connection.execute("INSERT INTO orders (item) VALUES ('chair')")
                    connection.execute("INSERT INTO reeve_outbox (kind, payload) VALUES ('noop', '2')")
                    raise ZeroDivisionError
                connection.close()
                task = self.task_of(lab, row, "outbox")
                self.assertEqual((task["payload"], task["labels"], lab.wait(task["id"])["status"]), ({"order": order}, {"a": "b"}, "succeeded"))
                wait_until(lambda: self.rows_left(path) == 0, 30, "the row is deleted")
                wait_until(lambda: self.sql(lab.store, "SELECT count(*) FROM reeve_outbox_taken") == [(0,)], 30, "its token is forgotten")
                self.assertEqual(len(self.tasks(lab)), 1)
                self.assertEqual(lab.ok("GET", "/v1/status")["outboxes"], [{"path": path, "taken": 1, "refused": 0}])

    def test_many_programs_at_once(self):
        for wal in (True, False):
            with self.subTest(wal=wal):
                lab, path = self.served(wal)
                faults = []

                def write(first):
                    try:
                        with Writer(path, "reeve_outbox") as writer:
                            for number in range(first, first + 30):
                                writer.say("roll back" if number % 10 == 9 else "commit", number)
                    except Exception as error:
                        faults.append(error)

                threads = [threading.Thread(target=write, args=(block * 1000,)) for block in range(4)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                self.assertEqual(faults, [])
                self.assert_each_once(lab, [number for block in range(4) for number in range(block * 1000, block * 1000 + 30) if number % 10 != 9])
                wait_until(lambda: self.rows_left(path) == 0, 30, "the rows are deleted")

    def test_kill_9_at_any_moment_takes_each_row_once(self):
        for wal in (True, False):
            with self.subTest(wal=wal):
                lab, path = self.served(wal)
                written = self.write_under_kills(lab, path, "reeve_outbox", rounds=8)
                self.assert_each_once(lab, written)
                wait_until(lambda: self.rows_left(path) == 0, 60, "the rows are deleted")
                self.assertEqual(self.sql(path, "PRAGMA integrity_check"), [("ok",)])

    def test_a_row_that_was_taken_and_not_deleted_is_not_taken_again(self):
        lab, path = self.served()
        lab.term()
        row = self.put(path, kind="noop", payload="1")
        token = self.sql(path, "SELECT token FROM reeve_outbox")[0][0]
        # As after a kill between the two commits: the store knows the row, the application's file still has it.
        self.sql(lab.store, "INSERT INTO reeve_outbox_taken (token, source, row, taken_at) VALUES (?, ?, ?, 1)", token, path, row)
        self.put(path, kind="noop", payload="2")
        lab.up()
        self.assert_each_once(lab, [2])
        wait_until(lambda: self.rows_left(path) == 0, 30, "both rows are deleted")

    def test_a_locked_file_is_come_back_to_and_holds_up_nobody(self):
        for wal in (True, False):
            with self.subTest(wal=wal):
                lab, path = self.served(wal)
                self.put(path, kind="noop", payload="1")
                self.assert_each_once(lab, [1])
                connection = sqlite3.connect(path, timeout=60, isolation_level=None)
                connection.execute("BEGIN EXCLUSIVE")
                connection.execute("INSERT INTO reeve_outbox (kind, payload) VALUES ('noop', '2')")
                lab.http("POST", "/v1/inbox/ring")
                for number in range(10, 20):
                    begun = time.monotonic()
                    lab.wait(lab.enq(number, kind="noop"))
                    self.assertLess(time.monotonic() - begun, 5)
                wait_until(lambda: "locked" in self.trouble(lab), 30, "the lock is called trouble")
                self.assertIn("locked", lab.cli("status").stdout)
                self.assertEqual(lab.cli("doctor").returncode, 1)
                connection.execute("COMMIT")
                connection.close()
                self.assert_each_once(lab, [1, 2, *range(10, 20)])
                wait_until(lambda: self.trouble(lab) == "", 30, "all is well again")

    def test_a_missing_file_is_waited_for(self):
        lab, path = self.served()
        lab.term()
        names = [name for name in ("-wal", "-shm", "") if os.path.exists(path + name)]
        for name in names:
            os.rename(path + name, path + ".away" + name)
        lab.up()
        wait_until(lambda: "No such file" in self.trouble(lab), 30, "the missing file is shown")
        self.assertTrue(lab.log_events("outbox.trouble"))
        for name in names:
            os.rename(path + ".away" + name, path + name)
        wait_until(lambda: self.trouble(lab) == "", 30, "the file was found")
        self.put(path, kind="noop", payload="5")
        self.assert_each_once(lab, [5])

    def test_a_file_put_in_its_place_is_noticed(self):
        lab, path = self.served()
        self.put(path, kind="noop", payload="1")
        self.assert_each_once(lab, [1])
        fresh = self.app(lab, "fresh.db")
        self.put(fresh, kind="noop", payload="2")
        self.sql(fresh, "PRAGMA wal_checkpoint(TRUNCATE)")
        for beside in ("-wal", "-shm"):       # they belong to the old file
            os.remove(path + beside)
        os.replace(fresh, path)
        self.assert_each_once(lab, [1, 2])
        self.put(path, kind="noop", payload="3")
        self.assert_each_once(lab, [1, 2, 3])

    def test_what_is_no_database_is_said_so_and_left_alone(self):
        lab = self.quiet_lab()
        text = lab.path("notes.db")
        with open(text, "w", encoding="ascii") as file:
            file.write("these are notes, and no database at all\n" * 100)
        plain = lab.path("plain.db")
        sqlite3.connect(plain).execute("CREATE TABLE t (a)").connection.close()
        lab.configuration = lambda configuration=lab.configuration: {**configuration(), "outbox": ["notes.db", "plain.db"]}
        lab.up()
        wait_until(lambda: "no SQLite database" in self.trouble(lab, 0) and "reeve outbox init" in self.trouble(lab, 1), 30, "both are shown")
        before = os.stat(text)
        self.assertNotEqual(lab.cli("outbox", "init", text).returncode, 0)
        self.assertEqual(os.stat(text).st_mtime_ns, before.st_mtime_ns)
        self.assertEqual(lab.cli("outbox", "init", plain).returncode, 0)
        lab.http("POST", "/v1/inbox/ring")
        wait_until(lambda: self.trouble(lab, 1) == "", 40, "the table was found")

    def test_init_may_be_repeated_and_refuses_what_is_not_an_application(self):
        lab = self.lab()
        path = self.app(lab)
        self.put(path, kind="noop")
        again = lab.cli("outbox", "init", path, "--json")
        self.assertEqual((again.returncode, again.stdout.count('"created":false')), (0, 1), again.stdout)
        self.assertEqual(self.rows_left(path), 1)
        store = lab.cli("outbox", "init", lab.store)
        self.assertIn("reeve_inbox", store.stderr)
        self.assertNotEqual(store.returncode, 0)
        missing = lab.cli("outbox", "init", lab.path("none.db"))
        self.assertIn("No such file", missing.stderr)
        self.assertFalse(os.path.exists(lab.path("none.db")))
        other = lab.path("other.db")
        sqlite3.connect(other).execute("CREATE TABLE reeve_outbox (a)").connection.close()
        self.assertIn("another table", lab.cli("outbox", "init", other).stderr)
        rollback = self.app(lab, "rollback.db", wal=False)
        self.assertIn("journal mode", lab.cli("outbox", "init", rollback).stderr)

    def test_bad_rows_are_set_aside_in_the_store(self):
        lab, path = self.served()
        self.put(path, kind="nobody", payload='{"n":1}')
        self.put(path, kind="reeve.command", options='{"command":["true"]}')
        self.put(path, kind="noop", payload="3")
        self.assert_each_once(lab, [3])
        rows = self.refused(lab, 2)
        self.assertEqual({row["code"] for row in rows}, {"unknown_kind", "commands_disabled"})
        self.assertEqual({row["source"] for row in rows}, {path})
        wait_until(lambda: self.rows_left(path) == 0, 30, "they left the application's file")

    def test_no_trigger_of_the_application_runs_for_reeve(self):
        lab, path = self.served()
        self.sql(path, "CREATE TRIGGER spy AFTER DELETE ON reeve_outbox BEGIN INSERT INTO orders (item) VALUES ('spied'); END")
        self.put(path, kind="noop", payload="1")
        self.assert_each_once(lab, [1])
        wait_until(lambda: self.rows_left(path) == 0, 30, "the row is deleted")
        self.assertEqual(self.sql(path, "SELECT count(*) FROM orders"), [(0,)])


if __name__ == "__main__":
    unittest.main()
