"""Bodies that take too much: the kernel stops their whole tree, the outcome says so, and the next task finds everything as it was."""

import unittest

import processes
from case import DaemonCase, seconds
from waiting import wait_until


class Limits(DaemonCase):
    def greedy_lab(self, **keys):
        """The same limits for a kind that is a process and for a pool, where this machine can keep them."""
        lab = self.quiet_lab()
        self.addCleanup(self._judge, lab)
        common = {"retry": {"attempts": 1, "crashes": 1}, **keys}
        lab.handlers["greedy"] = lab.handler(**common)
        lab.handlers["warm"] = lab.worker(processes={"min": 0, "max": 1}, **common)
        return lab.up()

    def needs(self, lab, feature):
        told = [line for line in lab.cli("doctor").stdout.split("\n") if feature in line]
        if not any(line.startswith("yes") for line in told):
            self.skipTest(f"reeve doctor: {told}")

    def test_a_body_above_its_memory_is_killed_by_the_kernel_and_said_to_be(self):
        lab = self.greedy_lab(limits={"memory": "64MiB"})
        self.needs(lab, "memory limit")
        bystander = lab.enq(f"mem 100; gate {lab.path('go')}")
        lab.wait_begun(bystander)
        for kind in ("greedy", "warm"):
            with self.subTest(kind):
                task = lab.enq("mem 300; sleep 60000", kind)
                found = self.assert_state(lab, task, "failed")
                self.assertEqual(("oom_killed", 9, True), (found["error"]["code"], found["error"]["signal"], found["error"].get("oom")))
                self.assert_outcomes(lab, task, "oom_killed")
                self.assert_state(lab, lab.enq("mem 5; result 1", kind), "succeeded")
        lab.open_gate("go")
        self.assert_state(lab, bystander, "succeeded")

    def test_a_fork_bomb_ends_within_timeout_and_grace(self):
        lab = self.greedy_lab(limits={"processes": 24}, timeout="1s", stop_grace="500ms")
        self.needs(lab, "process limit")
        bystander = lab.enq(f"gate {lab.path('go')}")
        lab.wait_begun(bystander)
        for kind in ("greedy", "warm"):
            with self.subTest(kind):
                task = lab.enq("forkbomb", kind)
                wait_until(lambda: len(processes.marked("LAB_ID", lab.id)) > 10, 30, "the bomb is going off")
                self.assertLessEqual(len(processes.marked("LAB_ID", lab.id)), 24 + 2, "the limit, the bystander and an idle worker")
                self.assert_state(lab, task, "failed")
                self.assert_outcomes(lab, task, "timed_out")
                self.assertLess(seconds(lab.attempts(task)[0]), 6, "2.5 s, and room for a busy machine")
                self.assert_nothing_of(lab, kind, bystander)
                self.assert_state(lab, lab.enq("result 1", kind), "succeeded")
        lab.open_gate("go")
        self.assert_state(lab, bystander, "succeeded")

    def assert_nothing_of(self, lab, kind, bystander):
        """Of all that was started only the bystander and warm workers are there when the outcome is."""
        body, = lab.begun(bystander)
        left = {pid for pid, _ in processes.marked("LAB_ID", lab.id)} - {body.pid} - lab.warm_pids()
        self.assertEqual(set(), left, kind)


if __name__ == "__main__":
    unittest.main()
