"""What tests of the SQL door share: programs of their own that write into databases, and the tasks that came of it."""

import collections
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time

from case import DaemonCase
from waiting import wait_until

# A foreign program: it knows nothing of reeve but a table. Each line of stdin is "commit N", "roll back N" or "hold N"; it answers each with a line.
WRITER = r"""
import sqlite3, sys
path, table, kind = sys.argv[1:4]
db = sqlite3.connect(path, timeout=60, isolation_level=None)
db.execute("PRAGMA synchronous=FULL")
for line in sys.stdin:
    what, number = line.rsplit(" ", 1)
    db.execute("BEGIN IMMEDIATE")
    db.execute(f"INSERT INTO {table} (kind, payload) VALUES (?, ?)", (kind, number.strip()))
    if what == "commit":
        db.execute("COMMIT")
    elif what == "roll back":
        db.execute("ROLLBACK")
    print("done", flush=True)
"""


class Writer:
    """One foreign process with one connection."""

    def __init__(self, path, table="reeve_inbox", kind="noop"):
        self.process = subprocess.Popen([sys.executable, "-I", "-S", "-B", "-c", WRITER, path, table, kind], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def say(self, what, number):
        self.process.stdin.write(f"{what} {number}\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != "done\n":
            raise AssertionError("the writer has died")

    def commit(self, number):
        self.say("commit", number)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(60)

    def kill(self):
        self.process.kill()
        self.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class DoorCase(DaemonCase):
    def sql(self, path, script, *values):
        """Runs one statement in a program's own connection, and commits."""
        connection = sqlite3.connect(path, timeout=60)
        try:
            with connection:
                return connection.execute(script, values).fetchall()
        finally:
            connection.close()

    def insert(self, lab, **columns):
        """A row of the inbox; gives its number."""
        return self.insert_into(lab.store, "reeve_inbox", **columns)

    def insert_into(self, path, table, **columns):
        names = ", ".join(columns)
        marks = ", ".join("?" for _ in columns)
        connection = sqlite3.connect(path, timeout=60)
        try:
            with connection:
                return connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(columns.values())).lastrowid
        finally:
            connection.close()

    def tasks(self, lab):
        return lab.pages("/v1/tasks?payload=true&order=oldest&limit=1000", "tasks")

    def task_of(self, lab, row, source="inbox", deadline=30.0):
        """The task that came of a row, once it is there."""
        def find():
            return [task for task in self.tasks(lab) if task.get("created_by") == f"{source}:{row}"]
        return wait_until(find, deadline, f"row {row} of the {source} is a task")[0]

    def refused(self, lab, count, deadline=30.0):
        """The rows that were set aside, once there are so many."""
        def there():
            rows = lab.ok("GET", "/v1/inbox?limit=1000")["refused"]
            return rows if len(rows) >= count else None
        rows = wait_until(there, deadline, f"{count} rows are set aside")
        self.assertEqual(len(rows), count, rows)
        return rows

    def assert_each_once(self, lab, numbers, deadline=120.0):
        """Every number is the payload of exactly one task, and there are no others."""
        wanted = collections.Counter(numbers)

        def there():
            return len(self.tasks(lab)) >= len(wanted)

        wait_until(there, deadline, f"{len(wanted)} rows are tasks")
        lab.idle()
        found = collections.Counter(task["payload"] for task in self.tasks(lab))
        self.assertEqual(found - wanted, collections.Counter(), "came twice or from nowhere")
        self.assertEqual(wanted - found, collections.Counter(), "lost")

    def write_under_kills(self, lab, path, table, rounds, programs=3):
        """Programs write rows while the daemon is killed again and again; gives what they committed."""
        chance, stopped = random.Random(4), threading.Event()
        written, faults = [], []

        def write(first):
            number = first
            try:
                with Writer(path, table) as writer:
                    while not stopped.is_set():
                        writer.commit(number)
                        written.append(number)
                        number += 1
                        time.sleep(0.002)     # a program that has other things to do, so that rounds do not drown in rows
            except Exception as error:
                faults.append(error)

        threads = [threading.Thread(target=write, args=(block * 100_000,)) for block in range(programs)]
        for thread in threads:
            thread.start()
        for _ in range(rounds):
            time.sleep(chance.uniform(0, 0.2))   # the moment of the kill is chance
            lab.restart()
        stopped.set()
        for thread in threads:
            thread.join()
        self.assertEqual(faults, [])
        return written

    def assert_inbox_empty(self, lab):
        wait_until(lambda: lab.ok("GET", "/v1/inbox")["waiting"] == 0, 30, "the inbox is empty")

    def app(self, lab, name="app.db", wal=True):
        """An application's database with an outbox, made by the command that people use."""
        path = lab.path(name)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode=" + ("WAL" if wal else "DELETE"))
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT)")
        connection.commit()
        connection.close()
        made = lab.cli("outbox", "init", path)
        self.assertEqual(made.returncode, 0, made.stderr)
        return os.path.realpath(path)

    def trouble(self, lab, outbox=0):
        return lab.ok("GET", "/v1/status")["outboxes"][outbox].get("trouble", "")

    def rows_left(self, path):
        return self.sql(path, "SELECT count(*) FROM reeve_outbox")[0][0]
