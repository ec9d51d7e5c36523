"""The command line before a person: tables, colours, the bar, the question, and Ctrl-C. docs/guides/command-line.md says how it should be."""

import json
import re
import unittest

import lab as laboratory
from cli_case import CliCase
from terminal import COLOUR, CTRL_C, Terminal
from waiting import wait_until


def columns(text):
    """Where the columns of a heading begin."""
    return [match.start() for match in re.finditer(r"\S+", text)]


class Tables(CliCase):
    def test_a_list_is_aligned_and_cut_to_the_width(self):
        lab = self.lab()
        long = "x" * 90
        lab.bulk([""] * 3, kind="noop")
        self.enqueue(lab, f"error {long}", "--queue", "a-queue-with-quite-a-long-name")
        lab.idle()
        for width in (80, 120):
            with self.subTest(width=width), self.terminal(lab, "list", columns=width) as screen:
                self.assertEqual(screen.end(), 0)
                heading, *rows = screen.plain.splitlines()
                self.assertEqual(heading.split(), ["ID", "KIND", "QUEUE", "STATE", "CREATED", "TRY", "WHAT"])
                self.assertEqual(len(rows), 4)
                self.assertTrue(all(len(row) <= width for row in rows), rows)
                state = heading.index("STATE")
                self.assertEqual({row[state:].split()[0] for row in rows}, {"succeeded", "failed"})
                self.assertIn("…", rows[0])
                self.assertRegex(rows[1][heading.index("CREATED"):], r"^(just now|\d+m?s ago)")

    def test_a_table_is_as_wide_as_columns_says_and_programs_see_all(self):
        lab = self.lab()
        self.enqueue(lab, "exit 64", "--queue", "q" * 100)
        lab.idle()
        self.assertIn("q" * 100, self.data(lab, "list", env={"COLUMNS": "40"}))

    def test_status_reload_doctor_and_stats_have_headings(self):
        lab = self.lab()
        task = self.enqueue(lab, f"gate {lab.path('go')}")
        lab.wait_begun(task)
        for verb, parts in (("status", ["QUEUE", "RUNS", f"pid {lab.pid}"]), ("stats", ["KIND", "RUN p50"]), ("doctor", ["WHAT", "healthy"])):
            with self.subTest(verb=verb), self.terminal(lab, verb, columns=100) as screen:
                self.assertEqual(screen.end(), 0, screen.text)
                for part in parts:
                    self.assertIn(part, screen.plain)
        lab.open_gate("go")

    def test_show_is_one_page_with_a_label_for_everything(self):
        lab = self.lab()
        task = self.enqueue(lab, "print 68656c6c6f; eprint 6f6f7073; exit 3", "--label", "team=a")
        lab.wait(task)
        with self.terminal(lab, "show", task) as screen:
            self.assertEqual(screen.end(), 0)
        page = screen.plain
        for part in (f"task          {task}  chaos", "state         failed", "labels        team=a", "\n\nattempts:\n", "ATTEMPT  OUTCOME", "CPU", "MEM",
                     "\n\nend of stderr:\noops\n", "\n\npayload:\n", "\n\nlast output (all of it: reeve logs 1):\n"):
            self.assertIn(part, page)
        self.assertNotIn("\n\n\n", page)
        lines = page.splitlines()
        head = next(number for number, line in enumerate(lines) if line.lstrip().startswith("ATTEMPT"))
        for row in lines[head + 1:head + 4]:
            self.assertEqual(row[lines[head].index("OUTCOME"):].split()[0], "failed", row)
        self.assertTrue(all(len(line) <= 80 for line in lines if "payload" not in line), lines)


class Colours(CliCase):
    def test_they_are_for_terminals_that_want_them(self):
        lab = self.lab()
        self.enqueue(lab, "exit 64")
        lab.idle()

        def coloured(*arguments, **env):
            with self.terminal(lab, "list", *arguments, **env) as screen:
                self.assertEqual(screen.end(), 0)
                return bool(COLOUR.search(screen.text))

        self.assertTrue(coloured())
        self.assertFalse(coloured(NO_COLOR="1"))
        self.assertFalse(coloured(TERM="dumb"))
        self.assertFalse(coloured("--color", "never"))
        self.assertTrue(coloured("--color", "always", NO_COLOR="1"))
        self.assertRegex(self.data(lab, "show", 1, "--color", "always"), COLOUR)
        self.assertNotRegex(self.data(lab, "show", 1), COLOUR)

    def test_what_a_task_prints_moves_no_cursor(self):
        lab = self.lab()
        with self.terminal(lab, "run", "--", "printf", r"a\033[2Jb\n") as screen:
            self.assertEqual(screen.end(), 0)
        self.assertEqual(screen.text, "a\\x1b[2Jb\n")
        with self.terminal(lab, "run", "--raw", "--", "printf", r"a\033[2Jb\n") as screen:
            self.assertEqual(screen.end(), 0)
        self.assertEqual(screen.text, "a\x1b[2Jb\n")


