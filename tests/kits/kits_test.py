#!/usr/bin/env python3
"""Every kit against reeve's end of the channel: as a process and as a warm worker, one suite for all.

The programs do the same in each language (plain_handlers.py says what). REEVE_KIT names the kit: python, asyncio, node or cpp; REEVE_KIT_CPP the
compiled program.
"""

import json
import math
import os
import shutil
import signal
import socket
import sys
import tempfile
import unittest

from peer import Page, Peer

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../sdk/python"))

from reeve.channel import Channel  # noqa: E402
from reeve.conversation import Conversation  # noqa: E402

KIT = os.environ.get("REEVE_KIT", "python")
NODE = shutil.which("node") or shutil.which("nodejs") or ""
COMMANDS = {
    "python": [sys.executable, "-B", os.path.join(HERE, "plain_handlers.py")],
    "asyncio": [sys.executable, "-B", os.path.join(HERE, "async_handlers.py")],
    "node": [NODE, os.path.join(HERE, "handlers.mjs")],
    "cpp": [os.environ.get("REEVE_KIT_CPP", "")],
}
MANY_AT_ONCE = KIT in ("asyncio", "node")
PROCESS_PAGE = KIT != "node"
WORKER_PAGE = KIT in ("python", "cpp")
SKIPPED = 77


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


class KitCase(unittest.TestCase):
    def process(self, kind, payload=None, **options):
        peer = Peer(COMMANDS[KIT], payload, kind=kind, **options)
        self.addCleanup(peer.__exit__)
        return peer

    def worker(self, ready=True, **options):
        peer = Peer(COMMANDS[KIT], worker=True, **options)
        self.addCleanup(peer.__exit__)
        if ready:
            peer.expect("ready")
        return peer

    def page(self):
        folder = tempfile.mkdtemp(prefix="reeve-page-")
        self.addCleanup(shutil.rmtree, folder)
        page = Page(folder)
        self.addCleanup(page.close)
        return page

    def both(self, kind, payload=None):
        """The same handler as a process and as a worker, each with its peer, at its first line."""
        yield self.process(kind, payload)
        worker = self.worker()
        worker.give(7, payload, kind=kind, epoch=3)
        yield worker


class Ends(KitCase):
    def test_a_result_is_the_value_that_was_returned(self):
        payload = {"a": [1, 2.5, None, True], "text": "gr\u00fc\u00df \U0001f600 \"\\\n", "deep": [[[{}]]]}
        for peer in self.both("echo", payload):
            peer.expect("result", value=payload)

    def test_a_process_exits_0_after_its_result(self):
        peer = self.process("echo", 1)
        peer.expect("result", value=1)
        self.assertIsNone(peer.hear())
        self.assertEqual(0, peer.ended())

    def test_a_handler_knows_its_task(self):
        for peer, token in zip(self.both("about"), ("t0", "t7")):
            value = peer.expect("result")["value"]
            self.assertEqual((7, "about", 5, "default", {"team": "a"}, token),
                             (value["id"], value["kind"], value["max_attempts"], value["queue"], value["labels"], value["token"]))

    def test_an_exception_is_an_error(self):
        for peer in self.both("fail"):
            error = peer.expect("error", message="boom")
            self.assertTrue(error["code"])
            self.assertNotIn("retry", error)

    def test_a_process_that_failed_does_not_exit_0(self):
        peer = self.process("fail")
        peer.expect("error")
        self.assertNotEqual(0, peer.ended())

    def test_a_reject_a_retry_and_a_snooze(self):
        for peer in self.both("reject"):
            peer.expect("reject", code="bad_input", message="no", detail={"field": "x"})
        for peer in self.both("retry"):
            peer.expect("error", code="http_503", message="busy", retry_at=1234500)
        for peer in self.both("snooze"):
            peer.expect("snooze", for_ms=1500)

    def test_a_result_that_is_not_json_is_an_error(self):
        for peer in self.both("bad_result"):
            peer.expect("error", code="bad_result")

    def test_a_kind_without_a_handler_is_an_error(self):
        for peer in self.both("nothing.of.this"):
            self.assertIn("nothing.of.this", peer.expect("error", code="no_handler")["message"])


