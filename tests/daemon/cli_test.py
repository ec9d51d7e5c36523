"""Every verb of `reeve` from outside, as docs/guides/command-line.md tells it. What a terminal changes is in cli_terminal_test.py."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import unittest

import lab as laboratory
from case import root_only
from cli_case import ESCAPE, CliCase
from waiting import wait_until

RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]


class Serve(CliCase):
    def test_it_works_off_what_is_due_and_exits_0(self):
        lab = self.quiet_lab()
        lab.up()
        lab.ok("POST", "/v1/drain")
        self.enqueue(lab, "exit 0")
        self.enqueue(lab, "exit 64")
        self.enqueue(lab, "exit 0", "--delay", "1h")
        lab.term()
        self.reeve(lab, "serve", "--until-idle", "--config", lab.yaml)
        counts = self.json(lab, "store", "stats", "--config", lab.yaml)["tasks"]
        self.assertEqual({status: count for status, count in counts.items() if count}, {"succeeded": 1, "failed": 1, "queued": 1})

    @root_only
    def test_a_user_needs_no_file_at_all(self):
        home = tempfile.mkdtemp(prefix="reeve-home-")
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        os.chmod(home, 0o755)
        program = shutil.copy(laboratory.BIN, home)
        for name in ("run", "state"):
            os.mkdir(f"{home}/{name}")
            os.chown(f"{home}/{name}", 65534, 65534)
        env = {"HOME": "/nonexistent", "PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": f"{home}/run", "XDG_STATE_HOME": f"{home}/state"}

        def as_user(*arguments):
            return subprocess.run([*NOBODY, program, *arguments], env=env, capture_output=True, text=True, timeout=60, cwd="/")

        self.assertEqual(as_user("serve", "--until-idle").returncode, 0)
        self.assertTrue(os.path.exists(f"{home}/state/reeve/reeve.db"))
        run = as_user("run", "--", "id", "-u")
        self.assertEqual((run.returncode, run.stdout), (0, "65534\n"), run.stderr)
        self.assertIn(f"{home}/run/reeve/reeve.sock", run.stderr)
        dead = as_user()
        self.assertEqual(dead.returncode, 75)
        self.assertIn(f"{home}/run/reeve/reeve.sock", dead.stderr)

    def test_errors_of_the_configuration_are_78_and_another_daemon_75(self):
        lab = self.lab()
        second = self.reeve(lab, "serve", "--config", lab.yaml, code=75).stderr
        self.assertIn(f"{lab.store}: is in use by process {lab.pid}", second)
        with open(lab.path("bad.yaml"), "w", encoding="ascii") as file:
            file.write("handlers:\n  x: {comand: [true]}\n")
        self.refused(lab, "serve", "--config", "bad.yaml", code=78, says=["bad.yaml:2:7", "reeve check"])


class Check(CliCase):
    def test_a_good_file_is_0_and_reads_no_store(self):
        lab = self.quiet_lab()
        lab.write_configuration()
        self.assertIn("chaos", self.data(lab, "check", "--config", lab.yaml))
        self.assertTrue(self.json(lab, "check", lab.yaml)["ok"])
        self.assertFalse(os.path.exists(lab.store))

    def test_a_bad_file_is_1_and_tells_the_place(self):
        lab = self.quiet_lab()
        lab.write_configuration("handlers:\n  report:\n    command: [true]\n    timout: 5m\n")
        told = self.data(lab, "check", lab.yaml, code=1)
        self.assertIn(f"{lab.yaml}:4:5", told)
        self.assertIn("timeout", told)
        self.assertFalse(self.json(lab, "check", lab.yaml, code=1)["ok"])
        self.assertIn("nowhere.yaml", self.data(lab, "check", "nowhere.yaml", code=1))


class Looking(CliCase):
    def test_status_is_what_reeve_alone_says(self):
        lab = self.lab()
        self.enqueue(lab, f"gate {lab.path('go')}")
        wait_until(lambda: self.json(lab, "status")["running"], 30, "the task runs")
        for arguments in ((), ("status",)):
            told = self.data(lab, *arguments)
            self.assertIn(f"pid {lab.pid}", told)
            self.assertRegex(told, r"(?m)^default\t1\t")
            self.assertRegex(told, rf"(?m)^1\tchaos\tdefault\t{RFC3339}\t\d+")
        self.assertEqual(self.json(lab)["pid"], lab.pid)
        lab.open_gate("go")
        self.assertNotIn(ESCAPE, told)

    def test_list_filters_and_is_tab_separated(self):
        lab = self.lab()
        good = self.enqueue(lab, "exit 0", "--label", "team=a", "--external-id", "order-7")
        bad = self.enqueue(lab, "exit 64", "--label", "team=a", "--label", "env=prod", "--queue", "mail")
        noop = int(self.data(lab, "enqueue", "noop"))
        lab.idle()

        def ids(*filters):
            return [int(line.split("\t")[0]) for line in self.data(lab, "list", *filters).splitlines()]

        self.assertEqual(ids(), [noop, bad, good])
        self.assertEqual(ids("--oldest"), [good, bad, noop])
        self.assertEqual(ids("--state", "failed"), [bad])
        self.assertEqual(ids("--state", "failed,succeeded", "--kind", "chaos"), [bad, good])
        self.assertEqual(ids("--queue", "mail"), [bad])
        self.assertEqual(ids("--label", "team=a", "--label", "env=prod"), [bad])
        self.assertEqual(ids("--since", "1h"), [noop, bad, good])
        self.assertEqual(ids("--until", "1h"), [])
        self.assertEqual(ids("ext:order-7"), [good])
        self.assertEqual(ids(f"{good}-{bad}"), [bad, good])
        self.assertEqual(ids(f"{good},{noop}"), [noop, good])
        self.assertEqual(ids("-n", 1), [noop])
        row = self.data(lab, "list", bad).rstrip("\n").split("\t")
        self.assertEqual([row[1], row[2], row[3], row[5]], ["chaos", "mail", "failed", "1/3"])
        self.assertRegex(row[4], f"^{RFC3339}$")
        self.assertEqual(self.json(lab, "list", bad)["state"], "failed")
        self.assertEqual(self.json(lab, "list", bad, "--payload")["payload"], "exit 64")
        self.assertIn("did you mean failed", self.refused(lab, "list", "--state", "faild"))

    def test_list_goes_through_all_pages(self):
        lab = self.lab()
        made = lab.bulk([""] * 700, kind="noop") + lab.bulk([""] * 700, kind="noop")
        lab.idle()
        listed = [int(line.split("\t")[0]) for line in self.data(lab, "list", "--all").splitlines()]
        self.assertEqual(listed, sorted(made, reverse=True))
        self.assertEqual(len(self.data(lab, "list").splitlines()), 50)
        self.assertEqual(len(self.data(lab, "list", "-n", 1200).splitlines()), 1200)
        self.assertEqual([task["id"] for task in self.json_lines(lab, "list", "--all", "--oldest")], made)

    def test_show_and_why_tell_what_happened(self):
        lab = self.lab()
        task = self.enqueue(lab, "print 68656c6c6f; fail_first 1; exit 0", "--label", "team=a")
        lab.wait(task)
        told = self.data(lab, "show", task)
        for part in (f"{task}  chaos", "succeeded", "team=a", "attempts:", "last output", "hello", "payload:"):
            self.assertIn(part, told)
        self.assertNotIn("\n\n\n", told)
        self.assertEqual(len(re.findall(rf"(?m)^\d\t(?:failed|succeeded)\t{RFC3339}\t", told)), 2)
        self.assertEqual(self.json(lab, "show", task)["attempt"], 2)
        lab.ok("POST", "/v1/queues/mail/pause", {"reason": "SMTP is down"})
        held = self.enqueue(lab, "", "--queue", "mail")
        why = self.data(lab, "why", held)
        for part in (f"task {held} is blocked", "SMTP is down", "reeve resume mail"):
            self.assertIn(part, why)
        self.assertEqual(self.json(lab, "why", held)["reasons"][0]["code"], "queue_paused")
        for verb in ("show", "why", "logs"):
            self.refused(lab, verb, 4711, code=3, says=["no task 4711", "reeve list"])
            self.refused(lab, verb, "1-3", says=["several tasks"])
            self.refused(lab, verb, "x", says=['"x"', "ext:"])

    def test_logs_by_attempt_and_from_the_end(self):
        lab = self.lab()
        task = self.enqueue(lab, "print 6f6e65; print 74776f; eprint 7468726565; fail_first 1; exit 0")
        lab.wait(task)
        one = ["one", "three", "two"]
        self.assertEqual(sorted(self.data(lab, "logs", task).splitlines()), sorted(one * 2))
        self.assertEqual(sorted(self.data(lab, "logs", task, "--attempt", 2).splitlines()), one)
        self.assertEqual(self.data(lab, "logs", task, "-n", 1).count("\n"), 1)
        self.assertEqual(self.data(lab, "logs", task, "-n", 0), "")
        self.assertRegex(self.data(lab, "logs", task, "-t").splitlines()[0], f"^{RFC3339} std(out|err) ")
        self.assertEqual({line["stream"] for line in self.json_lines(lab, "logs", task)}, {"stdout", "stderr"})
        self.refused(lab, "logs", task, "--attempt", 9, says=["no attempt 9"])
        self.refused(lab, "logs", task, "-n", 1001, says=["1001", "1000"])

    def test_logs_f_ends_when_the_task_does_and_outlives_the_daemon(self):
        lab = self.lab()
        task = self.enqueue(lab, f"print 6f6e65; gate {lab.path('go')}; print 74776f")
        with self.beside(lab, "logs", task, "-f") as logs:
            self.assertEqual(logs.stdout.readline(), "one\n")
            lab.restart()
            lab.open_gate("go")
            rest, talk = logs.communicate(timeout=60)
        self.assertEqual(logs.returncode, 0, talk)
        self.assertEqual(rest, "one\ntwo\n")  # the body that the kill ended, and then the one that came after
        self.assertIn("went away", talk)

    def test_events_by_type_task_and_cursor(self):
        lab = self.lab()
        task = self.enqueue(lab, "exit 0")
        lab.wait(task)
        rows = [line.split("\t") for line in self.data(lab, "events", "--task", task).splitlines()]
        self.assertEqual([row[2] for row in rows], ["task.enqueued", "task.claimed", "task.started", "task.succeeded"])
        self.assertRegex(rows[0][1], f"^{RFC3339}$")
        self.assertEqual(self.data(lab, "events", "--cursor", rows[1][0], "--task", task).splitlines(), ["\t".join(row) for row in rows[2:]])
        self.assertEqual([event["type"] for event in self.json_lines(lab, "events", "--types", "task.succeeded")], ["task.succeeded"])
        self.assertEqual(self.data(lab, "events", "--since", "1h", "--kind", "noop"), "")
        self.refused(lab, "events", "--cursor", "yesterday", says=["yesterday"])
        self.refused(lab, "events", "-n", "-5", says=["-5"])

    def test_events_f_goes_on(self):
        lab = self.lab()
        with self.beside(lab, "events", "-f", "--types", "task.succeeded,task.failed") as events:
            wait_until(lambda: lab.ok("GET", "/v1/status")["figures"], 30, "the daemon answers")
            first = self.enqueue(lab, "exit 0")
            self.assertIn(f"\ttask.succeeded\t{first}\t", events.stdout.readline())
            second = self.enqueue(lab, "exit 64")
            self.assertIn(f"\ttask.failed\t{second}\t", events.stdout.readline())

    def test_stats_doctor_and_version(self):
        lab = self.lab()
        lab.wait(self.enqueue(lab, "exit 0"))
        wait_until(lambda: re.search(r"(?m)^chaos\t1\t", self.data(lab, "stats")), 10, "the attempt is counted")
        self.assertEqual([kind["kind"] for kind in self.json(lab, "stats", "chaos", "--last", 10)["kinds"]], ["chaos"])
        self.refused(lab, "stats", "--last", 0, says=["1 to 100000"])
        self.assertIn("ok\thealthy", self.data(lab, "doctor"))
        self.assertTrue(all(check["ok"] for check in self.json(lab, "doctor")["checks"]))
        self.assertRegex(self.data(lab, "version"), r"^reeve \d+\.\d+\.\d+\n$")


class Enqueue(CliCase):
    def test_the_payload_comes_from_the_line_from_stdin_and_from_a_file(self):
        lab = self.lab()
        text = '{"b": 1.0, "a":[1e2,"\\u00e9"]}'
        with open(lab.path("payload.json"), "w", encoding="ascii") as file:
            file.write(text)
        for payload, stdin in ((text, None), ("-", text), ("@payload.json", None)):
            task = self.data(lab, "enqueue", "noop", payload, stdin=stdin).strip()
            self.assertIn(f'"payload":{text}', self.data(lab, "show", task, "--json"))
        self.assertIn('"payload":null', self.data(lab, "show", int(self.data(lab, "enqueue", "noop")), "--json"))
        self.assertIn('"payload":-5', self.data(lab, "show", int(self.data(lab, "enqueue", "noop", "-5")), "--json"))

    def test_every_option_arrives(self):
        lab = self.lab()
        task = self.enqueue(lab, "", "--queue", "mail", "--priority", 9, "--delay", "1h", "--expires-in", "2h", "--timeout", "3m", "--label", "a=b=c",
                            "--label", "d=[x,y]", "--dedupe-key", "k", "--external-id", "order/7", "--metadata", '{"m":1}', "--max-attempts", 7)
        found = self.json(lab, "show", "ext:order/7")
        self.assertEqual((found["id"], found["queue"], found["priority"], found["max_attempts"]), (task, "mail", 9, 7))
        self.assertEqual((found["labels"], found["metadata"], found["state"]), ({"a": "b=c", "d": "[x,y]"}, {"m": 1}, "scheduled"))
        again = self.reeve(lab, "enqueue", "chaos", '"other"', "--dedupe-key", "k")
        self.assertEqual(int(again.stdout), task)
        self.assertIn("another payload", again.stderr)
        keyed = [self.enqueue(lab, "", "--idempotency-key", "once", "--run-at", "2099-01-01T00:00:00Z") for _ in range(2)]
        self.assertEqual(keyed[0], keyed[1])
        self.assertEqual(self.json(lab, "enqueue", "nobody", "--allow-unknown")["disposition"], "created")

    def test_what_is_wrong_is_refused_with_its_name(self):
        lab = self.lab()
        with open(lab.path("binary"), "wb") as file:
            file.write(b'"\xff"')
        for words, says in ((("choas",), ['"choas"', '"chaos"']), (("chaos", '"' + "x" * 100_000 + '"', "--max-attempts", "0"), ["max_attempts"])):
            self.refused(lab, "enqueue", *words, code=1, says=says)
        for words, says in (((), ["Name the kind"]), (("",), ["kind"]), (("chaos", "{"), ["not JSON"]), (("chaos", "hello"), ["quotes"]), (("chaos", ""), ["nothing"]),
                            (("chaos", "@nowhere"), ["nowhere"]), (("chaos", "@."), ["cannot read ."]), (("chaos", "@binary"), ["not JSON"]),
                            (("chaos", "1", "--delay", "soon"), ["--delay", "soon"]), (("chaos", "1", "--run-at", "soon"), ["--run-at"]),
                            (("chaos", "1", "--priority", "99999999999"), ["--priority", "99999999999", "number"]),
                            (("chaos", "1", "--priority", "high"), ["--priority", "high", "number"]),
                            (("chaos", "1", "--label", "x"), ["--label", "key=value"]), (("chaos", "1", "--metadata", "{"), ["--metadata"]),
                            (("chaos", "--batch-file", "-"), ["--batch-file"])):
            self.refused(lab, "enqueue", *words, says=says)
        self.refused(lab, "enqueue", "chaos", "1", "--priority", 12, code=1, says=["priority", "12"])
        huge = self.refused(lab, "enqueue", "chaos", "-", stdin='"' + "x" * 20_000_000 + '"', code=1)
        self.assertRegex(huge, r"\d{6,}")
        self.assertEqual(self.data(lab, "list", "--all"), "")

    def test_bytes_that_are_no_text_are_refused_by_name(self):
        lab = self.lab()
        self.refused(lab, "enqueue", os.fsdecode(b"\xff"), says=["UTF-8", "\\xff"])
        self.refused(lab, "run", "--", "echo", os.fsdecode(b"a\xffb"), says=["UTF-8", "a\\xffb"])
        self.refused(lab, "cancel", "1", "--reason", os.fsdecode(b"\xff"), says=["UTF-8"])

    def test_a_batch_is_stored_whole_or_not_at_all(self):
        lab = self.lab()
        line = '{"kind":"noop","payload":1}\n'
        self.assertEqual(len(set(self.data(lab, "enqueue", "--batch-file", "-", stdin=line * 40).split())), 40)
        with open(lab.path("tasks.ndjson"), "w", encoding="ascii") as file:
            file.write(line * 17 + '{"kind":"nop"}\n' + line * 2)
        self.refused(lab, "enqueue", "--batch-file", "tasks.ndjson", code=1, says=["item 17", '"nop"', '"noop"'])
        self.assertEqual(len(self.data(lab, "list", "--all").splitlines()), 40)
        self.refused(lab, "enqueue", "--batch-file", "nowhere", says=["nowhere"])

    def test_wait_gives_the_result_and_the_outcome(self):
        lab = self.lab()
        value = '{"b":1.0,"a":[1e2]}'
        good = self.reeve(lab, "enqueue", "chaos", json.dumps(f"value {value.encode().hex()}"), "--wait")
        self.assertEqual(good.stdout, value + "\n")
        self.assertNotIn(ESCAPE, good.stderr)
        bad = self.reeve(lab, "enqueue", "chaos", '"exit 64"', "-w", code=1)
        self.assertIn("reeve show 2", bad.stderr)
        late = self.reeve(lab, "enqueue", "chaos", json.dumps(f"gate {lab.path('go')}"), "-w", "--wait-timeout", "100ms", code=124)
        self.assertIn("reeve wait 3", late.stderr)
        lab.open_gate("go")
        self.assertEqual(self.json(lab, "enqueue", "noop", "--wait")["state"], "succeeded")


class Wait(CliCase):
    def test_its_exit_codes(self):
        lab = self.lab()
        good, bad = self.enqueue(lab, "exit 0"), self.enqueue(lab, "exit 64")
        held = self.enqueue(lab, f"gate {lab.path('go')}")
        self.assertEqual(self.data(lab, "wait", good), f"{good}\tsucceeded\n")
        self.assertIn(f"{bad}\tfailed\t", self.data(lab, "wait", f"{good}-{bad}", code=1))
        late = self.reeve(lab, "wait", held, "--timeout", "100ms", code=124)
        self.assertIn(f"reeve why {held}", late.stderr)
        self.refused(lab, "wait", 4711, code=3, says=["4711"])
        self.refused(lab, "wait", says=["wait for what"])
        self.refused(lab, "wait", held, "--timeout", "soon", says=["soon"])
        self.assertIn("no task matches", self.refused(lab, "wait", "--kind", "nobody", code=0))
        with self.beside(lab, "wait", held, "--json") as waiter:
            lab.open_gate("go")
            self.assertEqual(json.loads(waiter.communicate(timeout=60)[0])["state"], "succeeded")
        self.assertEqual(waiter.returncode, 0)

    def test_it_outlives_a_restart(self):
        lab = self.lab()
        done, held = self.enqueue(lab, "exit 0"), self.enqueue(lab, f"gate {lab.path('go')}")
        with self.beside(lab, "wait", done, held) as waiter:
            self.assertEqual(waiter.stdout.readline(), f"{done}\tsucceeded\n")
            lab.restart()
            lab.open_gate("go")
            told, talk = waiter.communicate(timeout=60)
        self.assertEqual((waiter.returncode, told), (0, f"{held}\tsucceeded\n"), talk)


class Run(CliCase):
    def test_it_ends_as_its_command_did(self):
        lab = self.lab()
        self.assertEqual(self.data(lab, "run", "--", "printf", "a b\\n c\\n"), "a b\n c\n")
        mixed = self.reeve(lab, "run", "--", "sh", "-c", "echo out; echo err >&2; exit 7", code=7)
        self.assertEqual(mixed.stdout, "out\n")
        self.assertIn("err\n", mixed.stderr)
        self.reeve(lab, "run", "--", "sh", "-c", "kill -9 $$", code=137)
        self.assertIn("/nope/x", self.reeve(lab, "run", "--", "/nope/x", code=127).stderr)
        self.reeve(lab, "run", "--timeout", "200ms", "--", "sleep", "60", code=124)
        self.assertEqual(json.loads(self.data(lab, "run", "--json", "--", "echo", "hi").splitlines()[0])["message"], "hi")

    def test_its_options(self):
        lab = self.lab()
        os.mkdir(lab.path("there"))
        told = self.data(lab, "run", "--cwd", "there", "--env", "A=1", "--env", "B", "--wait", "--", "sh", "-c", "pwd; echo $A$B$C",
                         env={"B": "2", "C": "3"})
        self.assertEqual(told.splitlines(), [os.path.realpath(lab.path("there")), "12"])
        again = self.data(lab, "run", "--retries", 2, "--", "sh", "-c", "echo $REEVE_ATTEMPT; test $REEVE_ATTEMPT = 3")
        self.assertEqual(again.split(), ["1", "2", "3"])
        task = int(self.data(lab, "run", "--detach", "--label", "a=b", "--", "true"))
        self.assertEqual(self.data(lab, "wait", task), f"{task}\tsucceeded\n")
        self.assertEqual(json.loads(self.data(lab, "run", "--json", "-d", "--", "true"))["disposition"], "created")

    def test_what_is_wrong_is_refused(self):
        lab = self.lab()
        for words, says in (((), ["two dashes"]), (("--",), ["two dashes"]), (("--", ""), ["command"]), (("make", "-j4"), ["reeve run -- make -j4"]),
                            (("-d", "-w", "--", "true"), ["--detach"]), (("--cwd", "nowhere", "--", "true"), ["nowhere"]),
                            (("--env", "NOBODY_SETS_THIS", "--", "true"), ["NOBODY_SETS_THIS"]), (("--env", "=x", "--", "true"), ["=x"]),
                            (("--retries", "-1", "--", "true"), ["-1"])):
            self.refused(lab, "run", *words, says=says)

    def test_output_comes_while_it_runs_and_none_is_lost(self):
        lab = self.lab()
        with self.beside(lab, "run", "--", "sh", "-c", f"echo one; while ! test -e {lab.path('go')}; do sleep 0.02; done; seq 20000") as run:
            self.assertEqual(run.stdout.readline(), "one\n")
            lab.open_gate("go")
            rest, talk = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 0, talk)
        self.assertEqual(rest.split(), [str(number) for number in range(1, 20001)])

    def test_signals_cancel_the_task(self):
        lab = self.lab()
        with self.beside(lab, "run", "--", "sh", "-c", "echo one; exec sleep 60") as run:
            self.assertEqual(run.stdout.readline(), "one\n")
            run.send_signal(signal.SIGTERM)
            talk = run.communicate(timeout=60)[1]
        self.assertEqual(run.returncode, 130, talk)
        self.assertEqual(self.json(lab, "show", 1)["state"], "cancelled")

    def test_a_reader_that_went_away_ends_the_command(self):
        lab = self.lab()
        for env in ({"REEVE_SOCKET": lab.socket}, {"REEVE_SOCKET": "", "REEVE_CONFIG": lab.yaml}):
            with self.subTest(env=env):
                run = subprocess.run(["bash", "-c", '"$0" run -- sh -c "while echo y; do sleep 0.02; done" | head -1; exit ${PIPESTATUS[0]}', laboratory.BIN],
                                     capture_output=True, text=True, timeout=60, cwd=lab.dir, env={**os.environ, **env})
                self.assertEqual((run.returncode, run.stdout), (74, "y\n"), run.stderr)
            if lab.running():
                self.assertEqual(self.json(lab, "show", 1)["state"], "cancelled")
                lab.term()
        self.assertIn("tasks cancelled\t2", self.data(lab, "store", "stats", "--config", lab.yaml))

    def test_one_takes_the_place_of_the_daemon_that_died(self):
        lab = self.lab()
        alone = {**os.environ, "REEVE_CONFIG": lab.yaml, "REEVE_SOCKET": ""}
        gate = f"echo begun; while ! test -e {lab.path('go')}; do sleep 0.02; done; echo over"
        with subprocess.Popen([laboratory.BIN, "run", "--retries", "1", "--", "sh", "-c", gate], env=alone, cwd=lab.dir, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
            self.assertEqual(run.stdout.readline(), "begun\n")
            lab.k9()
            lab.open_gate("go")
            told, talk = run.communicate(timeout=90)
        self.assertEqual((run.returncode, told), (0, "begun\nover\n"), talk)
        self.assertIn("serving here", talk)

    def test_with_no_daemon_it_serves_itself(self):
        lab = self.quiet_lab()
        lab.write_configuration()
        alone = {"REEVE_SOCKET": "", "REEVE_CONFIG": lab.yaml}
        run = self.reeve(lab, "run", "--", "sh", "-c", "echo hi; exit 5", env=alone, code=5)
        self.assertEqual(run.stdout, "hi\n")
        self.assertIn(f"no daemon on {lab.socket}", run.stderr)
        self.refused(lab, "run", "--", "true", code=75, says=[lab.socket])  # REEVE_SOCKET names another daemon, so that one is meant
        self.assertIn("tasks failed\t1", self.data(lab, "store", "stats", env=alone))

    def test_two_without_a_daemon_do_not_end_each_other(self):
        lab = self.quiet_lab()
        lab.write_configuration()
        alone = {**os.environ, "REEVE_CONFIG": lab.yaml}
        alone.pop("REEVE_SOCKET", None)

        def start(script):
            return subprocess.Popen([laboratory.BIN, "run", "--", "sh", "-c", script], env=alone, cwd=lab.dir, text=True,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        gate = "echo begun; while ! test -e {}; do sleep 0.02; done; echo {}"
        first = start(gate.format(lab.path("one"), "first"))
        self.assertEqual(first.stdout.readline(), "begun\n")
        second = start(gate.format(lab.path("two"), "second"))
        self.assertEqual(second.stdout.readline(), "begun\n")
        lab.open_gate("one")
        self.assertEqual(first.stdout.readline(), "first\n")
        lab.open_gate("two")
        for run, word in ((second, "second\n"), (first, "")):
            told, talk = run.communicate(timeout=60)
            self.assertEqual((run.returncode, told), (0, word), talk)


class Changing(CliCase):
    def test_cancel_retry_and_delete_case_95(self):
        lab = self.lab(judged=False)
        lab.ok("POST", "/v1/queues/mail/pause")
        tasks = [self.enqueue(lab, "", "--queue", "mail") for _ in range(6)]
        done = self.reeve(lab, "cancel", tasks[0], tasks[1], "--reason", "wrong input")
        self.assertEqual((done.stdout, done.stderr), (f"{tasks[0]}\tcancelled\n{tasks[1]}\tcancelled\n", "2 cancelled\n"))
        self.assertEqual(self.json(lab, "show", tasks[0])["cancel_reason"], "wrong input")
        self.assertEqual(self.data(lab, "cancel", tasks[0], code=1), f"{tasks[0]}\talready_terminal\n")
        self.assertEqual(self.data(lab, "cancel", 4711, code=3), "4711\tnot_found\n")
        self.refused(lab, "cancel", f"{tasks[2]}-{tasks[3]}", says=["cancel 2 tasks", "--yes"])
        self.assertEqual(self.json(lab, "show", tasks[2])["status"], "queued")
        self.assertEqual(len(self.data(lab, "cancel", f"{tasks[2]}-{tasks[3]}", "--yes").splitlines()), 2)
        self.refused(lab, "cancel", "--queue", "mail", says=["cancel 2 tasks"])
        self.assertEqual([item["result"] for item in self.json_lines(lab, "cancel", "--queue", "mail", "-y")], ["cancelled"] * 2)
        self.assertEqual(self.data(lab, "retry", tasks[0]), f"{tasks[0]}\trequeued\n")
        self.assertIn("no task matches", self.refused(lab, "retry", "--queue", "mail", code=0))  # it means failed ones
        self.assertEqual(len(self.data(lab, "retry", "--state", "cancelled", "--yes").splitlines()), 5)
        self.assertEqual(self.data(lab, "delete", tasks[0], code=1), f"{tasks[0]}\tnot_terminal\n")
        self.data(lab, "cancel", "--all", "--yes")
        self.refused(lab, "delete", "--all", says=["delete 6 tasks"])
        self.assertEqual(len(self.data(lab, "delete", "--all", "--yes").splitlines()), 6)
        self.assertEqual(self.data(lab, "list", "--all"), "")

    def test_more_tasks_than_one_request_takes(self):
        lab = self.lab(judged=False)
        lab.ok("POST", "/v1/drain")
        made = lab.bulk([""] * 1000, kind="noop") + lab.bulk([""] * 300, kind="noop")
        done = self.reeve(lab, "cancel", f"{made[0]}-{made[-1]}", "--yes")
        self.assertEqual(done.stdout.splitlines(), [f"{task}\tcancelled" for task in made])
        self.assertEqual(done.stderr, "1300 cancelled\n")

    def test_nothing_that_is_empty_widens_what_is_meant(self):
        lab = self.lab(judged=False)
        lab.ok("POST", "/v1/drain")
        self.enqueue(lab, "")
        for verb in ("cancel", "retry", "rerun", "delete", "list", "wait"):
            for empty in (["--kind", ""], ["--queue", ""], ["--fingerprint", ""], ["--dedupe-key", ""], ["--state", ""], ["--kind", ","], ["--since", ""], ["--until", ""], [""]):
                self.refused(lab, verb, *empty, "--yes", says=["empty"])
                self.refused(lab, verb, "--label", "a=b", *empty, "--yes", says=["empty"])
            self.refused(lab, verb, "1", "--all", "--yes", says=["--all"])
        for verb in ("cancel", "retry", "rerun", "delete"):
            self.refused(lab, verb, "--yes", says=[f"{verb} what"])
        for verb in ("pause", "resume"):
            self.refused(lab, verb, "", says=["QUEUE"])
        self.assertEqual(self.json(lab, "show", 1)["status"], "queued")

    def test_pause_and_resume_a_queue(self):
        lab = self.lab()
        self.assertIn("reeve resume mail", self.reeve(lab, "pause", "mail", "--reason", "SMTP is down").stderr)
        self.assertIn("already", self.reeve(lab, "pause", "mail").stderr)
        task = self.enqueue(lab, "exit 0", "--queue", "mail")
        self.assertIn("SMTP is down", self.data(lab, "status"))
        self.reeve(lab, "wait", task, "--timeout", "50ms", code=124)
        self.assertIn("goes on", self.reeve(lab, "resume", "mail").stderr)
        self.assertEqual(self.data(lab, "wait", task), f"{task}\tsucceeded\n")
        self.reeve(lab, "pause")
        self.assertTrue(self.json(lab, "status")["draining"])
        self.reeve(lab, "resume")
        self.assertFalse(self.json(lab, "status")["draining"])
        self.refused(lab, "pause", "no such/queue", says=["no such/queue"])

    def test_drain_tells_who_still_runs(self):
        lab = self.lab()
        task = self.enqueue(lab, f"gate {lab.path('go')}")
        lab.wait_begun(task)
        self.assertIn("1 still run", self.reeve(lab, "drain").stderr)
        self.assertIn("reeve cancel", self.reeve(lab, "drain", "--wait", "--timeout", "50ms", code=124).stderr)
        with self.beside(lab, "drain", "--wait", "--json") as drain:
            self.assertIn("1 still run", drain.stderr.readline())
            self.assertIn("chaos", drain.stderr.readline())
            lab.open_gate("go")
            told = drain.communicate(timeout=60)[0]
        self.assertEqual((drain.returncode, json.loads(told)["running"]), (0, []))
        self.assertIn("nothing runs", self.reeve(lab, "drain", "--wait").stderr)
        self.reeve(lab, "resume")

    def test_reload_takes_all_or_nothing(self):
        lab = self.lab()
        lab.handlers["report"] = lab.handler()
        lab.write_configuration()
        self.assertIn("in force", self.reeve(lab, "reload").stderr)
        self.enqueue(lab, "exit 0")
        self.data(lab, "enqueue", "report", '"exit 0"')
        lab.write_configuration("handlers:\n  report: {comand: [true]}\n")
        told = self.reeve(lab, "reload", code=1)
        self.assertIn(f"{lab.yaml}:2:12", told.stderr)
        self.assertIn("stays in force", told.stderr)
        self.assertTrue(self.json(lab, "reload", code=1)["errors"])
        self.data(lab, "enqueue", "report", '"exit 0"')
        lab.write_configuration()


class Store(CliCase):
    def test_with_and_without_a_daemon(self):
        lab = self.lab()
        lab.wait(self.enqueue(lab, "exit 0"))
        for running in (True, False):
            with self.subTest(running=running):
                if not running:
                    lab.term()
                copy = lab.path(f"copy-{running}.db")
                options = ("--config", lab.yaml)
                self.assertIn("sound", self.reeve(lab, "store", "check", *options).stderr)
                self.assertEqual(self.json(lab, "store", "check", *options), {"ok": True, "faults": []})
                self.assertIn("tasks succeeded\t1", self.data(lab, "store", "stats", *options))
                self.assertGreater(self.json(lab, "store", "backup", copy, *options)["bytes"], 4096)
                self.assertIn("exists", self.reeve(lab, "store", "backup", copy, *options, code=1 if running else 73).stderr)
                self.assertIn("sound", self.reeve(lab, "store", "check", "--store", copy).stderr)
                self.assertEqual(self.json(lab, "store", "stats", "--store", copy)["tasks"], {"succeeded": 1})

    def test_the_schema_makes_a_store(self):
        lab = self.quiet_lab()
        connection = sqlite3.connect(":memory:")
        connection.executescript(self.data(lab, "store", "schema"))
        connection.close()
        self.assertEqual(self.json(lab, "store", "schema")["sql"], self.data(lab, "store", "schema"))

    def test_foreign_damaged_and_missing_files(self):
        lab = self.lab()
        lab.bulk(["note " + "x" * 500] * 200, kind="noop")
        lab.idle()
        self.reeve(lab, "store", "backup", "copy.db")
        size = os.path.getsize(lab.path("copy.db"))
        with open(lab.path("copy.db"), "r+b") as file:
            for place in range(8192, size, 4096):
                file.seek(place)
                file.write(b"\xa5" * 100)
        damaged = self.data_or_talk(lab, "store", "check", "--store", "copy.db", codes=(1, 65))
        self.assertTrue(damaged)
        with open(lab.path("text.db"), "w", encoding="ascii") as file:
            file.write("this is no store\n" * 1000)
        self.refused(lab, "store", "check", "--store", "text.db", code=65, says=["text.db", "left as it is"])
        foreign = sqlite3.connect(lab.path("foreign.db"))
        foreign.execute("CREATE TABLE t (x)")
        foreign.commit()
        foreign.close()
        self.refused(lab, "store", "stats", "--store", "foreign.db", code=65, says=["foreign.db"])
        self.refused(lab, "store", "stats", "--store", "nowhere.db", code=73, says=["nowhere.db"])
        self.assertFalse(os.path.exists(lab.path("nowhere.db")))
        self.refused(lab, "store", "backup", "nowhere/x.db", code=1, says=["nowhere"])

    def data_or_talk(self, lab, *arguments, codes):
        run = lab.cli(*arguments)
        self.assertIn(run.returncode, codes, run)
        return run.stdout + run.stderr


class EveryVerb(CliCase):
    SAMPLES = {
        "status": [], "top": [], "list": [1], "show": [1], "why": [1], "logs": [1], "events": [], "stats": [], "enqueue": ["noop"], "run": ["--", "echo", "hi"],
        "wait": [1], "signal": [4, "go"], "cancel": ["--kind", "chaos"], "retry": [2], "rerun": [3], "failures": [], "delete": [3], "pause": ["q"], "drain": [], "resume": [], "reload": [],
        "plan": [], "apply": [], "rollback": [1], "config list": [], "config show": [1], "config diff": [1, 1],
        "check": [], "doctor": [], "store check": [], "store stats": [], "store schema": [], "store backup": ["copy.db"], "version": [], "completion": [],
        "batch create": ["--open"], "batch add": [1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "one_task.ndjson")], "batch list": [], "batch show": [1], "batch close": [1], "batch wait": [1],
        "compact": [], "store export": ["copy.ndjson"], "store vacuum": [], "schedule add": ["pulse", "@every 1h", "noop"], "schedule list": [],
        "schedule show": ["pulse"], "schedule pause": ["pulse"], "schedule resume": ["pulse"], "schedule run": ["pulse"], "schedule remove": ["pulse"],
    }
    ALONE = {"store import", "store restore", "outbox init"}                    # work on a store that no daemon has

    IN_HANDLERS = {"step", "sleep", "log", "progress", "beat"}   # speak for the attempt they run in

    def verbs(self, lab):
        def below(*arguments):
            listed = self.data(lab, *arguments, "--help").partition("Subcommands:\n")[2]
            return re.findall(r"(?m)^  (\w+)", listed)

        nouns = ("store", "config", "batch", "schedule", "outbox")
        return [*(verb for verb in below() if verb not in nouns), *(f"{noun} {verb}" for noun in nouns for verb in below(noun))]

    def test_json_of_every_verb_is_json(self):
        lab = self.lab(judged=False)
        lab.wait(self.enqueue(lab, "print 6869"))
        lab.wait(self.enqueue(lab, "exit 64"))
        lab.wait(self.enqueue(lab, "exit 0"))
        self.enqueue(lab, "", "--delay", "1h")
        self.assertEqual(set(self.verbs(lab)) - {"serve"} - self.IN_HANDLERS - self.ALONE, set(self.SAMPLES))
        for verb, words in self.SAMPLES.items():
            with self.subTest(verb=verb):
                dashes = words.index("--") if "--" in words else len(words)
                run = self.reeve(lab, *verb.split(), *words[:dashes], "--json", *words[dashes:], env={"REEVE_CONFIG": lab.yaml})
                self.assertTrue(run.stdout.endswith("\n"))
                for line in run.stdout.splitlines():
                    self.assertIsInstance(json.loads(line), dict)

    def test_help_shows_an_example_of_every_verb_first(self):
        lab = self.quiet_lab()
        for verb in self.verbs(lab):
            with self.subTest(verb=verb):
                told = self.data(lab, *verb.split(), "--help")
                self.assertLess(told.index(f"reeve {verb}"), told.index(f"Usage: reeve {verb}"))

    def test_without_a_daemon_the_socket_and_the_next_step_are_named(self):
        lab = self.quiet_lab()
        alone = {"serve", "top", "check", "version", "completion", *(verb for verb in self.SAMPLES if verb.startswith("store "))}
        for verb in set(self.SAMPLES) - alone:
            with self.subTest(verb=verb):
                self.refused(lab, *verb.split(), *self.SAMPLES[verb], code=75, says=[lab.socket, "reeve serve"])

    @root_only
    def test_a_socket_one_may_not_use_is_no_missing_daemon(self):
        lab = self.lab()
        os.chmod(lab.dir, 0o755)
        program = shutil.copy(laboratory.BIN, lab.path("program"))
        run = subprocess.run([*NOBODY, program, "status"], env=self.environment(lab), capture_output=True, text=True, timeout=60, cwd="/")
        self.assertEqual(run.returncode, 75)
        self.assertIn(f"you may not use {lab.socket}", run.stderr)
        self.assertIn("group", run.stderr)

    def test_slips_are_refused_with_what_was_meant(self):
        lab = self.quiet_lab()
        for words, says in ((["enqueu"], "reeve enqueue"), (["store", "chek"], "reeve store check"), (["list", "--stat", "failed"], "--state"),
                            (["enqueue", "chaos", "--prioritty", "3"], "--priority"), (["status", "--jsno"], "--json"),
                            (["--sockt", "x", "status"], "--socket"), (["list", "--color", "sometimes"], "auto"),
                            (["enqueue", "a", "1", "2"], '"2"'), (["list", "--limit", "many"], "--limit"), (["show"], "TASK"), (["", "x"], "reeve --help"),
                            (["store"], "reeve store check"), (["status", "--", "x"], "--"),
                            (["--version"], "`reeve version`"), (["foo"], "reeve; all verbs"), (["list", "-q"], "-q here; see reeve list --help")):
            with self.subTest(words=words):
                self.assertIn(says, self.refused(lab, *words))

    def test_a_full_disk_on_stdout_is_told(self):
        lab = self.lab()
        lab.wait(self.enqueue(lab, "print 6869"))
        for words in (["--help"], ["list", "--help"], ["version"], ["list"], ["list", "--json"], ["show", 1], ["logs", 1], ["logs", 1, "-f"], ["events"],
                      ["status"], ["completion"], ["run", "--", "echo", "hi"], ["wait", 1], ["store", "schema"], ["check", lab.yaml]):
            with self.subTest(words=words), open("/dev/full", "w", encoding="ascii") as full:
                run = subprocess.run([laboratory.BIN, *map(str, words)], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
                                     env=self.environment(lab))
                self.assertEqual(run.returncode, 74, run.stderr)
                self.assertIn("cannot write to stdout", run.stderr)

    def test_a_reader_that_has_enough_ends_it(self):
        lab = self.lab()
        lab.bulk([""] * 1000, kind="noop")
        for words in ("list --all", "events -f -n 1000"):
            run = subprocess.run(["bash", "-c", f'"$0" {words} | head -1', laboratory.BIN], capture_output=True, text=True, timeout=60,
                                 env=self.environment(lab))
            self.assertEqual((run.stdout.count("\n"), run.stderr), (1, ""))

    def test_two_hundred_clients_at_once(self):
        lab = self.lab()
        crowd = [subprocess.Popen([laboratory.BIN, "enqueue", "noop", str(number), "--wait"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True, env=self.environment(lab)) for number in range(200)]
        told = [client.communicate(timeout=120)[1] for client in crowd]
        self.assertEqual([client.returncode for client in crowd], [0] * 200, told)

    def test_text_of_tasks_moves_no_cursor(self):
        lab = self.lab()
        evil = "\x1b]0;owned\x07\x1b[2J\r\u202eabc"
        task = self.enqueue(lab, "print 1b5b324a; eprint 1b5b334a; exit 64", "--label", f"a={evil}", "--external-id", evil, "--metadata", json.dumps(evil))
        lab.wait(task)
        held = self.enqueue(lab, "", "--delay", "1h")
        self.data(lab, "cancel", held, "--reason", evil)
        self.data(lab, "pause", "mail", "--reason", evil)
        for words in (["show", task], ["show", held], ["list"], ["logs", task], ["status"], ["events"], ["why", held], ["show", "ext:" + evil]):
            with self.subTest(words=words):
                told = self.data(lab, *words)
                self.assertFalse(re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", told), ascii(told))
        self.assertIn("\\x1b[2J", self.data(lab, "logs", task))
        self.assertIn("\x1b[2J", self.data(lab, "logs", task, "--raw"))


class Completion(CliCase):
    def test_the_script_is_bash_and_knows_verbs_and_options(self):
        lab = self.quiet_lab()
        with open(lab.path("reeve.bash"), "w", encoding="ascii") as file:
            file.write(self.data(lab, "completion", "bash"))
        subprocess.run(["bash", "-n", lab.path("reeve.bash")], check=True, timeout=30)

        def completes(*words):
            line = " ".join(f"'{word}'" for word in words)
            script = f"source {lab.path('reeve.bash')}; COMP_WORDS=(reeve {line}); COMP_CWORD={len(words)}; _reeve; printf '%s\\n' \"${{COMPREPLY[@]}}\""
            return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, timeout=30, cwd=lab.dir).stdout.split()

        self.assertEqual(completes("enq"), ["enqueue"])
        self.assertEqual(completes("store", "ba"), ["backup"])
        self.assertIn("--label", completes("list", "--l"))
        self.assertEqual(completes("--socket", "x", "li"), ["list"])
        self.assertIn("show", completes(""))
        self.refused(lab, "completion", "zsh", says=["zsh", "bash"])


if __name__ == "__main__":
    unittest.main()