class Progress(CliCase):
    def test_enqueue_wait_shows_a_bar_and_wipes_it(self):
        lab = self.lab()
        script = f"progress 50 half-way; gate {lab.path('go')}; value {b'[1]'.hex()}"
        with self.terminal(lab, "enqueue", "chaos", json.dumps(script), "--wait") as screen:
            screen.await_text("[############............]  50% half-way")
            lab.open_gate("go")
            self.assertEqual(screen.end(), 0)
        self.assertEqual(screen.text.rsplit("\r\x1b[K", 1)[1], "[1]\n")

    def test_a_label_cannot_leave_its_line(self):
        lab = self.lab()
        evil = json.dumps({"type": "progress", "percent": 10, "label": "a\n\x1b[2J" + "x" * 300}) + "\n"
        with self.terminal(lab, "enqueue", "chaos", json.dumps(f"send {evil.encode().hex()}; gate {lab.path('go')}"), "--wait") as screen:
            told = screen.await_text("10% a")
            bar = [part for part in told.split("\r") if "10%" in part][0]
            self.assertLess(len(bar.split("\x1b[K")[0]), 80)
            self.assertIn("a\\n\\x1b[2Jxx", bar)
            lab.open_gate("go")
            self.assertEqual(screen.end(), 0)


class Questions(CliCase):
    def test_many_are_changed_only_after_a_yes(self):
        lab = self.lab(judged=False)
        lab.ok("POST", "/v1/drain")
        for _ in range(3):
            self.enqueue(lab, "")
        for answer in ("n\n", "\n", "\x04"):
            with self.subTest(answer=answer), self.terminal(lab, "cancel", "--all") as screen:
                screen.await_text("cancel 3 tasks? [y/N] ")
                screen.type(answer)
                self.assertEqual(screen.end(), 1)
                self.assertIn("nothing was changed", screen.text)
        self.assertEqual({task["status"] for task in self.json_lines(lab, "list")}, {"queued"})
        with self.terminal(lab, "cancel", "1-2") as screen:
            screen.await_text("cancel 2 tasks? [y/N] ")
            screen.type("y\n")
            self.assertEqual(screen.end(), 0)
            self.assertIn("2 cancelled", screen.text)
        with self.terminal(lab, "cancel", "3") as screen:  # typed by its number, so it is meant
            self.assertEqual(screen.end(), 0)


class Interrupts(CliCase):
    def test_ctrl_c_ends_a_wait_and_not_the_task(self):
        lab = self.lab()
        task = self.enqueue(lab, f"print 6869; gate {lab.path('go')}")
        wait_until(lambda: self.data(lab, "logs", task), 30, "it has printed")
        for words in (("wait", task), ("logs", task, "-f"), ("events", "-f")):
            with self.subTest(words=words), self.terminal(lab, *words) as screen:
                wait_until(lambda: screen.text, 30, "it has begun")
                screen.type(CTRL_C)
                self.assertEqual(screen.end(), 130)
        self.assertEqual(self.json(lab, "show", task)["state"], "running")
        lab.open_gate("go")

    def test_ctrl_c_in_run_cancels_the_task_and_the_second_leaves_at_once(self):
        lab = self.lab()
        with self.terminal(lab, "run", "--", "sh", "-c", "echo begun; exec sleep 60") as screen:
            screen.await_text("begun")
            screen.type(CTRL_C)
            self.assertEqual(screen.end(), 130)
            self.assertIn("cancelling task 1", screen.text)
        self.assertEqual(self.json(lab, "show", 1)["state"], "cancelled")
        with self.terminal(lab, "run", "--", "sh", "-c", "trap '' TERM; echo begun; while :; do sleep 1; done") as screen:
            screen.await_text("begun")
            screen.type(CTRL_C)
            screen.await_text("cancelling task 2")
            screen.type(CTRL_C)
            self.assertEqual(screen.end(5), 130)
        self.assertEqual(lab.wait(2)["state"], "cancelled")

    def test_ctrl_c_in_run_without_a_daemon_leaves_nothing(self):
        lab = self.quiet_lab()
        lab.write_configuration()
        env = {**self.environment(lab), "REEVE_CONFIG": lab.yaml, "REEVE_SOCKET": ""}
        with Terminal([laboratory.BIN, "run", "--env", f"LAB_ID={lab.id}", "--", "sh", "-c", "echo begun; exec sleep 60"], env, lab.dir) as screen:
            screen.await_text("begun")
            screen.type(CTRL_C)
            self.assertEqual(screen.end(), 130)
        self.assertIn("tasks cancelled\t1", self.data(lab, "store", "stats", "--config", lab.yaml))
        self.assertTrue(lab._no_strays())


if __name__ == "__main__":
    unittest.main()
