#!/usr/bin/python3
"""A worker elsewhere: claims tasks over HTTP, finds the longest lines of a file, and says so.

    REEVE_SOCKET=state/examples/reeve.sock python3 worker.py          until Ctrl-C
    REEVE_SOCKET=... python3 worker.py --once                         one task

On another machine the socket comes over ssh: ssh -L /tmp/reeve.sock:/run/reeve/reeve.sock host.
"""
import http.client
import json
import os
import socket
import sys

KIND = "text.longest"


class Reeve(http.client.HTTPConnection):
    """HTTP over the daemon's socket."""

    def __init__(self):
        super().__init__("reeve", timeout=60)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(os.environ["REEVE_SOCKET"])

    def post(self, path, message, token=None):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = "Bearer " + token
        self.request("POST", path, json.dumps(message), headers)
        answer = self.getresponse()
        body = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(body.get("detail", answer.reason))
        return body


def longest_lines(reeve, claim):
    """Everything that is said renews the lease; an answer with `stop` asks to end."""
    path, wanted = claim["payload"]["text"], claim["payload"].get("lines", 3)
    size, done, found = os.path.getsize(path), 0, []
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            done += len(line.encode())
            found = sorted([*found, (len(line.rstrip()), number)], reverse=True)[:wanted]
            if number % 10 == 0:
                answer = reeve.post("/v1/attempt", {"type": "progress", "current": done, "total": size, "label": f"line {number}"}, claim["token"])
                if "stop" in answer:
                    return {"type": "error", "code": "stopped", "message": answer["stop"]}
    return {"type": "result", "value": [{"line": number, "characters": length} for length, number in found]}


def main():
    reeve = Reeve()
    while True:
        claim = reeve.post("/v1/claims", {"kinds": [KIND], "worker": socket.gethostname(), "wait": "20s"})["claim"]
        if claim:
            try:
                last = longest_lines(reeve, claim)
            except (OSError, KeyError, TypeError) as wrong:
                last = {"type": "reject", "code": type(wrong).__name__, "message": str(wrong)}
            reeve.post("/v1/attempt", last, claim["token"])
        if "--once" in sys.argv and claim:
            return


if __name__ == "__main__":
    main()