class Steps(KitCase):
    def test_a_step_is_begun_done_and_told(self):
        for peer in self.both("steps"):
            peer.asked("step.begin", {"name": "one", "input": {"of": "one"}}, done=False)
            peer.asked("step.end", {"name": "one", "output": {"n": 1}})
            peer.asked("step.begin", {"name": "two"}, done=False)
            peer.asked("step.end", {"name": "two", "output": 2})
            peer.expect("result", value=[{"n": 1}, 2])

    def test_a_step_that_is_done_gives_its_output(self):
        for peer in self.both("steps"):
            peer.asked("step.begin", {"name": "one"}, done=True, output={"n": 41})
            peer.asked("step.begin", {"name": "two"}, done=False)
            peer.asked("step.end", {"output": 42})
            peer.expect("result", value=[{"n": 41}, 42])

    def test_a_step_that_fails_is_told_and_fails_the_attempt(self):
        for peer in self.both("bad_step"):
            peer.asked("step.begin", done=False)
            error = peer.asked("step.end", {"name": "bad"})["error"]
            self.assertTrue(error["code"])
            peer.expect("error", code=error["code"])

    @unittest.skipUnless(KIT == "node", "errors of other languages have no numbers for codes")
    def test_a_code_that_is_a_number_is_told_as_text(self):
        worker = self.worker()
        worker.give(1, None, kind="numbered_step")
        worker.asked("step.begin")
        self.assertEqual({"code": "20", "message": "aborted"}, worker.asked("step.end")["error"])
        worker.expect("error", code="20")

    def test_a_cancel_in_the_answer_stops_before_the_work(self):
        for peer in self.both("steps"):
            peer.asked("step.begin", {"name": "one"}, done=False, cancel=True)
            peer.expect("step.end", name="one", error={"code": "cancelled", "message": "cancel"})
            peer.expect("error", code="cancelled")

    def test_a_lost_lease_stops(self):
        for peer in self.both("steps"):
            peer.refuse(peer.expect("step.begin"), "lease_lost")
            self.assertIn("lease_lost", peer.expect("error", code="cancelled")["message"])


class Waits(KitCase):
    def test_a_wait_that_is_not_over_suspends(self):
        for peer in self.both("nap"):
            peer.asked("sleep", {"for_ms": 3600000, "name": "nap"}, suspend=True)
            peer.expect("suspend")

    def test_a_process_that_suspends_exits_0(self):
        peer = self.process("nap")
        peer.asked("sleep", suspend=True)
        peer.expect("suspend")
        self.assertEqual(0, peer.ended())

    def test_a_wait_that_is_over_goes_on(self):
        for peer in self.both("nap"):
            peer.asked("sleep", slept=True)
            peer.expect("result", value="rested")

    def test_a_signal_comes_with_its_payload_or_not_at_all(self):
        sent = {"id": 1, "type": "approved", "payload": {"by": "ann"}, "sent_at": "2026-01-01T00:00:00.000Z"}
        for peer in self.both("approval"):
            peer.asked("signal.wait", {"signal": "approved", "timeout_ms": 60000}, signal=sent)
            peer.expect("result", value={"by": "ann"})
        for peer in self.both("approval"):
            peer.asked("signal.wait", timeout=True)
            self.assertIsNone(peer.expect("result")["value"])

    def test_everything_else_that_can_be_asked(self):
        for peer in self.both("ask"):
            peer.asked("enqueue", {"enqueue": {"kind": "other", "payload": {"n": 1}, "priority": 3}, "name": "first"}, task=12, disposition="created")
            peer.asked("enqueue", {"enqueue": {"kind": "other"}, "staged": True}, staged=True)
            peer.asked("wait_tasks", {"tasks": [12], "mode": "any", "timeout_ms": 2000}, tasks=[{"id": 12, "status": "succeeded"}])
            peer.asked("signal.take", {"signal": "x"}, signal=None)
            peer.asked("timer", {"name": "t", "after_ms": 1000}, timer="set")
            peer.asked("timer", {"name": "t", "cancel": True}, timer="cancelled")
            peer.asked("get", {"of": 12}, task={"id": 12, "status": "succeeded"})
            peer.expect("result", value={"child": 12, "done": [{"id": 12, "status": "succeeded"}], "taken": None, "timer": "set",
                                         "gone": "cancelled", "other": "succeeded"})

    def test_a_refusal_has_its_code(self):
        for peer in self.both("refused"):
            peer.refuse(peer.expect("enqueue"), "unknown_kind", "no handler")
            peer.expect("result", value="unknown_kind")


