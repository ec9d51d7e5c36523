"""The base of all tests of the daemon: makes labs, judges each of them when a test is over, and leaves nothing behind."""

import datetime
import os
import unittest

import oracle
import processes
from lab import Lab
from waiting import wait_until

root_only = unittest.skipUnless(os.geteuid() == 0, "needs root")


class DaemonCase(unittest.TestCase):
    maxDiff = 4000

    def lab(self, judged=True, **sections):
        """A lab whose daemon is up. Judged at the end of the test unless the test broke something on purpose."""
        lab = self.quiet_lab(**sections)
        lab.up()
        if judged:
            self.addCleanup(self._judge, lab)
        return lab

    def quiet_lab(self, **sections):
        """A lab whose daemon was not started."""
        lab = Lab(**sections)
        self.addCleanup(self._tell, lab)
        self.addCleanup(lab.clean)
        return lab

    def _judge(self, lab):
        if not lab.running():
            lab.up()
        self.assert_held(oracle.judge(lab, settled=False))

    def _tell(self, lab):
        if os.environ.get("REEVE_LAB_KEEP"):
            print(f"kept {lab.dir}")

    def assert_held(self, faults):
        self.assertEqual(faults, [], "promises were broken:\n" + "\n".join(faults))

    def assert_state(self, lab, task, state, deadline=60.0):
        found = lab.wait(task, deadline=deadline)
        self.assertEqual(found["state"], state, found)
        return found

    def assert_outcomes(self, lab, task, *outcomes):
        self.assertEqual([attempt.get("outcome") for attempt in lab.attempts(task)], list(outcomes))

    def assert_nothing_left(self, lab):
        wait_until(lambda: not oracle.leftovers(lab), 10, "nothing of any attempt is left")

    def assert_memory_below(self, lab, kib):
        """I34. A sanitizer's own memory would be counted too, so not with one."""
        if not os.environ.get("REEVE_SANITIZE"):
            self.assertLess(processes.status_figure(lab.pid, "VmHWM"), kib)

    def assert_calm(self, lab, baseline):
        """Descriptors are back to where they were, give or take 2."""
        wait_until(lambda: len(processes.descriptors(lab.pid)) <= baseline + 2, 15,
                   f"descriptors return to {baseline}; now {processes.descriptors(lab.pid)}")


def seconds(task_or_attempt):
    """How long it took, by the daemon's clock."""
    begin, end = (datetime.datetime.fromisoformat(task_or_attempt[name].replace("Z", "+00:00")) for name in ("started_at", "finished_at"))
    return (end - begin).total_seconds()


def refused_start(lab, deadline=30.0, **options):
    """Starts a daemon that must refuse; returns (exit status, what it said)."""
    before = len(lab.log_lines())
    daemon = lab.start(**options)
    try:
        status = daemon.wait(deadline)
    except Exception:
        daemon.kill()
        daemon.wait(30)
        raise
    return status, "\n".join(lab.log_lines()[before:])
