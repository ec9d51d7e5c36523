"""As a service: what the service manager hears and when (F119), and a terminal that goes away (F117)."""

import fcntl
import os
import pty
import signal
import socket
import subprocess
import termios
import threading
import unittest

import lab as laboratory
import processes
import wire
from case import DaemonCase
from waiting import wait_until


class Listener(threading.Thread):
    """The service manager's end of NOTIFY_SOCKET: keeps every message with what the socket answered at that moment."""

    def __init__(self, path, look):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.settimeout(0.2)
        self.look, self.messages, self.stopped = look, [], threading.Event()

    def run(self):
        while not self.stopped.is_set():
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                continue
            fields = dict(line.split("=", 1) for line in data.decode().splitlines() if "=" in line)
            self.messages.append((fields, self.look() if "READY" in fields else None))
        self.socket.close()

    def index(self, name):
        return next((at for at, (fields, _) in enumerate(self.messages) if name in fields), None)

    def count(self, name):
        return sum(name in fields for fields, _ in self.messages)


class ServiceManager(DaemonCase):
    def test_f119_ready_reloading_and_stopping_are_told_in_order_and_when_true(self):
        lab = self.quiet_lab()

        def ready():
            try:
                return lab.http("GET", "/readyz").status
            except wire.Unreachable:
                return None

        listener = Listener(lab.path("notify"), ready)
        listener.start()
        self.addCleanup(listener.join, 10)
        self.addCleanup(listener.stopped.set)
        lab.up(env={"NOTIFY_SOCKET": lab.path("notify")})
        wait_until(lambda: listener.index("READY") is not None, 30, "READY=1")
        self.assertEqual(listener.messages[listener.index("READY")][1], 200, "it answers when it says that it is ready")
        task = lab.enq(f"dump {lab.path('dump')}")
        self.assert_state(lab, task, "succeeded")
        with open(lab.path("dump"), encoding="utf-8") as file:
            told = file.read()
        for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS"):
            self.assertNotIn(name, told)
        lab.daemon.send_signal(signal.SIGHUP)
        wait_until(lambda: listener.count("READY") == 2, 30, "READY=1 after the reload")
        reloading = listener.index("RELOADING")
        self.assertIsNotNone(reloading)
        self.assertGreater(int(listener.messages[reloading][0]["MONOTONIC_USEC"]), 0)
        self.assertEqual(lab.term(), 0)
        wait_until(lambda: listener.index("STOPPING") is not None, 30, "STOPPING=1")
        order = [name for fields, _ in listener.messages for name in fields if name in ("READY", "RELOADING", "STOPPING")]
        self.assertEqual(order, ["READY", "RELOADING", "READY", "STOPPING"])
        self.assertTrue(any(fields.get("STATUS") for fields, _ in listener.messages))

    def test_the_watchdog_is_fed_when_it_was_asked_for(self):
        lab = self.quiet_lab()
        listener = Listener(lab.path("notify"), lambda: None)
        listener.start()
        self.addCleanup(listener.join, 10)
        self.addCleanup(listener.stopped.set)
        lab.up(env={"NOTIFY_SOCKET": lab.path("notify"), "WATCHDOG_USEC": "1000000"})
        wait_until(lambda: listener.count("WATCHDOG") >= 3, 30, "WATCHDOG=1 comes regularly")

    def test_ready_is_told_only_after_the_leftovers_of_a_killed_daemon_are_gone(self):
        lab = self.lab()
        task = lab.enq(f"dfork; gate {lab.path('go')}")
        lab.wait_begun(task)
        orphans = lab.k9()
        listener = Listener(lab.path("notify"), lambda: [pid for pid, start in orphans if processes.lives(pid, start)])
        listener.start()
        self.addCleanup(listener.join, 10)
        self.addCleanup(listener.stopped.set)
        lab.up(env={"NOTIFY_SOCKET": lab.path("notify")})
        wait_until(lambda: listener.index("READY") is not None, 30, "READY=1")
        self.assertEqual(listener.messages[listener.index("READY")][1], [])
        lab.open_gate("go")
        self.assert_state(lab, task, "succeeded")


class Terminal(DaemonCase):
    def test_f117_a_terminal_that_hangs_up_takes_nothing_acknowledged_with_it(self):
        lab = self.quiet_lab()
        lab.write_configuration()
        master, slave = pty.openpty()
        lab.daemon = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "setsid", "--ctty", laboratory.BIN, "serve", "--config", lab.yaml],
                                      stdin=slave, stdout=slave, stderr=slave, cwd=lab.dir)
        os.close(slave)
        fcntl.fcntl(master, fcntl.F_SETFL, os.O_NONBLOCK)
        wait_until(lambda: self.drained(master) and lab.ready(), 60, "the daemon is ready")
        task = lab.enq("sleep 100; result 2")
        os.close(master)
        ended = wait_until(lambda: lab.daemon.poll() is not None or self.serves(lab, task), 60, "it ends in order, or goes on")
        self.assertTrue(ended)
        if lab.daemon.poll() is not None:
            self.assertEqual(lab.daemon.returncode, 0)
            lab.up()
        self.assert_state(lab, task, "succeeded")

    def drained(self, master):
        try:
            while os.read(master, 65536):
                pass
        except (BlockingIOError, termios.error, OSError):
            pass
        return True

    def serves(self, lab, task):
        try:
            return lab.task(task)["state"] == "succeeded"
        except (wire.Unreachable, AssertionError):
            return False


if __name__ == "__main__":
    unittest.main()
