#!/usr/bin/env python3
"""Bodies that nobody can kill: what people are told about them, and that they take no more places than there are threads."""
import os
import subprocess
import unittest

from case import DaemonCase
from waiting import wait_until

SDK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../sdk/plugin")
DEAF = """
#include <reeve_plugin.h>
#include <unistd.h>
static int run(const reeve_context_v1* reeve) {
  (void)reeve;
  while (access(GATE, F_OK) != 0) usleep(2000);   /* whatever it is told */
  return 0;
}
static const reeve_plugin_v1_description description = {.abi = REEVE_PLUGIN_ABI, .size = sizeof(reeve_plugin_v1_description), .run = run};
const reeve_plugin_v1_description* reeve_plugin_v1(void) { return &description; }
"""


class Cooperative(DaemonCase):
    def deaf_lab(self, threads):
        """Its plugin ends when the gate is open and not before. Judged by hand: a stop that is not heard is no fault here."""
        lab = self.quiet_lab(supervisor={"concurrency": 8, "threads": threads, "drain_timeout": "1s"})
        plugin = lab.path("deaf.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-I", SDK, f'-DGATE="{lab.path("go")}"', "-x", "c", "-", "-o", plugin], input=DEAF, text=True, check=True)
        os.chmod(plugin, 0o755)
        lab.handlers = {"deaf": {"executor": "thread", "plugin": plugin, "timeout": "2m", "stop_grace": "7s"}, "noop": {"executor": "inline", "builtin": "noop"},
                        "true": {"command": ["/bin/true"]}}
        self.addCleanup(lab.open_gate, "go")
        return lab.up()

    def test_people_are_told_that_a_body_can_only_be_asked(self):
        lab = self.deaf_lab(threads=1)
        kinds = {kind["kind"]: kind for kind in lab.ok("GET", "/v1/kinds")["kinds"]}
        self.assertEqual(("cooperative", "cooperative", "kill"), tuple(kinds[kind]["stops"] for kind in ("deaf", "noop", "true")))
        self.assertEqual({"kills": False, "captures_output": False, "isolates_crashes": False, "speaks_protocol": False}, kinds["deaf"]["capabilities"])
        self.assertTrue(all(kinds["true"]["capabilities"].values()))
        checked = lab.cli("check", lab.yaml).stdout
        self.assertIn("its timeout of 2m and stop_grace of 7s can only be asked for: the executor thread cannot kill", checked)
        task = lab.enq("", kind="deaf")
        lab.wait(task, "running")
        lab.cancel(task)
        wait_until(lambda: "stopping: cancel, cooperative" in lab.cli("status").stdout, 20, "status says how it stops")
        self.assertRegex(lab.cli("show", task).stdout, r"(?m)^executor +thread, cooperative: it can only be asked to stop$")
        lab.open_gate("go")
        lab.wait(task)

    def test_no_more_are_claimed_than_there_are_threads(self):
        lab = self.deaf_lab(threads=2)
        lab.bulk([""] * 6, kind="deaf")
        wait_until(lambda: len(lab.ok("GET", "/v1/status")["running"]) >= 2, 20, "both threads have one")
        for _ in range(20):   # each of these is a reason to claim again
            lab.wait(lab.enq("", kind="noop"))
        self.assertEqual(2, len([one for one in lab.ok("GET", "/v1/status")["running"] if one["kind"] == "deaf"]))
        lab.open_gate("go")
        lab.idle()


if __name__ == "__main__":
    unittest.main()
