"""Too few descriptors, failing system calls, storms of exits (F055, F057, F115), programs that cannot be started (F113)."""

import contextlib
import os
import shutil
import signal
import subprocess
import unittest

import processes
import wire
from case import DaemonCase, root_only
from waiting import wait_until


def can_trace():
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-qq", "-e", "trace=none", "true"], capture_output=True, check=False).returncode == 0


class Descriptors(DaemonCase):
    def test_f055_sixty_four_descriptors_two_hundred_bodies_a_hundred_clients(self):
        lab = self.quiet_lab(supervisor={"concurrency": 200})
        lab.up(wrap=["prlimit", "--nofile=64:64"])
        self.addCleanup(self._judge, lab)
        tasks = lab.bulk([f"note {n}; sleep 30" for n in range(200)])
        waiting = []
        try:
            for _ in range(100):
                with contextlib.suppress(wire.Unreachable):
                    waiting.append(wire.Connection(lab.socket, 5))
            before = processes.cpu_seconds(lab.pid)
            wait_until(lambda: len(lab.bodies()) >= 20, 60, "bodies run although clients crowd the socket")
        finally:
            for connection in waiting:
                connection.close()
        lab.idle()
        self.assertLess(processes.cpu_seconds(lab.pid) - before, 30, "it does not spin on what it cannot have")
        self.assertEqual({lab.task(task)["state"] for task in tasks}, {"succeeded"})
        self.assertEqual(lab.http("GET", "/healthz").status, 200)

    @unittest.skipUnless(can_trace(), "strace cannot trace here")
    def test_f057_a_system_call_that_fails_while_starting_a_body_costs_one_attempt_at_most(self):
        lab = self.lab()
        lab.enq("exit 0")
        lab.idle()
        self.assertEqual(lab.http("GET", "/healthz").status, 200)
        baseline = len(processes.descriptors(lab.pid))
        failed = set()
        for call in ("memfd_create", "pipe2", "socketpair", "pidfd_open", "clone,clone3,vfork", "mkdir,mkdirat"):
            for when in (1, 2, 3):
                with self.subTest(call=call, when=when):
                    self.one_failure(lab, call, when)
                with open(lab.path("strace"), encoding="utf-8") as file:
                    failed |= {call} if "INJECTED" in file.read() else set()
        self.assertGreaterEqual(len(failed), 3, f"only {failed} could be made to fail: the test has lost its grip")
        self.assert_nothing_left(lab)
        self.assert_calm(lab, baseline)

    def one_failure(self, lab, call, when):
        tracer = subprocess.Popen(["strace", "-qq", "-f", "-o", lab.path("strace"), "-p", str(lab.pid), "-e", f"trace={call}",
                                   "-e", f"inject={call}:error=EMFILE:when={when}"], stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: processes.status_figure(lab.pid, "TracerPid") == tracer.pid, 20, "the tracer is attached")
            tasks = [lab.enq("exit 0", max_attempts=5) for _ in range(3)]
            for task in tasks:
                found = lab.wait(task)
                self.assertEqual(found["state"], "succeeded", found)
                self.assertLessEqual({attempt["outcome"] for attempt in lab.attempts(task)}, {"succeeded", "spawn_failed"})
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(20)


class Storm(DaemonCase):
    def test_f115_bodies_that_all_end_at_once_are_all_reaped(self):
        count = 300
        lab = self.lab(supervisor={"concurrency": count})
        os.mkfifo(lab.path("gate"))
        tasks = lab.bulk([f"note {n}; fifo {lab.path('gate')}; exit {n % 2 * 64}" for n in range(count)])
        wait_until(lambda: len(lab.bodies()) == count, 120, "all bodies wait at the gate")
        holder = os.open(lab.path("gate"), os.O_RDWR)  # a writer: whoever waits to open, opens; whoever reads, gets a byte
        os.write(holder, b"x" * count)
        lab.idle()
        os.close(holder)
        self.assertEqual([lab.task(task)["state"] for task in tasks], ["succeeded", "failed"] * (count // 2))
        self.assert_nothing_left(lab)


class Programs(DaemonCase):
    def reason(self, lab, kind, path):
        task = lab.enq("exit 0", kind=kind)
        found = self.assert_state(lab, task, "failed")
        self.assertEqual(found["error"]["code"], "spawn_failed")
        self.assertIn(path, str(found["error"]))
        self.assert_outcomes(lab, task, "spawn_failed", "spawn_failed")

    @root_only
    def test_f113_a_program_that_cannot_be_started_is_named_with_the_reason(self):
        lab = self.quiet_lab()
        retry = {"attempts": 2, "backoff": "fixed", "base": "10ms", "jitter": "none"}
        chaos = lab.handlers["chaos"]["command"][0]
        with open(lab.path("plain"), "wb") as file:
            file.write(b"not executable")
        os.chmod(lab.path("plain"), 0o644)
        os.mkdir(lab.path("folder"))
        for name, content in (("bad_elf", b"\x7fELF" + b"\0" * 100), ("lost_interpreter", b"#!/no/such/interpreter\n")):
            with open(lab.path(name), "wb") as file:
                file.write(content)
            os.chmod(lab.path(name), 0o755)
        shutil.copy(chaos, lab.path("busy"))
        shutil.copy(chaos, lab.path("moving"))
        os.mkdir(lab.path("noexec"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "noexec", "tmpfs", lab.path("noexec")], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", lab.path("noexec")], check=False)
        shutil.copy(chaos, lab.path("noexec/program"))
        for name in ("missing", "plain", "folder", "bad_elf", "lost_interpreter", "busy", "noexec/program", "moving"):
            lab.handlers[name.replace("/", ".")] = {**lab.handler(retry=retry), "command": [lab.path(name)]}
        lab.up()
        self.addCleanup(self._judge, lab)
        running = lab.enq(f"gate {lab.path('go')}", kind="moving")
        lab.wait_begun(running)
        with open(lab.path("busy"), "ab"):
            for name in ("missing", "plain", "folder", "bad_elf", "lost_interpreter", "busy", "noexec/program"):
                with self.subTest(name):
                    self.reason(lab, name.replace("/", "."), name.split("/")[0])
        os.unlink(lab.path("moving"))
        self.reason(lab, "moving", "moving")
        shutil.copy(chaos, lab.path("moving"))
        self.assert_state(lab, lab.enq("exit 0", kind="moving"), "succeeded")
        lab.open_gate("go")
        self.assert_state(lab, running, "succeeded")


if __name__ == "__main__":
    unittest.main()
