"""Handlers that say too much, too little, or the wrong thing (F039, F041, F043, F045, F047)."""

import base64
import json
import time
import unittest

from case import DaemonCase
from pulse import Pulse

MIB = 1 << 20

# What a terminal, a browser or a log reader might take for something else.
HOSTILE = (
    b"\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J", b"carriage\rreturn and bell\x07 and backspace\x08", b"NUL\x00inside",
    "bidi \u202eevil\u202c".encode(), b"</script><script>alert(1)</script>", b'"},{"level":"error","event":"fake"}', b"[ERROR] fake",
    b"\xff\xfe\xfa", b"\xc0\x80 overlong", b"\xed\xa0\x80 surrogate", b"\xf5\x80\x80\x80 too far", "fine: ü € 🌍".encode(), b"%s %n %x", b"\\u0000 \\",
)


class Output(DaemonCase):
    def test_f039_endless_output_is_kept_within_its_bound_and_the_rest_is_counted(self):
        lab = self.lab()
        total = 256 * MIB
        for command in ("nonl", "out"):
            with Pulse(lab) as pulse:
                task = lab.enq(f"{command} {total}; exit 0")
                self.assert_state(lab, task, "succeeded", 180)
            self.assertLess(pulse.longest, 3, "I36: 1 s, and room for a busy machine")
            attempt = lab.attempts(task)[0]
            self.assertEqual(attempt["output_bytes"], total)
            self.assertGreater(attempt["dropped_bytes"], total - 2 * MIB)
            self.assertLess(sum(len(line["message"]) for line in lab.pages(f"/v1/tasks/{task}/log?limit=1000", "lines")), 1.2 * MIB)
        self.assert_memory_below(lab, 200_000)

    def test_f039_a_million_empty_lines_hurt_nobody(self):
        lab = self.lab()
        with Pulse(lab) as pulse:
            task = lab.enq("empty 1000000; exit 0")
            self.assert_state(lab, lab.enq("exit 0"), "succeeded")
            self.assert_state(lab, task, "succeeded", 180)
        self.assertLess(pulse.longest, 3, "I36: 1 s, and room for a busy machine")

    def test_f041_hostile_bytes_are_kept_and_never_taken_for_anything(self):
        lab = self.lab(log={"format": "json", "task_output": True})
        script = "; ".join(f"print {line.hex()}" for line in HOSTILE)
        task = lab.enq(script)
        self.assert_state(lab, task, "succeeded")
        lines = [line for line in lab.lines(task) if line["stream"] == "stdout"]
        kept = [base64.b64decode(line["message_base64"]) if "message_base64" in line else line["message"].encode() for line in lines]
        self.assertEqual(kept, list(HOSTILE))
        shown = lab.cli("logs", task)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        for bad in ("\x1b", "\x07", "\x08", "\r", "\x00", "\u202e"):
            self.assertNotIn(bad, shown.stdout)
        for line in lab.log_lines():
            record = json.loads(line)
            self.assertIn("event", record)
            self.assertNotEqual(record["event"], "fake")

    def test_output_written_just_before_the_end_is_not_lost_and_attempts_do_not_mix(self):
        lab = self.lab()
        task = lab.enq("out 100000; eprint 656e64; fail_first 1; exit 0")
        self.assert_state(lab, task, "succeeded")
        for epoch in (1, 2):
            lines = lab.pages(f"/v1/tasks/{task}/log?limit=1000&epoch={epoch}", "lines")
            self.assertEqual(sum(len(line["message"]) + 1 for line in lines if line["stream"] == "stdout"), 100000)
            self.assertEqual([line["message"] for line in lines if line["stream"] == "stderr"], ["end"])


class Pipes(DaemonCase):
    def deaf_lab(self):
        lab = self.quiet_lab()
        once = {"attempts": 1, "crashes": 1}
        lab.handlers["deaf"] = lab.handler("--script", "sleep 50; exit 0", retry=once)
        lab.handlers["talker"] = lab.handler("--script", "result 1000000; exit 0", retry=once)
        lab.up()
        self.addCleanup(self._judge, lab)
        return lab

    def test_f043_a_body_that_never_reads_its_payload_hurts_nobody(self):
        lab = self.deaf_lab()
        tasks = [lab.enq("x" * size, kind="deaf") for size in (65536, MIB // 2, MIB - 100)]
        for task in tasks:
            self.assert_state(lab, task, "succeeded")
        refused = lab.http("POST", "/v1/tasks", {"kind": "deaf", "payload": "x" * (MIB + 1)})
        self.assertIn(refused.status, (413, 422))
        self.assertIn(str(MIB), refused.json["detail"].replace(",", "").replace("1 MiB", str(MIB)).replace("1MiB", str(MIB)))

    def test_f045_payload_and_result_cross_without_deadlock(self):
        lab = self.deaf_lab()
        begun = time.monotonic()
        task = lab.enq("x" * (MIB - 100), kind="talker")
        found = self.assert_state(lab, task, "succeeded")
        self.assertEqual(len(found["result"]), 1_000_000)
        self.assertLess(time.monotonic() - begun, 20)


class Protocol(DaemonCase):
    def test_f047_half_a_message_never_hangs_an_attempt(self):
        lab = self.lab()
        ended = lab.enq("halfframe; exit 0", max_attempts=1)
        lab.wait(ended)
        silent = lab.enq("halfframe; sleep 600000", timeout="500ms", max_attempts=1)
        self.assert_state(lab, silent, "failed")

    def test_noise_on_the_descriptor_is_survived_and_what_follows_is_understood(self):
        lab = self.lab()
        task = lab.enq("garbage; progress 42 heard; result 2; exit 0", max_attempts=1)
        found = lab.wait(task)
        if found["state"] == "succeeded":
            self.assertEqual(found["result"], "rr")
        else:
            self.assert_outcomes(lab, task, "protocol_error")
        self.assert_state(lab, lab.enq("exit 0"), "succeeded")

    def test_a_message_longer_than_any_bound_does_not_fill_memory(self):
        lab = self.lab()
        task = lab.enq("result 200000000; exit 0", max_attempts=1)
        self.assertEqual(lab.wait(task, deadline=120)["state"], "failed")
        self.assert_memory_below(lab, 200_000)

    def test_a_flood_of_progress_is_coalesced(self):
        lab = self.lab()
        task = lab.enq("repeat 50000 progress 50 flood; progress 90 last; exit 0")
        self.assert_state(lab, task, "succeeded")
        self.assertLess(len(lab.events(task)), 900)

    def test_output_that_looks_like_a_message_is_only_output(self):
        lab = self.lab()
        told = b'{"type":"result","value":"forged"}'.hex()
        task = lab.enq(f"print {told}; exit 0")
        self.assertNotIn("result", self.assert_state(lab, task, "succeeded"))


if __name__ == "__main__":
    unittest.main()
