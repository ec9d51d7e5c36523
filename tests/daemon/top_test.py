"""What runs, seen without the daemon's help: the scoreboard and `reeve top`. docs/scoreboard.md says what is where."""

import json
import os
import re
import signal
import sys
import time
import unittest

import processes
import scoreboard
from cli_case import CliCase
from waiting import wait_until

# A handler that has nothing but the page of its own: it beats and reports there, and says not a word on its descriptor.
BEATING = r"""
import os, re, signal, struct, mmap, sys, time
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
exec(re.search(r"```python\n(.*?)```", open(sys.argv[1], encoding="utf-8").read(), re.S).group(1))
where = sys.argv[2]
last = time.monotonic()
progress(12.5, "Prüfung")
open(where + ".told", "w").close()
while not asked_to_stop() and not os.path.exists(where):
    beat()
    time.sleep(0.01)
if os.path.exists(where): progress(99, "almost")
sys.exit(0)
"""

DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "scoreboard.md")


class TopCase(CliCase):
    def board(self, lab):
        return lab.socket + ".scoreboard"

    def pages(self, lab):
        return self.board(lab) + ".pages"

    def rows(self, lab):
        return scoreboard.read(self.board(lab))[1]

    def top(self, lab, *arguments):
        return self.json(lab, "top", *arguments)

    def beating(self, lab, **keys):
        """Declares the beating handler; gives what it is waited with."""
        script = lab.path("beating.py")
        with open(script, "w", encoding="utf-8") as file:
            file.write(BEATING)
        gate = lab.path("beaten")
        lab.handlers["beating"] = lab.handler(**{"command": [sys.executable, "-I", "-X", "utf8", script, DOCUMENT, gate], **keys})
        return gate


class Board(TopCase):
    def test_a_running_attempt_is_on_the_board_as_documented(self):
        lab = self.lab()
        task = lab.enq(f"progress 40 halfway; gate {lab.path('go')}")
        row = wait_until(lambda: next((row for row in self.rows(lab) if row["label"] == "halfway"), None), 30, "the progress is on the board")
        body = lab.wait_begun(task)[0]
        header, _ = scoreboard.read(self.board(lab))
        self.assertEqual(header["pid"], lab.pid)
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            self.assertEqual(header["boot_id"], file.read().strip())
        now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self.assertLess(abs(header["wall"] + now - time.time_ns()), 60e9)
        self.assertEqual((row["state"], row["task"], row["epoch"], row["attempt"], row["kind"], row["executor"], row["percent"]),
                         ("running", task, 1, 1, "chaos", "process", 40))
        self.assertEqual(row["pid"], body.pid)
        self.assertTrue(header["started"] <= row["started"] <= row["sign"] <= now)
        lab.open_gate("go")
        self.assert_state(lab, task, "succeeded")
        wait_until(lambda: not self.rows(lab), 10, "its slot is free")

    def test_the_loop_beats_while_attempts_run(self):
        lab = self.lab()
        task = lab.enq(f"gate {lab.path('go')}")
        lab.wait_begun(task)
        first = scoreboard.read(self.board(lab))[0]["heartbeat"]
        wait_until(lambda: scoreboard.read(self.board(lab))[0]["heartbeat"] > first + 1e9, 15, "the heart beats")
        lab.open_gate("go")
        self.assert_state(lab, task, "succeeded")

    def test_an_attempt_that_is_asked_to_stop_shows_why(self):
        lab = self.lab()
        task = lab.enq("ignore; sleep 60000", stop_grace="20s")
        lab.wait_begun(task)
        lab.cancel(task)
        row = wait_until(lambda: next((row for row in self.rows(lab) if row["stopping"]), None), 30, "it is shown as stopping")
        self.assertEqual((row["state"], row["stopping"]), ("stopping", "cancel"))
        with open(os.path.join(self.pages(lab), str(row["page"])), "rb") as page:
            self.assertEqual(page.read()[16:24], (1).to_bytes(8, "little"))
        os.kill(row["pid"], signal.SIGKILL)
        lab.wait(task)

    def test_nothing_is_left_after_an_orderly_end_and_a_restart_begins_anew(self):
        lab = self.lab()
        task = lab.enq("sleep 60000")
        lab.wait_begun(task)
        lab.k9()
        self.assertEqual([row["task"] for row in self.rows(lab)], [task])
        self.assertTrue(os.listdir(self.pages(lab)))
        lab.up()
        lab.wait_begun(task, 2)
        lab.cancel(task)
        lab.wait(task)
        self.assertEqual(lab.term(), 0)
        self.assertFalse(os.path.exists(self.board(lab)))
        self.assertFalse(os.path.exists(self.pages(lab)))
        lab.up()

    def test_a_daemon_that_cannot_have_one_says_so_once_and_runs(self):
        lab = self.quiet_lab()
        with open(self.pages(lab), "w", encoding="ascii"):
            pass
        lab.up()
        task = lab.enq(f"dump {lab.path('dump')}")
        self.assert_state(lab, task, "succeeded")
        with open(lab.path("dump"), encoding="utf-8") as file:
            self.assertNotIn("REEVE_SCOREBOARD", file.read())
        said = lab.log_events("scoreboard.missing")
        self.assertEqual(len(said), 1)
        self.assertIn(self.pages(lab), said[0]["message"])
        self.assertIn("no scoreboard at", self.reeve(lab, "top", code=3).stderr)


