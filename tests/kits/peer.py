"""reeve's end of the channel, played by a test: a program is started as reeve starts a body, with a socket as descriptor 3, and the test says
and hears lines. What it answers follows docs/protocol.md."""

import json
import os
import socket
import struct
import subprocess
import tempfile

DEADLINE = 20.0
TERMINAL = ("result", "error", "reject", "snooze", "suspend")


class Peer:
    """A program with its channel. Every wait has a deadline."""

    def __init__(self, command, payload=None, worker=False, env=None, page=None, kind="echo", task=7, epoch=3):
        ours, theirs = socket.socketpair()
        ours.settimeout(DEADLINE)
        self.socket = ours
        self._half = b""
        self._lines = []
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "REEVE_FD": "3", **(env or {})}
        if worker:
            environment["REEVE_WORKER"] = "1"
        else:
            environment.update({"REEVE_TASK_ID": str(task), "REEVE_EPOCH": str(epoch), "REEVE_KIND": kind, "REEVE_ATTEMPT": "2",
                                "REEVE_MAX_ATTEMPTS": "5", "REEVE_QUEUE": "default", "REEVE_LABELS": '{"team":"a"}', "REEVE_TOKEN": "t0"})
        if page:
            environment["REEVE_SCOREBOARD"] = page
        self.stdout = tempfile.TemporaryFile()
        self.stderr = tempfile.TemporaryFile()
        # bash puts the socket on 3, as a spawn by reeve does, whatever number it has here; sh knows numbers of one digit only.
        number = theirs.fileno()
        self.process = subprocess.Popen(["/bin/bash", "-c", f'exec "$@" 3<&{number} {number}<&-' if number != 3 else 'exec "$@"', "sh", *command],
                                        stdin=subprocess.PIPE, stdout=self.stdout, stderr=self.stderr, env=environment, pass_fds=[number])
        theirs.close()
        if not worker and payload is not None:
            self.process.stdin.write(json.dumps(payload).encode())
        self.process.stdin.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE)
        self.socket.close()
        self.stdout.close()
        self.stderr.close()

    # ------------------------------------------------------------------------------------------------------ lines

    def say(self, *messages):
        self.say_bytes(b"".join(json.dumps(message).encode() + b"\n" for message in messages))

    def say_bytes(self, data):
        self.socket.sendall(data)

    def hear(self):
        """The next message. None: the program has closed the channel."""
        while not self._lines:
            data = self.socket.recv(1 << 16)
            if not data:
                return None
            *lines, self._half = (self._half + data).split(b"\n")
            self._lines = lines
        line = self._lines.pop(0)
        try:
            return json.loads(line)
        except ValueError as error:
            raise AssertionError(f"no JSON: {line!r}") from error

    def expect(self, type_, **members):
        """The next message, which must be of this type and have these members."""
        message = self.hear()
        if message is None or message.get("type") != type_:
            raise AssertionError(f"expected {type_}, heard {message}; stderr: {self.printed(self.stderr)}")
        for name, value in members.items():
            if message.get(name) != value:
                raise AssertionError(f"expected {name} = {value!r} in {message}")
        return message

    def answer(self, message, **members):
        self.say({"re": message["id"], "ok": True, **members})

    def refuse(self, message, code, text=""):
        self.say({"re": message["id"], "error": {"code": code, "message": text}})

    def asked(self, type_, members=None, **answer):
        """Expects a question and answers it."""
        message = self.expect(type_, **(members or {}))
        self.answer(message, **answer)
        return message

    def give(self, task, payload, kind="echo", epoch=1, **members):
        self.say({"type": "task", "task": task, "epoch": epoch, "attempt": 1, "max_attempts": 5, "kind": kind, "queue": "default", "labels": {"team": "a"},
                  "metadata": {"owner": "x"}, "token": f"t{task}", "payload": payload, **members})

    def ended(self):
        """The exit code."""
        return self.process.wait(DEADLINE)

    @staticmethod
    def printed(file):
        file.seek(0)
        return file.read().decode("utf-8", "replace")


class Page:
    """A page of the scoreboard, made and read as the daemon does: with pread and pwrite."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "page")
        with open(self.path, "wb") as file:
            file.write(b"REEVEPG1" + struct.pack("<Q", 1) + bytes(4096 - 16))
        self._file = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)

    def close(self):
        os.close(self._file)

    def cancel(self, why=1):
        os.pwrite(self._file, struct.pack("<Q", why), 16)

    def beats(self):
        return struct.unpack("<Q", os.pread(self._file, 8, 64))[0]

    def progress(self):
        """(sequence, percent in thousandths, current, total, label)"""
        sequence, percent, current, total = struct.unpack("<QQdd", os.pread(self._file, 32, 72))
        return sequence, percent, current, total, os.pread(self._file, 128, 104).rstrip(b"\0").decode()
