#!/usr/bin/env python3
"""docs/guides/write-a-handler.md, followed to the letter: its files are written down, its handlers run, and what it says comes true."""
import json
import os
import re
import subprocess
import unittest

from examples_test import BIN, ROOT, Daemon

GUIDE = os.path.join(ROOT, "docs/guides/write-a-handler.md")


def files(text):
    """{name: content} of the blocks that name a file in a comment of one of their first two lines."""
    found = {}
    for block in re.findall(r"^```\w+\n(.*?)^```$", text, re.M | re.S):
        named = re.match(r"(?:#!.*\n)?(?:#|//) ([\w.]+)(?::.*)?\n", block)
        if named:
            found[named.group(1)] = block
    return found


class Guide(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(GUIDE, encoding="utf-8") as file:
            cls.text = file.read()
        cls.daemon = Daemon(cls.write_down)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    @classmethod
    def write_down(cls, folder):
        for name, content in files(cls.text).items():
            path = os.path.join(folder, name if name != "reeve.yaml" else "guide.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
            if name.endswith(".sh"):
                os.chmod(path, 0o755)
            if name.endswith(".cpp"):
                build = re.search(r"// sum.cpp: (.*)", content).group(1)
                subprocess.run(build.split(), cwd=folder, check=True)
        return ["guide.yaml"]

    def test_each_language_gives_the_same_result(self):
        kinds = re.findall(r"^  (sum\.\w+):", self.text, re.M)
        self.assertEqual(["sum.sh", "sum.py", "sum.pl", "sum.cpp"], kinds)
        for kind in kinds:
            with self.subTest(kind):
                task = self.daemon.wait(self.daemon.enqueue(kind, {"numbers": [1, 2, 3]}))
                self.assertEqual(("succeeded", {"sum": 6}), (task["status"], task.get("result")), task)
                self.assertIn("the sum is 6", [line["message"] for line in self.daemon.ok("GET", f"/v1/tasks/{task['id']}/log")["lines"]])
                self.assertTrue(task["progress"])

    def test_a_wrong_payload_is_rejected_by_exit_65(self):
        task = self.daemon.wait(self.daemon.enqueue("sum.sh", {}))
        self.assertEqual(("failed", 1, 65), (task["status"], task["attempt"], task["error"]["exit_code"]), task)

    def test_the_command_line_of_the_guide_works(self):
        command = re.search(r"^reeve (enqueue sum\.py .*)$", self.text, re.M).group(1)
        ran = subprocess.run(["/bin/sh", "-c", f'"$0" {command}', BIN], capture_output=True, text=True, check=False, timeout=60,
                             env={**os.environ, "REEVE_SOCKET": self.daemon.socket})
        self.assertEqual(0, ran.returncode, ran.stderr)
        self.assertEqual({"sum": 6}, json.loads(ran.stdout.strip().split("\n")[-1]))

    def test_every_variable_of_the_table_is_there_and_no_other(self):
        task = self.daemon.enqueue("reeve.command", None, command=["/usr/bin/env"], labels={"team": "a"},
                                   traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        self.assertEqual("succeeded", self.daemon.wait(task)["status"])
        given = {line["message"].split("=")[0] for line in self.daemon.ok("GET", f"/v1/tasks/{task}/log")["lines"]}
        listed = set()
        for row in re.findall(r"^\| (`[A-Z_`, ]+`) \|", self.text, re.M):
            listed.update(re.findall(r"[A-Z_]+", row))
        self.assertEqual(listed - {"REEVE_PAYLOAD_FILE", "REEVE_METADATA", "REEVE_BATCH_ID", "REEVE_RESOURCE_GPU"}, given)


if __name__ == "__main__":
    unittest.main()
