#!/usr/bin/env python3
"""The handler kits in a real daemon: the same programs as processes and as warm workers, killed in the middle and gone on.

The programs are those of tests/kits. A handler that must be met in a state waits for a signal or a gate, never for time.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import unittest

import lab as laboratory
from case import DaemonCase
from waiting import wait_until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAMS = os.path.join(ROOT, "tests/kits")
NODE = shutil.which("node") or shutil.which("nodejs")
CPP = os.environ.get("REEVE_KIT_CPP", os.path.join(os.path.dirname(laboratory.BIN), "tests/kits/kit_handlers"))
COMMANDS = {
    "python": [sys.executable, "-B", os.path.join(PROGRAMS, "plain_handlers.py")],
    "asyncio": [sys.executable, "-B", os.path.join(PROGRAMS, "async_handlers.py")],
    "cpp": [CPP],
    **({"node": [NODE, os.path.join(PROGRAMS, "handlers.mjs")]} if NODE else {}),
}

# Steps that are counted in a file and can be held between two of them: what ran twice is seen.
COUNTED = '''
import os, sys, time
sys.path.insert(0, {sdk!r})
import reeve

def note(path, word):
    with open(path, "a", encoding="ascii") as file:
        file.write(word + "\\n")

@reeve.handler()
def counted(task):
    log = task.payload["log"]
    task.step("first", lambda: note(log, "first"))
    note(log, f"pid {{os.getpid()}}")
    while not os.path.exists(task.payload["gate"]):
        task.progress(50)
        time.sleep(0.02)
    task.step("second", lambda: note(log, "second"))
    return "done"

reeve.run()
'''

SCRIPT = '''#!/bin/sh
set -u
reeve progress 40 "half way"
reeve log --level warn "from the shell"
reeve beat
first=$(reeve step first -- sh -c 'echo ran >> "$1"; echo "text  with spaces"' first "$COUNT") || exit
json=$(reeve step json -- echo '{"a": 1}') || exit
reeve step failing -- sh -c 'echo partial; exit 9'
failed=$?
reeve sleep 200ms || exit
answer=$(reeve signal wait approved --timeout 1h) || exit
printf '{"type":"result","value":{"first":"%s","json":%s,"failed":%s,"answer":%s}}\\n' "$first" "$json" "$failed" "$answer" >&3
'''


class KitsCase(DaemonCase):
    def kits_lab(self, executor, command, kinds, **keys):
        """A lab whose kinds are all done by this program."""
        lab = self.quiet_lab()
        for kind in kinds:
            declared = lab.handler(**{"command": command, "timeout": "1m", **keys})
            declared["env"] = {**declared["env"], "PATH": os.environ["PATH"]}
            if executor == "worker":
                declared.update({"executor": "worker", "processes": {"min": 0, "max": 1}})
            lab.handlers[kind] = declared
        return lab.up()

    def each(self, kinds):
        for kit, command in COMMANDS.items():
            for executor in ("process", "worker"):
                with self.subTest(kit=kit, executor=executor):
                    lab = self.kits_lab(executor, command, kinds)
                    yield lab
                    lab.clean()

    def result(self, lab, task):
        found = lab.wait(task)
        self.assertEqual("succeeded", found["status"], json.dumps(found, indent=1))
        return found.get("result")


class Ends(KitsCase):
    def test_results_errors_rejects_and_snoozes(self):
        for lab in self.each(["echo", "fail", "reject", "noise"]):
            payload = {"n": [1, 2.5, None], "text": "gr\u00fc\u00df\n"}
            self.assertEqual(payload, self.result(lab, lab.enq(payload, kind="echo")))
            failed = lab.wait(lab.enq(None, kind="fail", max_attempts=1))
            self.assertEqual(("failed", "boom"), (failed["status"], failed["error"]["message"]))
            rejected = lab.wait(lab.enq(None, kind="reject"))
            self.assertEqual(("failed", 1, "bad_input"), (rejected["status"], rejected["attempt"], rejected["error"]["code"]))
            self.assertEqual({"child_could_speak": False, "fd_in_environment": False}, self.result(lab, lab.enq(None, kind="noise")))

    def test_progress_log_and_steps_are_stored(self):
        for lab in self.each(["tell", "steps"]):
            task = lab.enq(None, kind="tell")
            self.assertEqual("told", self.result(lab, task))
            self.assertIn(("warn", 'hello\n"there"'), [(line["level"], line["message"]) for line in lab.lines(task)])
            self.assertEqual(1, lab.task(task)["progress"]["current"])
            task = lab.enq(None, kind="steps")
            self.assertEqual([{"n": 1}, 2], self.result(lab, task))
            self.assertEqual(["one", "two"], [step["name"] for step in lab.ok("GET", f"/v1/tasks/{task}/steps")["steps"]])


class Waits(KitsCase):
    def test_a_signal_resumes_a_task_that_has_no_process(self):
        for lab in self.each(["approval"]):
            task = lab.enq(None, kind="approval")
            lab.wait(task, "waiting")
            lab.ok("POST", f"/v1/tasks/{task}/signals", {"type": "approved", "payload": {"by": "ann"}})
            self.assertEqual({"by": "ann"}, self.result(lab, task))
            self.assertEqual(["suspended", "succeeded"], [attempt["outcome"] for attempt in lab.attempts(task)])

    def test_a_waiting_task_survives_the_daemon(self):
        for lab in self.each(["approval"]):
            task = lab.enq(None, kind="approval")
            lab.wait(task, "waiting")
            lab.restart()
            self.assertEqual("waiting", lab.task(task)["state"])
            lab.ok("POST", f"/v1/tasks/{task}/signals", {"type": "approved", "payload": 1})
            self.assertEqual(1, self.result(lab, task))

    def test_cancel_ends_a_handler_that_asks_case_38(self):
        for lab in self.each(["until_cancelled"]):
            task = lab.enq(None, kind="until_cancelled", stop_grace="20s")
            wait_until(lambda: lab.task(task).get("progress"), 60, "the handler has reported")
            lab.cancel(task)
            self.assertEqual("cancelled", lab.wait(task, deadline=15)["status"])


class Kills(KitsCase):
    def counted(self, executor):
        folder = tempfile.mkdtemp(prefix="reeve-kit-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        program = os.path.join(folder, "counted.py")
        with open(program, "w", encoding="utf-8") as file:
            file.write(COUNTED.format(sdk=os.path.join(ROOT, "sdk/python")))
        lab = self.kits_lab(executor, [sys.executable, "-B", program], ["counted"])
        payload = {"log": lab.path("log"), "gate": lab.path("gate")}
        return lab, lab.enq(payload, kind="counted"), payload

    def words(self, payload):
        if not os.path.exists(payload["log"]):
            return []
        with open(payload["log"], encoding="ascii") as file:
            return file.read().split("\n")[:-1]

    def pids(self, payload):
        return [int(word.split()[1]) for word in self.words(payload) if word.startswith("pid")]

    def test_steps_survive_a_kill_of_the_body_and_of_the_daemon(self):
        for executor in ("process", "worker"):
            with self.subTest(executor=executor):
                lab, task, payload = self.counted(executor)
                pids = wait_until(lambda: self.pids(payload), 60, "the first step is done")
                os.kill(pids[0], signal.SIGKILL)
                wait_until(lambda: len(self.pids(payload)) == 2, 60, "another body goes on")
                lab.restart()
                wait_until(lambda: len(self.pids(payload)) == 3, 60, "a body of the next daemon goes on")
                lab.open_gate("gate")
                self.assertEqual("done", self.result(lab, task))
                self.assertEqual((1, 1), (self.words(payload).count("first"), self.words(payload).count("second")))


class Shell(KitsCase):
    def test_a_script_steps_sleeps_and_waits_through_the_command_line(self):
        lab = self.quiet_lab()
        with open(lab.path("script.sh"), "w", encoding="ascii") as file:
            file.write(SCRIPT)
        os.chmod(lab.path("script.sh"), 0o755)
        declared = lab.handler(command=[lab.path("script.sh")])
        declared["env"] = {**declared["env"], "PATH": os.path.dirname(laboratory.BIN) + ":" + os.environ["PATH"], "COUNT": lab.path("count")}
        lab.handlers["script"] = declared
        lab.up()
        task = lab.enq(None, kind="script")
        wait_until(lambda: [wait for wait in lab.attempts(task) if wait.get("outcome") == "suspended"] and lab.task(task)["state"] == "waiting", 60,
                   "the script waits")
        lab.cli("signal", task, "approved", '{"by": "ann"}').check_returncode()
        result = self.result(lab, task)
        self.assertEqual({"first": "text  with spaces", "json": {"a": 1}, "failed": 9, "answer": {"by": "ann"}}, result)
        with open(lab.path("count"), encoding="ascii") as file:
            self.assertEqual("ran\n", file.read())
        self.assertIn(("warn", "from the shell"), [(line["level"], line["message"]) for line in lab.lines(task)])

    def test_outside_of_a_handler_the_verbs_refuse(self):
        lab = self.lab()
        for words in (["progress", "40"], ["log", "x"], ["beat"], ["step", "x", "--", "true"], ["sleep", "1h"], ["signal", "wait"], ["signal", "take"]):
            with self.subTest(words=words):
                ran = lab.cli(*words)
                self.assertEqual((2, ""), (ran.returncode, ran.stdout))
                self.assertIn("REEVE_TOKEN", ran.stderr)

    def test_a_token_of_nobody_is_refused(self):
        lab = self.lab()
        ran = lab.cli("beat", env={"REEVE_TOKEN": "nobody"})
        self.assertNotEqual(0, ran.returncode)
        self.assertEqual("", ran.stdout)


if __name__ == "__main__":
    unittest.main()
