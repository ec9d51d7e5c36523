#!/usr/bin/env python3
"""docs/guides/sql.md, followed to the letter: each of its examples is run on a daemon's store or an application's file."""
import os
import re
import sqlite3
import subprocess
import sys
import unittest

from door_case import DoorCase
from lab import BIN
from waiting import wait_until

GUIDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/guides/sql.md")
STORE, APP = "/var/lib/reeve/reeve.db", "/srv/shop/app.db"


class Guide(DoorCase):
    @classmethod
    def setUpClass(cls):
        with open(GUIDE, encoding="utf-8") as file:
            cls.text = file.read()
        cls.blocks = re.findall(r"^```(\w+)\n(.*?)^```$", cls.text, re.M | re.S)
        cls.unused = set(range(len(cls.blocks)))

    @classmethod
    def tearDownClass(cls):
        if cls.unused:
            raise AssertionError(f"examples that nobody ran: {[cls.blocks[i] for i in cls.unused]}")

    def example(self, language, part):
        """The one block that has `part` in it."""
        found = [i for i, (name, text) in enumerate(self.blocks) if name == language and part in text]
        self.assertEqual(len(found), 1, part)
        self.unused.discard(found[0])
        return self.blocks[found[0]][1]

    def run_shell(self, text, **paths):
        for name, path in paths.items():
            text = text.replace({"store": STORE, "app": APP}[name], path)
        environment = {**os.environ, "PATH": os.path.dirname(BIN) + ":" + os.environ["PATH"]}
        ran = subprocess.run(["sh", "-ec", text], capture_output=True, text=True, timeout=60, env=environment, check=False)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout

    def run_python(self, text, path):
        ran = subprocess.run([sys.executable, "-I", "-c", text, path], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(ran.returncode, 0, ran.stderr)

    def run_sql(self, text, path):
        ran = subprocess.run(["sqlite3", "-bail", "-cmd", ".timeout 30000", path], input=text, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        return ran.stdout

    def test_the_inbox(self):
        lab = self.lab(handlers={"report.generate": {"executor": "inline", "builtin": "noop"}})
        self.run_shell(self.example("sh", "reeve_inbox"), store=lab.store)
        self.run_python(self.example("python", "# inbox.py"), lab.store)
        first, second = self.task_of(lab, 1), self.task_of(lab, 2)
        self.assertEqual(first["payload"], {"month": "2026-10"})
        self.assertEqual([second.get(name) for name in ("payload", "queue", "priority", "labels", "dedupe_key")],
                         [{"month": "2026-11"}, "reports", 7, {"team": "billing"}, "2026-11"])
        lab.idle()
        today = self.run_sql(self.example("sql", "-- today.sql"), lab.store)
        self.assertIn("task.succeeded|2", today)
        self.insert(lab, kind="mail.send", payload='"once more"')
        self.refused(lab, 1)
        lab.handlers["mail.send"] = {"executor": "inline", "builtin": "fail"}
        lab.reload()
        self.run_sql(self.example("sql", "-- again.sql"), lab.store)
        again = wait_until(lambda: [task for task in self.tasks(lab) if task["kind"] == "mail.send"], 30, "it was handed in again")[0]
        self.assertEqual(again["payload"], "once more")
        lab.cancel(again["id"])
        lab.wait(again["id"])
        self.sql(lab.store, "SELECT 1")
        self.run_sql(self.example("sql", "-- failed.sql"), lab.store)

    def test_the_outbox(self):
        lab = self.quiet_lab(handlers={"mail.send": {"executor": "inline", "builtin": "noop"}})
        app = lab.path("app.db")
        made = sqlite3.connect(app)
        made.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT)")
        made.close()
        self.run_shell(self.example("sh", "reeve outbox init"), app=app)
        declared = re.search(r"^outbox: (\S+)", self.example("yaml", "# reeve.yaml"), re.M).group(1)
        self.assertEqual(declared, APP)
        lab.configuration = lambda configuration=lab.configuration: {**configuration(), "outbox": app}
        lab.up()
        self.run_python(self.example("python", "# outbox.py"), app)
        task = self.task_of(lab, 1, "outbox")
        self.assertEqual((task["kind"], task["payload"], lab.wait(task["id"])["status"]), ("mail.send", {"order": 1}, "succeeded"))
        self.assertEqual(self.sql(app, "SELECT item FROM orders"), [("lamp",)])

    def test_every_column_of_the_tables_and_views_is_told(self):
        lab = self.lab()
        told = set(re.findall(r"`(\w+)`", self.text)) | set(re.findall(r"\w+", " ".join(re.findall(r"`([a-z_\s]{30,})`", self.text))))
        for table in ("reeve_inbox", "reeve_tasks", "reeve_events"):
            names = {name for (name,) in self.sql(lab.store, "SELECT name FROM pragma_table_info(?)", table)}
            self.assertEqual(names - told, set(), table)
            self.assertTrue(names)


if __name__ == "__main__":
    unittest.main()
