"""Live streams: a client that follows by cursor sees every event once, in order, whatever happens to it or to the daemon."""

import threading
import unittest

import wire
from case import DaemonCase
from waiting import wait_until


class Follower(threading.Thread):
    """Follows the event stream, is cut off now and then, and resumes with the last id it saw."""

    def __init__(self, lab, cut_every):
        super().__init__(daemon=True)
        self.lab, self.cut_every = lab, cut_every
        self.seen, self.resets, self.stopped, self.connections = [], 0, threading.Event(), 0

    def run(self):
        while not self.stopped.is_set():
            try:
                self._follow()
            except (wire.Unreachable, ConnectionError, ValueError, IndexError):
                self.stopped.wait(0.02)

    def _follow(self):
        last = self.seen[-1] if self.seen else 0
        with wire.Connection(self.lab.socket, 2) as connection:
            self.connections += 1
            headers = {"Last-Event-ID": str(last)} if last else {}
            for count, (ident, event, _) in enumerate(connection.messages("/v1/events/stream?since=0", headers)):
                self.resets += event == "reset"
                if ident and event == "event":
                    self.seen.append(int(ident))
                if event == "shutdown" or count >= self.cut_every or self.stopped.is_set():
                    return


class Streams(DaemonCase):
    def test_a_resumed_stream_has_no_gap_and_no_duplicate_over_kills_and_stops(self):
        lab = self.lab()
        follower = Follower(lab, cut_every=37)
        follower.start()
        for turn in range(6):
            lab.bulk([f"note {turn} {n}; sleep 5" for n in range(20)])
            wait_until(lambda: len(lab.bodies()) > turn * 15, 60, "some of it has begun")
            if turn % 2:
                lab.term()
                lab.up()
            else:
                lab.restart()
        lab.idle()
        expected = [event["seq"] for event in lab.export()[1]]
        wait_until(lambda: len(follower.seen) >= len(expected), 60, "the follower has caught up")
        follower.stopped.set()
        follower.join(30)
        self.assertEqual(follower.seen, expected)
        self.assertEqual(follower.resets, 0)
        self.assertGreater(follower.connections, 6)

    def test_the_stream_of_a_task_begins_with_where_it_is_and_ends_with_its_end_case_200(self):
        lab = self.lab()
        task = lab.enq(f"print {b'first'.hex()}; gate {lab.path('go')}; progress 50 half; print {b'second'.hex()}")
        wait_until(lambda: len(lab.lines(task)) == 1, 30, "the first line is stored")
        told = []
        with wire.Connection(lab.socket, 30) as connection:
            for ident, event, data in connection.messages(f"/v1/tasks/{task}/stream"):
                told.append((ident, event, data))
                if len(told) == 1:
                    lab.open_gate("go")
        self.assertEqual((told[0][0], told[0][1]), ("", "bootstrap"))
        self.assertIn("first", told[0][2])
        self.assertEqual(told[-1][1], "end")
        self.assertEqual(sum("second" in data for _, event, data in told if event == "log"), 1)
        self.assertTrue(any("task.succeeded" in data for _, event, data in told if event == "event"))

    def test_a_stream_of_nobody_is_refused(self):
        lab = self.lab()
        self.assertEqual(lab.http("GET", "/v1/tasks/4711/stream").status, 404)
        self.assertEqual(lab.http("GET", "/v1/events/stream?since=garbage").status, 400)

    def test_a_reader_that_never_reads_holds_up_nobody(self):
        lab = self.lab()
        with wire.Connection(lab.socket, 30) as lazy:
            lazy.send(wire.compose("GET", "/v1/events/stream?since=0"))
            lab.bulk([f"note {n}" for n in range(3000)], kind="noop")
            lab.idle()
            self.assertEqual(lab.http("GET", "/healthz").status, 200)


if __name__ == "__main__":
    unittest.main()
