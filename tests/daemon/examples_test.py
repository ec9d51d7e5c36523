#!/usr/bin/env python3
"""Every example does what its README says, in a real daemon.

REEVE_BIN and REEVE_WORDCOUNT name the programs.
"""
import contextlib
import glob
import gzip
import hashlib
import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(ROOT, "examples")
BIN = os.path.realpath(os.environ.get("REEVE_BIN", "reeve"))
WORDCOUNT = os.path.realpath(os.environ.get("REEVE_WORDCOUNT", os.path.join(os.path.dirname(BIN), "examples/wordcount")))


def fragments():
    """What examples/reeve.yaml includes: all that is there."""
    return sorted(glob.glob(os.path.join(EXAMPLES, "*/handler.yaml"))) + [os.path.join(EXAMPLES, "builtins.yaml")]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=90)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Daemon:
    """`reeve serve` on a directory of its own, with the files that `include` names; given the directory, it may make them there."""

    def __init__(self, include=lambda folder: fragments()):
        self.folder = tempfile.mkdtemp(prefix="reeve-examples-")
        self.socket = os.path.join(self.folder, "reeve.sock")
        self.log = open(os.path.join(self.folder, "daemon.log"), "w+", encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("REEVE_") and name != "NOTIFY_SOCKET"}
        environment["WORDCOUNT_FOLDER"] = os.path.dirname(WORDCOUNT)
        file = os.path.join(self.folder, "reeve.yaml")
        with open(file, "w", encoding="utf-8") as configuration:       # JSON is YAML
            json.dump({"store": {"url": "sqlite:reeve.db"}, "api": {"socket": "reeve.sock"}, "include": include(self.folder)}, configuration)
        self.process = subprocess.Popen([BIN, "serve", "--config", file], env=environment, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)
        deadline = time.monotonic() + 30
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f"the daemon is not ready:\n{self.said()}")
            time.sleep(0.02)

    def said(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def ready(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.request("GET", "/readyz")[0] == 200
        return False

    def request(self, method, path, body=None):
        connection = UnixConnection(self.socket)
        with contextlib.closing(connection):
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json"} if body is not None else {})
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content.strip() else None

    def ok(self, method, path, body=None):
        status, answer = self.request(method, path, body)
        if status >= 300:
            raise AssertionError(f"{method} {path}: {status} {answer}")
        return answer

    def enqueue(self, kind, payload, **options):
        given = {} if payload is None else {"payload": payload}
        return self.ok("POST", "/v1/tasks", {"kind": kind, **given, **options})["id"]

    def wait(self, task):
        answer = self.ok("GET", f"/v1/tasks/{task}/wait?timeout=60s")
        if not answer["done"]:
            raise AssertionError(f"task {task} does not end: {answer['task']}")
        return answer["task"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.log.close()
            shutil.rmtree(self.folder, ignore_errors=True)


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()

    @classmethod
    def tearDownClass(cls):
        status = cls.daemon.stop()
        if status != 0:
            raise AssertionError(f"the daemon ended with {status}")

    def setUp(self):
        self.out = tempfile.mkdtemp(dir=self.daemon.folder)

    def target(self, name):
        return os.path.join(self.out, name)

    def succeed(self, kind, payload, **options):
        task = self.daemon.wait(self.daemon.enqueue(kind, payload, **options))
        self.assertEqual("succeeded", task["status"], json.dumps(task, indent=1))
        return task

    def reject(self, kind, payload, code):
        task = self.daemon.wait(self.daemon.enqueue(kind, payload))
        self.assertEqual(("failed", 1, code), (task["status"], task["attempt"], task["error"]["code"]), json.dumps(task, indent=1))
        return task

    def attempts(self, task):
        return self.daemon.ok("GET", f"/v1/tasks/{task['id']}/attempts")["attempts"]

    def lines(self, task):
        return self.daemon.ok("GET", f"/v1/tasks/{task['id']}/log?limit=1000")["lines"]

    def nothing_unfinished(self, folder):
        self.assertEqual([], [name for name in os.listdir(folder) if ".unfinished" in name])

    # -------------------------------------------------------------------------------------------------------- archive

    def test_archive_compresses_every_file_and_its_checksums_agree(self):
        source, target = os.path.join(EXAMPLES, "archive/input"), self.target("archive")
        task = self.succeed("archive", {"source": source, "target": target})
        names = sorted(os.listdir(source))
        self.assertEqual(names, [file["name"] for file in task["result"]["files"]])
        for file in task["result"]["files"]:
            with open(os.path.join(source, file["name"]), "rb") as original, gzip.open(os.path.join(target, file["name"] + ".gz")) as packed:
                content = original.read()
                self.assertEqual(content, packed.read())
            self.assertEqual(hashlib.sha256(content).hexdigest(), file["sha256"])
            self.assertEqual(len(content), file["bytes"])
        sums = subprocess.run(["sha256sum", "--check", "--strict", os.path.join(target, "SHA256SUMS")], cwd=source, capture_output=True,
                              text=True, check=False)
        self.assertEqual(0, sums.returncode, sums.stdout + sums.stderr)
        self.assertEqual(sum(file["bytes"] for file in task["result"]["files"]), task["result"]["bytes"])
        self.assertEqual((100, len(names), len(names)), tuple(task["progress"][key] for key in ("percent", "current", "total")))
        self.assertEqual([f"{file['name']}: {file['bytes']} bytes became {file['compressed_bytes']}" for file in task["result"]["files"]],
                         [line["message"] for line in self.lines(task) if line["stream"] == "stdout"])
        self.nothing_unfinished(target)

    def test_archive_again_gives_the_same_bytes(self):
        payload = {"source": os.path.join(EXAMPLES, "archive/input"), "target": self.target("archive")}
        first = self.succeed("archive", payload)["result"]
        self.assertEqual(first, self.succeed("archive", payload)["result"])

    def test_archive_survives_names_that_a_shell_would_trip_over(self):
        source = self.target("in")
        os.mkdir(source)
        names = ["a b.txt", "$(touch gone).txt", "quote\".txt", "-rf", "üñí.txt", "new\nline"]
        for name in names:
            with open(os.path.join(source, name), "w", encoding="utf-8") as file:
                file.write(name)
        task = self.succeed("archive", {"source": source, "target": self.target("out")})
        self.assertEqual(sorted(names), sorted(file["name"] for file in task["result"]["files"]))
        sums = subprocess.run(["sha256sum", "--check", "--strict", self.target("out/SHA256SUMS")], cwd=source, capture_output=True, check=False)
        self.assertEqual(0, sums.returncode, sums.stderr)
        for name in names:
            with gzip.open(self.target(f"out/{name}.gz"), "rt", encoding="utf-8") as packed:
                self.assertEqual(name, packed.read())

    def test_archive_rejects_a_directory_that_is_not_there(self):
        task = self.reject("archive", {"source": "/nowhere", "target": self.target("archive")}, "no_source")
        self.assertIn("/nowhere", task["error"]["message"])

    # -------------------------------------------------------------------------------------------------------- report

    def report(self, **changes):
        return {"table": os.path.join(EXAMPLES, "report/input/harvest.csv"), "label": "crop", "value": "tonnes",
                "target": self.target("harvest.html"), "title": "Harvest <1381>"} | changes

    def test_report_draws_the_sums_of_the_table(self):
        task = self.succeed("report", self.report())
        totals = {}
        with open(os.path.join(EXAMPLES, "report/input/harvest.csv"), encoding="utf-8") as file:
            for line in file.read().splitlines()[1:]:
                _, crop, tonnes = line.split(",")
                totals[crop] = totals.get(crop, 0) + float(tonnes)
        with open(self.target("harvest.html"), encoding="utf-8") as file:
            page = file.read()
        self.assertEqual(60, task["result"]["rows"])
        self.assertAlmostEqual(sum(totals.values()), task["result"]["total"])
        self.assertEqual(max(totals, key=totals.get), task["result"]["largest"]["label"])
        for crop, tonnes in totals.items():
            self.assertIn(f"<td>{crop}</td><td>{tonnes:,.2f}</td>", page)
        self.assertEqual(len(totals), page.count("<rect "))
        self.assertIn("Harvest &lt;1381&gt;", page)
        self.assertNotIn("http", page)             # one file that needs nothing else
        self.nothing_unfinished(self.out)

    def test_report_rejects_a_column_that_is_not_there(self):
        self.assertIn("bushels", self.reject("report", self.report(value="bushels"), "bad_table")["error"]["message"])

    def test_report_rejects_a_word_where_a_number_should_be_and_names_the_line(self):
        table = self.target("bad.csv")
        with open(table, "w", encoding="utf-8") as file:
            file.write("crop,tonnes\nrye,3\noats,many\n")
        self.assertIn("bad.csv:3", self.reject("report", self.report(table=table), "bad_table")["error"]["message"])

    # -------------------------------------------------------------------------------------------------------- thumbnails

    def test_thumbnails_have_the_right_size(self):
        payload = {"source": os.path.join(EXAMPLES, "thumbnails/input"), "target": self.target("small"), "size": 64}
        task = self.succeed("thumbnails", payload)
        self.assertEqual((3, 0), (task["result"]["made"], task["result"]["kept"]))
        sizes = {}
        for name in os.listdir(payload["target"]):
            seen = subprocess.run(["identify", "-format", "%m %w %h", os.path.join(payload["target"], name)], capture_output=True, text=True,
                                  check=True)
            sizes[name] = seen.stdout
        self.assertEqual({"clock-64.png": "PNG 64 64", "hills-64.png": "PNG 64 40", "tree-64.png": "PNG 48 64"}, sizes)
        self.assertEqual({f"PNG {p['width']} {p['height']}" for p in task["result"]["pictures"]}, set(sizes.values()))
        again = self.succeed("thumbnails", payload)
        self.assertEqual((0, 3), (again["result"]["made"], again["result"]["kept"]))

    def test_thumbnails_take_what_the_payload_says_as_one_argument(self):
        source = self.target("a b; touch gone")
        shutil.copytree(os.path.join(EXAMPLES, "thumbnails/input"), source)
        self.succeed("thumbnails", {"source": source, "target": self.target("small $(touch gone)"), "size": 32})
        self.assertEqual({"a b; touch gone", "small $(touch gone)"}, set(os.listdir(self.out)))

    def test_thumbnails_reject_a_size_that_is_not_a_number(self):
        payload = {"source": os.path.join(EXAMPLES, "thumbnails/input"), "target": self.target("small")}
        self.reject("thumbnails", payload | {"size": "64; id"}, "bad_size")
        self.assertEqual("failed", self.daemon.wait(self.daemon.enqueue("thumbnails", payload))["status"])

    # -------------------------------------------------------------------------------------------------------- fetch

    @contextlib.contextmanager
    def web(self, answers):
        """A server on 127.0.0.1 that gives these answers one after the other: (status, body)."""
        waiting = list(answers)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, body = waiting.pop(0)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}/file", waiting
            finally:
                server.shutdown()
                thread.join()

    def test_fetch_gets_the_bytes(self):
        body = os.urandom(700_000)
        with self.web([(200, body)]) as (url, _):
            task = self.succeed("fetch", {"url": url, "target": self.target("file"), "sha256": hashlib.sha256(body).hexdigest()})
        with open(self.target("file"), "rb") as file:
            self.assertEqual(body, file.read())
        self.assertEqual((len(body), 200), (task["result"]["bytes"], task["result"]["status"]))
        self.assertEqual(100, task["progress"]["percent"])

    def test_fetch_tries_again_when_the_server_has_trouble(self):
        with self.web([(503, b"later"), (500, b"oops"), (200, b"at last")]) as (url, left):
            task = self.succeed("fetch", {"url": url, "target": self.target("file")})
            self.assertEqual([], left)
        with open(self.target("file"), "rb") as file:
            self.assertEqual(b"at last", file.read())
        self.assertEqual(["http_503", "http_500", None], [(attempt.get("error") or {}).get("code") for attempt in self.attempts(task)])
        self.nothing_unfinished(self.out)

    def test_fetch_tries_again_when_nobody_listens(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        task = self.daemon.wait(self.daemon.enqueue("fetch", {"url": f"http://127.0.0.1:{port}/", "target": self.target("file")}, max_attempts=2))
        self.assertEqual(("failed", 2, "http_599"), (task["status"], task["attempt"], task["error"]["code"]))

    def test_fetch_rejects_an_address_that_is_wrong(self):
        with self.web([(404, b"no")]) as (url, _):
            self.reject("fetch", {"url": url, "target": self.target("file")}, "http_404")
        self.reject("fetch", {"url": "file:///etc/passwd", "target": self.target("file")}, "bad_payload")
        self.assertEqual([], os.listdir(self.out))

    def test_fetch_rejects_a_file_with_another_sum(self):
        with self.web([(200, b"something else")]) as (url, _):
            self.reject("fetch", {"url": url, "target": self.target("file"), "sha256": "0" * 64}, "wrong_sum")
        self.assertEqual([], os.listdir(self.out))

    # -------------------------------------------------------------------------------------------------------- wordcount

    def test_wordcount_counts_the_words(self):
        text = os.path.join(EXAMPLES, "wordcount/input/reeve.txt")
        task = self.succeed("wordcount", {"text": text, "top": 2, "target": self.target("words.tsv")})
        counted = subprocess.run(["/bin/sh", "-c", "tr -cs 'A-Za-z' '\\n' < \"$1\" | tr 'A-Z' 'a-z' | grep . | sort | uniq -c | sort -rn", "sh", text],
                                 capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
        expected = {word: int(count) for count, word in (line.split() for line in counted)}
        with open(self.target("words.tsv"), encoding="utf-8") as file:
            found = {word: int(count) for word, count in (line.split("\t") for line in file)}
        self.assertEqual(expected, found)
        self.assertEqual(sum(expected.values()), task["result"]["words"])
        self.assertEqual([{"word": "his", "count": expected["his"]}, {"word": "was", "count": expected["was"]}], task["result"]["most"])
        self.assertIn(("entry", f"counting {text}"), [(line["stream"], line["message"]) for line in self.lines(task)])

    def test_letters_counts_on_a_thread_of_the_daemon(self):
        text = os.path.join(EXAMPLES, "plugin/input/reeve.txt")
        with open(text, "rb") as file:
            content = file.read()
        result = self.succeed("letters", {"text": text})["result"]
        self.assertEqual((len(content), content.count(b"\n"), len(content.split())), (result["bytes"], result["lines"], result["words"]))
        self.assertEqual(content.lower().count(b"e"), result["letters"]["e"])
        self.reject("letters", {"words": 4}, "payload")

    def test_wordcount_rejects_a_payload_without_a_text(self):
        self.reject("wordcount", {"words": 4}, "bad_task")
        self.reject("wordcount", {"text": "/nowhere"}, "bad_task")

    # -------------------------------------------------------------------------------------------------------- flaky, built-ins

    def test_flaky_succeeds_at_its_third_attempt(self):
        task = self.succeed("flaky", {})
        self.assertEqual({"attempts": 3}, task["result"])
        attempts = self.attempts(task)
        self.assertEqual(["failed", "failed", "succeeded"], [attempt["outcome"] for attempt in attempts])
        self.assertEqual([75, 75, 0], [attempt["exit_code"] for attempt in attempts])
        self.assertEqual([1, 2, 3], [attempt["number"] for attempt in attempts])

    def test_echo_and_sleep_run_inside_the_daemon(self):
        self.assertEqual({"hello": ["world", 1]}, self.succeed("echo", {"hello": ["world", 1]})["result"])
        self.succeed("sleep", {"ms": 10})


class Declaration(unittest.TestCase):
    def test_the_file_of_the_examples_is_faultless_and_includes_all_of_them(self):
        file = os.path.join(EXAMPLES, "reeve.yaml")
        checked = subprocess.run([BIN, "check", "--config", file], capture_output=True, text=True, check=False,
                                 env={**os.environ, "WORDCOUNT_FOLDER": os.path.dirname(WORDCOUNT)})
        self.assertEqual(0, checked.returncode, checked.stdout + checked.stderr)
        with open(file, encoding="utf-8") as text:
            included = [line.removeprefix("  - ").strip() for line in text if line.startswith("  - ")]
        self.assertEqual(sorted(os.path.relpath(name, EXAMPLES) for name in fragments()), sorted(included))


class ByHand(unittest.TestCase):
    """A handler is an ordinary program: without reeve it does its work and says nothing."""

    def test_the_examples_run_without_a_daemon(self):
        with tempfile.TemporaryDirectory() as out:
            environment = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
            for command, payload, made in (
                    (["archive/handler.sh"], {"source": "archive/input", "target": f"{out}/a"}, "a/SHA256SUMS"),
                    (["/usr/bin/python3", "report/handler.py"], {"table": "report/input/harvest.csv", "label": "month", "value": "tonnes",
                                                                 "target": f"{out}/r.html"}, "r.html"),
                    (["thumbnails/handler.sh", "thumbnails/input", f"{out}/t", "40"], {}, "t/tree-40.png"),
                    ([WORDCOUNT], {"text": "wordcount/input/reeve.txt", "target": f"{out}/w/words.tsv"}, "w/words.tsv")):
                with self.subTest(command=command):
                    ran = subprocess.run([os.path.join(EXAMPLES, command[0]) if command[0].endswith(".sh") else command[0], *command[1:]],
                                         input=json.dumps(payload), capture_output=True, text=True, cwd=EXAMPLES, env=environment, check=False)
                    self.assertEqual(0, ran.returncode, ran.stderr)
                    self.assertTrue(os.path.exists(os.path.join(out, made)))


if __name__ == "__main__":
    unittest.main()