class Telling(KitCase):
    def test_progress_log_and_beat_are_messages_without_a_page(self):
        for peer in self.both("tell"):
            peer.expect("progress", percent=40, label="half \u00e9")
            peer.expect("progress", current=1, total=2.5)
            peer.expect("log", level="warn", message="hello\n\"there\"", meta={"size": 12})
            self.assertNotIn("id", peer.expect("beat"))
            peer.asked("sleep", slept=True)
            peer.expect("result", value="told")

    def told_on_the_page(self, peer, page):
        peer.expect("log")
        wait = peer.expect("sleep")
        sequence, percent, current, total, label = page.progress()
        self.assertEqual(0, sequence % 2)
        self.assertEqual(((1 << 64) - 1, 1.0, 2.5, ""), (percent, current, total, label))
        self.assertGreaterEqual(page.beats(), 3)
        peer.answer(wait, slept=True)
        peer.expect("progress", current=1, total=2.5)      # once more, since pages are not looked at all the time
        peer.expect("result", value="told")

    @unittest.skipUnless(PROCESS_PAGE, "this kit does not write pages")
    def test_a_process_writes_its_page(self):
        page = self.page()
        self.told_on_the_page(self.process("tell", page=page.path), page)

    @unittest.skipUnless(WORKER_PAGE, "a worker of this kit does not write pages")
    def test_a_worker_writes_its_page_and_leaves_it_clean_for_the_next_task(self):
        page = self.page()
        peer = self.worker(page=page.path)
        for task in (1, 2):
            peer.give(task, None, kind="tell")
            self.told_on_the_page(peer, page)
            _, percent, current, total, _ = page.progress()
            self.assertEqual(((1 << 64) - 1, True, True), (percent, math.isnan(current), math.isnan(total)))

    @unittest.skipUnless(WORKER_PAGE, "a worker of this kit does not write pages")
    def test_a_cancel_on_the_page_is_seen(self):
        page = self.page()
        peer = self.worker(page=page.path)
        peer.give(1, None, kind="until_cancelled")
        wait = peer.expect("sleep")
        peer.answer(wait, slept=True)
        page.cancel(2)
        told = peer.hear()
        if told["type"] == "progress":                     # where the loop stood, when it ran at all
            told = peer.hear()
        self.assertEqual(("error", "cancelled", True), (told["type"], told["code"], "timeout" in told["message"]))

    def test_a_page_that_is_none_is_left_alone(self):
        page = self.page()
        with open(page.path, "wb") as file:
            file.write(b"short")
        peer = self.process("tell", page=page.path)
        peer.expect("progress", percent=40)
        with open(page.path, "rb") as file:
            self.assertEqual(b"short", file.read())


