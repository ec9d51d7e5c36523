"""Requests that no decent client sends: each is answered or cut off, and the next one is served."""

import json
import unittest

import wire
from case import DaemonCase

MALFORMED = {
    "no method": b"\r\n\r\n\r\n",
    "noise": bytes(range(256)) * 4 + b"\r\n\r\n",
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n",
    "an endless header": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    "a negative length": b"POST /v1/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST /v1/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "a huge length": b"POST /v1/tasks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n",
    "a broken chunk": b"POST /v1/tasks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "NUL in the path": b"GET /v1/tasks/\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
}

WRONG_BODIES = {
    "not JSON": b"{", "an array": b"[]", "nothing": b"", "deep": b'{"kind":"chaos","payload":' + b"[" * 100_000,
    "duplicate keys": b'{"kind":"chaos","kind":"noop"}', "unknown member": b'{"kind":"chaos","colour":"red"}', "wrong type": b'{"kind":5}',
    "bad UTF-8": b'{"kind":"chaos","payload":"\xff"}', "not a number": b'{"kind":"chaos","priority":NaN}', "a priority too far": b'{"kind":"chaos","priority":10}',
    "a name with a path": b'{"kind":"../../etc/passwd"}', "a name with NUL": b'{"kind":"a\\u0000b"}', "a bad duration": b'{"kind":"chaos","delay":"5x"}',
    "a bad time": b'{"kind":"chaos","run_at":"tomorrow"}', "SQL": b'{"kind":"chaos\'; DROP TABLE reeve_tasks; --"}',
}


class Hostile(DaemonCase):
    def test_malformed_requests_are_refused_and_the_next_client_is_served(self):
        lab = self.lab()
        for name, data in MALFORMED.items():
            with self.subTest(name):
                with wire.Connection(lab.socket, 30) as connection:
                    try:
                        connection.send(data)
                        self.assertGreaterEqual(connection.answer().status, 400)
                    except (wire.Unreachable, ValueError, IndexError):
                        pass  # cut off without an answer is fair too
                self.assertEqual(lab.http("GET", "/healthz").status, 200)

    def test_wrong_bodies_are_refused_with_a_problem_and_store_nothing(self):
        lab = self.lab()
        for name, body in WRONG_BODIES.items():
            with self.subTest(name):
                answer = lab.http("POST", "/v1/tasks", body)
                self.assertIn(answer.status, (400, 404, 413, 422), answer)
                self.assertEqual(answer.headers["content-type"], "application/problem+json")
                problem = json.loads(answer.body.decode("utf-8"))
                self.assertTrue(problem["code"] and problem["detail"], problem)
        self.assertEqual(lab.export()[0], {})

    def test_wrong_routes_methods_and_types_have_their_own_answers(self):
        lab = self.lab()
        self.assertEqual(lab.http("GET", "/v1/nothing").status, 404)
        self.assertEqual(lab.http("PUT", "/v1/tasks").status, 405)
        self.assertEqual(lab.http("POST", "/v1/tasks", b"kind=chaos", {"Content-Type": "application/x-www-form-urlencoded"}).status, 415)
        self.assertEqual(lab.http("GET", "/v1/tasks/99").status, 404)
        for path in ("/v1/tasks?limit=0", "/v1/tasks?limit=1000000000", "/v1/tasks?state=asleep", "/v1/tasks?id=9-", "/v1/events?after=x"):
            self.assertEqual(lab.http("GET", path).status, 400, path)
        for path in ("/v1/tasks/abc", "/v1/tasks/-1", "/v1/tasks/99999999999999999999999"):
            self.assertIn(lab.http("GET", path).status, (400, 404), path)

    def test_a_body_over_the_limit_is_refused_without_being_kept(self):
        lab = self.lab()
        with wire.Connection(lab.socket, 60) as connection:
            connection.send(b"POST /v1/tasks/bulk HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2000000000\r\n\r\n")
            try:
                for _ in range(2000):
                    connection.send(b" " * 65536)
            except wire.Unreachable:
                pass
            try:
                self.assertEqual(connection.answer().status, 413)
            except wire.Unreachable:
                pass
        self.assert_memory_below(lab, 150_000)
        self.assertEqual(lab.http("GET", "/healthz").status, 200)

    def test_half_requests_and_idle_connections_do_not_keep_others_out(self):
        lab = self.lab()
        hung = []
        try:
            for number in range(100):
                connection = wire.Connection(lab.socket, 30)
                connection.send(b"POST /v1/tasks HTTP/1.1\r\nHost: a\r\nContent-Le"[:number % 40 + 1])
                hung.append(connection)
            self.assertEqual(lab.http("GET", "/healthz").status, 200)
            self.assert_state(lab, lab.enq("exit 0"), "succeeded")
        finally:
            for connection in hung:
                connection.close()

    def test_a_request_cut_at_any_byte_is_stored_once_or_not_at_all(self):
        lab = self.lab()
        whole = wire.compose("POST", "/v1/tasks", {"kind": "noop", "payload": "cut"}, {"Idempotency-Key": "cut"})
        for length in range(1, len(whole)):
            with wire.Connection(lab.socket, 30) as connection:
                connection.send(whole[:length])
        self.assertEqual(lab.export()[0], {})
        for _ in range(3):
            with wire.Connection(lab.socket, 30) as connection:
                connection.send(whole)
        lab.enq("cut", kind="noop", key="cut")
        lab.idle()
        self.assertEqual(len(lab.export()[0]), 1)

    def test_requests_sent_in_one_go_are_answered_in_order(self):
        lab = self.lab()
        with wire.Connection(lab.socket, 30) as connection:
            connection.send(b"".join(wire.compose("GET", path) for path in ("/healthz", "/v1/nothing", "/healthz")))
            self.assertEqual([connection.answer().status for _ in range(3)], [200, 404, 200])


if __name__ == "__main__":
    unittest.main()