class Pages(TopCase):
    def test_a_handler_that_only_beats_in_its_page_is_not_stale_and_its_progress_arrives(self):
        lab = self.quiet_lab()
        gate = self.beating(lab, watchdog="2500ms", timeout="60s")
        lab.up()
        task = lab.enq(kind="beating")
        wait_until(lambda: os.path.exists(gate + ".told") and lab.task(task).get("progress", {}).get("label") == "Prüfung", 30, "its progress arrived")
        self.assertEqual(lab.task(task)["progress"]["percent"], 12.5)
        self.assertIn("Prüfung", self.data(lab, "show", task))
        begun = time.monotonic()
        wait_until(lambda: time.monotonic() - begun > 6, 30, "twice the patience of its watchdog has passed")
        self.assertEqual([event["type"] for event in lab.events(task) if "stale" in event["type"]], [])
        row = next(row for row in self.rows(lab) if row["task"] == task)
        self.assertEqual((row["percent"], row["label"]), (12.5, "Prüfung"))
        self.assertLess(time.clock_gettime_ns(time.CLOCK_BOOTTIME) - row["sign"], 5e9)
        with open(gate, "w", encoding="ascii"):
            pass
        found = self.assert_state(lab, task, "succeeded")
        self.assertEqual(found["progress"]["label"], "almost", "what it wrote last is looked at when it has ended")
        self.assertGreaterEqual(found["progress"]["percent"], 99)

    def test_a_handler_that_stops_beating_becomes_stale(self):
        lab = self.quiet_lab()
        gate = self.beating(lab, watchdog="2s", timeout="60s")
        lab.up()
        task = lab.enq(kind="beating")
        wait_until(lambda: os.path.exists(gate + ".told"), 30, "it has begun")
        pid = next(row["pid"] for row in self.rows(lab) if row["task"] == task)
        os.kill(pid, signal.SIGSTOP)
        lab.wait(task, "stale")
        os.kill(pid, signal.SIGCONT)
        lab.wait(task, "running")
        with open(gate, "w", encoding="ascii"):
            pass
        self.assert_state(lab, task, "succeeded")

    def test_a_handler_sees_in_its_page_that_it_should_stop(self):
        lab = self.quiet_lab()
        gate = self.beating(lab, stop_signal="USR1", stop_grace="30s")
        lab.up()
        task = lab.enq(kind="beating")
        wait_until(lambda: os.path.exists(gate + ".told"), 30, "it has begun")
        begun = time.monotonic()
        lab.cancel(task)
        lab.wait(task)
        self.assertLess(time.monotonic() - begun, 20, "it ended by itself, long before its grace did")

    def test_whatever_a_handler_does_to_its_page_harms_only_itself(self):
        lab = self.quiet_lab()
        lab.handlers["vandal"] = lab.handler(
            command=[sys.executable, "-c", "import json, os, sys, time\npath = os.environ['REEVE_SCOREBOARD']\nexec(json.load(sys.stdin))\ntime.sleep(1.5)"])
        lab.up()
        deeds = ("os.truncate(path, 0)", "os.truncate(path, 70)", "os.truncate(path, 1 << 30)", "os.unlink(path)", "os.chmod(path, 0)",
                 "open(path, 'wb').write(os.urandom(4096))", "os.link(path, path + '.mine')", "os.unlink(path); os.mkdir(path)",
                 "open(path, 'r+b').write(b'\\xff' * 4096)")
        tasks = [lab.enq(deed, kind="vandal") for deed in deeds]
        for task in tasks:
            self.assert_state(lab, task, "succeeded")
        after = lab.enq("progress 30 fine; exit 0")
        self.assert_state(lab, after, "succeeded")
        self.assertTrue(lab.running())

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_a_page_belongs_to_the_user_of_the_handler(self):
        lab = self.quiet_lab()
        os.chmod(lab.dir, 0o755)
        lab.handlers["other"] = lab.handler(user="nobody", command=["/bin/sh", "-c", 'test -w "$REEVE_SCOREBOARD" && cat "$REEVE_SCOREBOARD" | head -c 8'],
                                            result="stdout")
        lab.up()
        task = lab.enq(kind="other")
        self.assertIn("REEVEPG1", json.dumps(self.assert_state(lab, task, "succeeded")["result"]))