class Stopping(KitCase):
    def test_a_cancel_message_stops_the_handler(self):
        for peer in self.both("until_cancelled"):
            wait = peer.expect("sleep")
            peer.say({"type": "cancel", "task": 7, "epoch": 3, "reason": "timeout", "grace_ms": 1000})
            peer.answer(wait, slept=True)
            told = peer.hear()
            while told["type"] == "progress":
                told = peer.hear()
            self.assertEqual(("error", "cancelled", True), (told["type"], told["code"], "timeout" in told["message"]))

    def test_sigterm_stops_a_process_which_can_still_say_so(self):
        peer = self.process("until_cancelled")
        peer.expect("sleep")                               # the answer does not come
        peer.process.send_signal(signal.SIGTERM)
        told = peer.hear()
        self.assertEqual(("error", "cancelled"), (told["type"], told["code"]))
        self.assertNotEqual(0, peer.ended())

    def test_a_cancel_that_comes_together_with_its_task_is_answered(self):
        worker = self.worker()
        worker.say({"type": "task", "task": 9, "epoch": 2, "attempt": 1, "max_attempts": 5, "kind": "until_cancelled", "queue": "default", "labels": {},
                    "payload": None}, {"type": "cancel", "task": 9, "epoch": 2, "reason": "timeout", "grace_ms": 1000})
        message = worker.hear()
        while message is not None and message["type"] in ("sleep", "progress"):
            message = worker.hear()
        self.assertEqual(("error", "cancelled", 9), (message["type"], message["code"], message["task"]))
        worker.give(10, "next")
        worker.expect("result", task=10, value="next")

    def test_a_cancel_for_another_attempt_means_nothing(self):
        peer = self.worker()
        peer.give(1, None, kind="nap", epoch=9)
        wait = peer.expect("sleep")
        peer.say({"type": "cancel", "task": 1, "epoch": 8, "reason": "cancel"})
        peer.answer(wait, slept=True)
        peer.expect("result", value="rested")

    def test_shutdown_and_sigterm_end_an_idle_worker(self):
        peer = self.worker()
        peer.say({"type": "shutdown", "grace_ms": 1000})
        self.assertEqual(0, peer.ended())
        peer = self.worker()
        peer.process.send_signal(signal.SIGTERM)
        self.assertEqual(0, peer.ended())

    def test_shutdown_and_sigterm_let_a_task_finish(self):
        for stop in ("shutdown", "signal"):
            peer = self.worker()
            peer.give(1, None, kind="nap")
            wait = peer.expect("sleep")
            if stop == "shutdown":
                peer.say({"type": "shutdown", "grace_ms": 1000})
            else:
                peer.process.send_signal(signal.SIGTERM)
            peer.answer(wait, slept=True)
            peer.expect("result", value="rested")
            self.assertEqual(0, peer.ended())

    @unittest.skipUnless(KIT == "python", "the other kits have no bell that other signals ring")
    def test_signals_of_the_handlers_own_do_not_end_a_worker(self):
        worker = self.worker()
        worker.give(1, None, kind="rings")
        worker.expect("result", value="rung")
        worker.give(2, "still here")
        worker.expect("result", value="still here")
        os.kill(worker.process.pid, signal.SIGUSR1)   # while it is idle
        worker.give(3, "and now")
        worker.expect("result", value="and now")
        os.kill(worker.process.pid, signal.SIGTERM)
        self.assertEqual(0, worker.ended())

    @unittest.skipUnless(KIT == "python", "looks into the kit for plain Python")
    def test_a_cancel_that_comes_too_late_is_not_remembered(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            talk = Conversation(Channel(theirs))
            ours.sendall(b'{"type":"cancel","task":1,"epoch":1,"reason":"cancel"}\n' * 3 + b'{"type":"task","task":2,"epoch":1}\n'
                         b'{"type":"cancel","task":2,"epoch":1,"reason":"timeout"}\n')
            talk.look()
        self.assertEqual({(2, 1): "timeout"}, talk.stopped)

    def test_cancels_that_come_too_late_cost_no_memory(self):
        worker = self.worker()
        worker.give(1, "first")
        worker.expect("result", value="first")
        late = b"".join(b'{"type":"cancel","task":%d,"epoch":1,"reason":"cancel"}\n' % task for task in range(100, 400))
        for turn in (1, 2):
            grown = -resident_kib(worker.process.pid)
            for block in range(300):
                worker.say_bytes(late.replace(b'"task":', b'"task":%d' % (turn * 1000 + block)))
            worker.give(2, "second")
            worker.expect("result", value="second")
            grown += resident_kib(worker.process.pid)   # the second time: what the first took for buffers is there already
        self.assertLess(grown, 4096)

    def test_a_worker_ends_when_reeve_is_gone(self):
        peer = self.worker()
        peer.socket.shutdown(2)
        self.assertEqual(0, peer.ended())

    def test_a_process_that_asks_when_reeve_is_gone_ends(self):
        peer = self.process("nap")
        peer.expect("sleep")
        peer.socket.shutdown(2)
        self.assertNotEqual(0, peer.ended())


class Warm(KitCase):
    def test_task_after_task_each_with_its_address(self):
        peer = self.worker()
        for task in range(1, 50):
            peer.give(task, {"n": task}, epoch=task + 1)
            peer.expect("result", task=task, epoch=task + 1, value={"n": task})

    def test_a_failure_does_not_end_the_worker(self):
        peer = self.worker()
        for kind in ("fail", "reject", "snooze", "bad.kind", "echo"):
            peer.give(1, "x", kind=kind)
            last = peer.hear()
        self.assertEqual(("result", "x"), (last["type"], last["value"]))

    def test_a_task_that_suspends_leaves_the_worker_for_the_next(self):
        peer = self.worker()
        peer.give(1, None, kind="nap")
        peer.asked("sleep", {"task": 1, "epoch": 1}, suspend=True)
        peer.expect("suspend", task=1, epoch=1)
        peer.give(2, 5)
        peer.expect("result", task=2, value=5)

    def test_tasks_that_come_in_one_piece_and_in_many(self):
        peer = self.worker()
        line = b'{"type":"task","task":%d,"epoch":1,"kind":"echo","payload":"\xc3\xa9%d"}\n'
        peer.say_bytes(b"".join(line % (task, task) for task in range(1, 21)))
        self.assertEqual({(task, f"\u00e9{task}") for task in range(1, 21)}, {(m["task"], m["value"]) for m in (peer.expect("result") for _ in range(20))})
        for byte in line % (30, 30):
            peer.say_bytes(bytes([byte]))
        peer.expect("result", task=30, value="\u00e930")

    def test_a_large_payload_comes_back_whole(self):
        peer = self.worker()
        payload = ["x" * 1000] * 900
        peer.give(1, payload)
        peer.expect("result", value=payload)

    def test_lines_that_make_no_sense_are_left_alone(self):
        peer = self.worker()
        peer.say_bytes(b'no json\n\n[1,2]\n"text"\n{"type":"strange","x":{"y":[]}}\n{"re":99,"ok":true}\n{"re":"x"}\n{"type":5}\n\xff\xfe\n{"a":\n')
        peer.give(1, "still here")
        peer.expect("result", value="still here")

    @unittest.skipIf(KIT == "cpp", "bytes are what they are there")
    def test_half_a_surrogate_pair_does_not_spoil_a_line(self):
        peer = self.worker()
        peer.say_bytes(b'{"type":"task","task":1,"epoch":1,"kind":"echo","payload":["\\ud800","\\\\ud800"]}\n')
        broken, backslash = peer.expect("result", task=1)["value"]
        self.assertIn(broken, ("?", "\ufffd"))
        self.assertEqual("\\ud800", backslash)

    def test_members_that_are_unknown_or_escaped_are_no_hindrance(self):
        peer = self.worker()
        peer.say_bytes(b'{"later":{"type":"shutdown","s":"}\\"{"},"payload": {"a" : "\\u00e9\\ud83d\\ude00\\/", "n":1e3 } ,"kind":"\\u0065cho","epoch":1,"task":1,"type":"task"}\n')
        self.assertEqual({"a": "\u00e9\U0001f600/", "n": 1000}, peer.expect("result", task=1)["value"])

    def test_what_is_printed_is_no_message_and_a_child_has_no_channel(self):
        for peer in self.both("noise"):
            peer.expect("result", value={"child_could_speak": False, "fd_in_environment": False})
            self.assertIn('"printed"', peer.printed(peer.stdout))

    @unittest.skipUnless(MANY_AT_ONCE, "this kit has one task at a time")
    def test_several_tasks_at_once_are_not_mixed_up(self):
        peer = self.worker()
        waits = {}
        for task in range(1, 6):
            peer.give(task, None, kind="approval", epoch=task * 10)
        for _ in range(5):
            message = peer.expect("signal.wait")
            waits[message["task"]] = message
            self.assertEqual(message["task"] * 10, message["epoch"])
        for task in (3, 1, 5):
            peer.answer(waits[task], signal={"id": 1, "type": "approved", "payload": task * 100})
            peer.expect("result", task=task, value=task * 100)
        peer.answer(waits[2], suspend=True)
        peer.expect("suspend", task=2, epoch=20)
        peer.say({"type": "cancel", "task": 4, "epoch": 40, "reason": "cancel"})
        peer.expect("error", task=4, epoch=40, code="cancelled")
        peer.say({"type": "shutdown"})
        self.assertEqual(0, peer.ended())


if __name__ == "__main__":
    if not COMMANDS[KIT][0]:
        print(f"{KIT}: the program that it needs is not installed", file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main()
