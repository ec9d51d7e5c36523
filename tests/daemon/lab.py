"""A laboratory: one daemon with a directory, a store, a socket and a configuration of its own, and everything needed to torment it.

REEVE_BIN and REEVE_CHAOS name the programs under test. Everything the lab starts carries LAB_ID in its environment, so whatever is left over
can be found, whoever its parent is by then.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
import uuid

import cgroups
import processes
import wire
import witness
from waiting import wait_until

BIN = os.path.abspath(os.environ.get("REEVE_BIN", "build/dev/reeve"))
CHAOS = os.path.abspath(os.environ.get("REEVE_CHAOS", "build/dev/tests/daemon/chaos"))
CHAOS_WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "chaos_worker.py")
SANITIZED = bool(os.environ.get("REEVE_SANITIZE"))
SANITIZER_SAYS = re.compile(r"(ERROR|WARNING): \w+Sanitizer")
TERMINAL = ("succeeded", "failed", "cancelled")


class Lab:
    def __init__(self, directory=None, **sections):
        self.id = uuid.uuid4().hex
        self.dir = directory or tempfile.mkdtemp(prefix="reeve-lab-")
        self.store = os.path.join(self.dir, "reeve.db")
        self.socket = os.path.join(self.dir, "reeve.sock")
        self.yaml = os.path.join(self.dir, "reeve.yaml")
        self.log = os.path.join(self.dir, "daemon.log")
        self.witness_log = os.path.join(self.dir, "witness.log")
        self.daemon = None
        self.acks = []            # (task id, payload) that a client was told are stored
        self.kills = []           # monotonic ns of each SIGKILL of the daemon
        self.recoveries = []      # seconds from start to ready
        self.kills_lock = threading.Lock()
        self.handlers = {"chaos": self.handler(), "noop": {"executor": "inline", "builtin": "noop"}}
        self.sections = {"supervisor": {"concurrency": 16, "drain_timeout": "20s"}}
        for name, section in sections.items():
            if name == "handlers":
                self.handlers.update(section)
            else:
                self.sections[name] = {**self.sections.get(name, {}), **section}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clean()

    # ------------------------------------------------------------------------------------------------------ configuration

    def handler(self, *arguments, **keys):
        """A declaration of the chaos handler, quick to retry; `keys` override."""
        declaration = {
            "command": [CHAOS, *arguments],
            "env": {"LAB_ID": self.id, "LAB_WITNESS": self.witness_log, "PATH": "/usr/bin:/bin"},
            "retry": {"attempts": 3, "crashes": 3, "backoff": "fixed", "base": "10ms", "max": "1s", "jitter": "none"},
            "timeout": "2m",
            "stop_grace": "1s",
        }
        declaration.update(keys)
        return declaration

    def worker(self, *arguments, **keys):
        """The same as a pool of warm workers (chaos_worker.py); `keys` override."""
        command = ["/usr/bin/python3", "-I", "-S", "-B", CHAOS_WORKER, *arguments]
        return self.handler(**{"executor": "worker", "command": command, "processes": {"min": 1, "max": 2}, **keys})

    def configuration(self):
        sections = {name: dict(section) for name, section in self.sections.items()}
        sections.setdefault("store", {}).setdefault("url", "sqlite:" + self.store)
        sections.setdefault("api", {}).setdefault("socket", self.socket)
        sections["handlers"] = self.handlers
        return sections

    def write_configuration(self, text=None):
        """JSON is YAML. Written aside and renamed, as a careful editor does."""
        with open(self.yaml + ".new", "w", encoding="utf-8") as file:
            file.write(text if text is not None else json.dumps(self.configuration(), indent=1) + "\n")
        os.rename(self.yaml + ".new", self.yaml)

    def reload(self):
        self.write_configuration()
        return self.ok("POST", "/v1/reload")

    # ------------------------------------------------------------------------------------------------------ the daemon

    def start(self, wrap=(), env=None, arguments=()):
        """Starts a daemon and does not wait for it. It dies with this program."""
        self.write_configuration()
        environment = {**os.environ, **(env or {})}
        for name in ("NOTIFY_SOCKET", "LISTEN_FDS", "REEVE_SOCKET", "REEVE_CONFIG"):
            if name not in (env or {}):
                environment.pop(name, None)
        with open(self.log, "ab") as log:
            return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *wrap, BIN, "serve", "--config", self.yaml, *arguments],
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=self.dir, process_group=0)

    def up(self, wrap=(), env=None, deadline=60.0, arguments=()):
        begun = time.monotonic()
        self.daemon = self.start(wrap, env, arguments)
        wait_until(self.ready, deadline, "the daemon is ready")
        self.recoveries.append(time.monotonic() - begun)
        return self

    def ready(self):
        if self.daemon.poll() is not None:
            raise AssertionError(f"the daemon ended with {self.daemon.returncode}:\n{self.log_tail()}")
        try:
            return self.http("GET", "/readyz").status == 200
        except wire.Unreachable:
            return False

    @property
    def pid(self):
        return self.daemon.pid

    def k9(self):
        """SIGKILL of the daemon; returns the marked processes that were alive just after."""
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait(30)
        with self.kills_lock:
            self.kills.append(time.monotonic_ns())
        return processes.marked("LAB_ID", self.id)

    def term(self, deadline=60.0):
        """SIGTERM; returns the exit status."""
        self.daemon.send_signal(signal.SIGTERM)
        return self.daemon.wait(deadline)

    def restart(self):
        self.k9()
        return self.up()

    def running(self):
        return self.daemon is not None and self.daemon.poll() is None

    def log_tail(self, count=25):
        return "\n".join(self.log_lines()[-count:])

    def log_lines(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().split("\n")[:-1]

    def log_events(self, event):
        found = []
        for line in self.log_lines():
            with contextlib.suppress(ValueError):
                record = json.loads(line)
                if record.get("event") == event:
                    found.append(record)
        return found

    def end(self):
        """Ends the daemon for good. With a sanitizer in it orderly, though in a hurry: it looks for leaks when its program exits."""
        if SANITIZED and self.running():
            for _ in range(2):
                self.daemon.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.daemon.wait(20)
        if self.running():
            self.k9()

    def clean(self):
        self.end()
        wait_until(self._no_strays, 20, "every process of the lab is gone")
        cgroups.remove(self.store)
        complaint = self._complaint()
        if not os.environ.get("REEVE_LAB_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)
        if complaint:
            raise AssertionError("a sanitizer complained:\n" + "\n".join(complaint))

    def _complaint(self):
        lines = self.log_lines()
        begun = [number for number, line in enumerate(lines) if SANITIZER_SAYS.search(line)]
        return lines[begun[0]:begun[0] + 60] if begun else []

    def _no_strays(self):
        left = processes.marked("LAB_ID", self.id)
        for pid, start in left:
            with contextlib.suppress(ProcessLookupError):
                if processes.lives(pid, start):
                    os.kill(pid, signal.SIGKILL)
        return not left

    # ------------------------------------------------------------------------------------------------------ its clients

    def http(self, method, path, body=None, headers=None, timeout=60.0):
        with wire.Connection(self.socket, timeout) as connection:
            return connection.request(method, path, body, headers)

    def ok(self, method, path, body=None, headers=None, timeout=60.0):
        answer = self.http(method, path, body, headers, timeout)
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer}")
        return answer.json

    def cli(self, *arguments, stdin=None, env=None, deadline=60.0):
        environment = {**os.environ, "REEVE_SOCKET": self.socket, **(env or {})}
        return subprocess.run([BIN, *map(str, arguments)], input=stdin, env=environment, capture_output=True, text=True,
                              timeout=deadline, cwd=self.dir)

    def enq(self, script="", kind="chaos", key=None, **options):
        """Enqueues; the acknowledgement is noted only after the whole answer is here. Returns the id."""
        headers = {"Idempotency-Key": key} if key else None
        answer = self.ok("POST", "/v1/tasks", {"kind": kind, "payload": script, **options}, headers)
        if answer["disposition"] in ("created", "superseded"):
            self.acks.append((answer["id"], script))
        return answer["id"]

    def bulk(self, scripts, kind="chaos", **options):
        tasks = [{"kind": kind, "payload": script, **options} for script in scripts]
        ids = [task["id"] for task in self.ok("POST", "/v1/tasks/bulk", {"tasks": tasks})["tasks"]]
        self.acks.extend(zip(ids, scripts))
        return ids

    def task(self, task):
        return self.ok("GET", f"/v1/tasks/{task}")

    def attempts(self, task):
        return self.ok("GET", f"/v1/tasks/{task}/attempts")["attempts"]

    def events(self, task):
        return self.ok("GET", f"/v1/tasks/{task}/events?limit=1000")["events"]

    def lines(self, task, query="limit=1000"):
        return self.ok("GET", f"/v1/tasks/{task}/log?{query}")["lines"]

    def wait(self, task, *states, deadline=60.0):
        """Waits until the task shows one of the states (default: any terminal one) and returns it."""
        wanted = states or TERMINAL

        def reached():
            found = self.task(task)
            return found if found["state"] in wanted else None

        try:
            return wait_until(reached, deadline, f"task {task} is {' or '.join(wanted)}")
        except AssertionError as late:
            raise AssertionError(f"{late}\n{json.dumps(self.task(task), indent=1)}") from late

    def cancel(self, task, **body):
        return self.ok("POST", f"/v1/tasks/{task}/cancel", body or None)

    def idle(self, deadline=120.0):
        """Waits until every task is terminal."""

        def all_done():
            status = self.ok("GET", "/v1/status")["counts"]["status"]
            return all(count == 0 for name, count in status.items() if name not in TERMINAL)

        wait_until(all_done, deadline, "every task is terminal")

    def pools(self):
        """{kind: the pool of warm workers as GET /v1/status shows it}."""
        return {pool["kind"]: pool for pool in self.ok("GET", "/v1/status")["pools"]}

    def warm_pids(self):
        if not self.running():
            return set()
        return {pid for pool in self.pools().values() for pid in pool["pids"]}

    # ------------------------------------------------------------------------------------------------------ its records

    def export(self):
        """Everything the API tells: ({id: task}, [event]), true at one moment: nothing happened while it was read."""

        def unchanged():
            before = self.pages("/v1/events?limit=1000", "events")
            tasks = {task["id"]: task for task in self.pages("/v1/tasks?payload=true&order=oldest&limit=1000", "tasks")}
            after = self.pages(f"/v1/events?limit=1000&after={before[-1]['seq'] if before else 0}", "events")
            return None if after else (tasks, before)

        return wait_until(unchanged, 60, "nothing happens while the store is read")

    def pages(self, path, member):
        rows, after = [], ""
        with wire.Connection(self.socket, 60) as connection:
            while True:
                answer = connection.request("GET", path + after)
                if answer.status != 200:
                    raise AssertionError(f"{path}{after}: {answer}")
                page = answer.json
                rows += page[member]
                if "next" not in page:
                    return rows
                after = f"&after={page['next']}"

    def witness(self):
        return witness.read(self.witness_log)

    def bodies(self):
        return witness.bodies(self.witness())

    def begun(self, task):
        return [body for body in self.bodies() if body.task == task]

    def wait_begun(self, task, count=1, deadline=60.0):
        return wait_until(lambda: len(self.begun(task)) >= count and self.begun(task), deadline, f"body {count} of task {task} has begun")

    def path(self, name):
        return os.path.join(self.dir, name)

    def open_gate(self, name):
        with open(self.path(name), "w", encoding="ascii"):
            pass

    @contextlib.contextmanager
    def reading(self):
        """The store through a read-only connection."""
        connection = sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)
        try:
            yield connection
        finally:
            connection.close()

    @contextlib.contextmanager
    def holding_the_write_lock(self):
        """A foreign program that has begun a transaction and does not end it."""
        connection = sqlite3.connect(self.store, timeout=30, isolation_level=None)
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
            connection.close()