class Top(TopCase):
    def test_it_shows_what_runs_to_people_and_programs(self):
        lab = self.lab()
        task = lab.enq(f"progress 40 halfway; gate {lab.path('go')}")
        seen = wait_until(lambda: next((row for row in self.top(lab)["rows"] if row.get("label") == "halfway"), None), 30, "top shows the progress")
        self.assertEqual((seen["task"], seen["state"], seen["percent"], seen["kind"]), (task, "running", 40, "chaos"))
        line = self.data(lab, "top").splitlines()
        self.assertEqual(len(line), 1)
        self.assertEqual(line[0].split("\t")[:5], ["running", "chaos", str(task), "1", str(seen["pid"])])
        with self.terminal(lab, "top", "--once", columns=120) as screen:
            self.assertEqual(screen.end(), 0)
            self.assertRegex(screen.plain, rf"reeve {lab.pid} alive  heartbeat \S+ ago  up \S+  1 of \d+ slots")
            self.assertRegex(screen.plain, rf"running +chaos +{task} .*\[#+\.+\] +40% halfway")
        lab.open_gate("go")
        self.assert_state(lab, task, "succeeded")

    def test_it_refreshes_until_q(self):
        lab = self.lab()
        with self.terminal(lab, "top", columns=120) as screen:
            screen.await_text("nothing runs")
            task = lab.enq(f"gate {lab.path('go')}")
            wait_until(lambda: re.search(rf"running +chaos +{task} ", screen.plain), 30, "the new task is shown")
            screen.type("q")
            self.assertEqual(screen.end(), 0)
        lab.open_gate("go")
        self.assert_state(lab, task, "succeeded")

    def test_ctrl_c_ends_it_in_good_order(self):
        lab = self.lab()
        with self.terminal(lab, "top", columns=120) as screen:
            screen.await_text("nothing runs")
            screen.type("\x03")
            self.assertEqual(screen.end(), 0)
            self.assertTrue(screen.text.rstrip().endswith("\x1b[?25h\x1b[?1049l"), repr(screen.text[-40:]))

    def test_it_works_while_the_daemon_is_stopped_and_after_it_was_killed(self):
        lab = self.lab()
        task = lab.enq("sleep 60000")
        lab.wait_begun(task)
        wait_until(lambda: [row for row in self.top(lab)["rows"] if row["task"] == task], 30, "it is shown")
        os.kill(lab.pid, signal.SIGSTOP)
        wait_until(lambda: processes.stat(lab.pid)[0] == "T", 10, "the daemon is stopped")
        stopped = self.top(lab)
        self.assertEqual((stopped["daemon"], [row["task"] for row in stopped["rows"]]), ("stopped", [task]))
        self.assertIn("kill -CONT", stopped["warning"])
        lab.k9()
        gone = self.top(lab)
        self.assertEqual((gone["daemon"], [row["task"] for row in gone["rows"]]), ("gone", [task]))
        self.assertIn("gone", self.reeve(lab, "top").stderr)
        lab.up()
        self.assertEqual(self.top(lab)["daemon"], "alive")
        lab.cancel(task)
        lab.wait(task)

    def test_without_a_board_it_says_so_and_ends_with_3(self):
        lab = self.quiet_lab()
        self.refused(lab, "top", says=("no scoreboard at " + self.board(lab), "doctor"), code=3)
        with open(lab.path("other"), "wb") as file:
            file.write(os.urandom(4096))
        self.refused(lab, "top", "--board", lab.path("other"), says=(lab.path("other"),), code=3)


if __name__ == "__main__":
    unittest.main()
