"""One task in this process: the payload is on stdin or in a file, the rest of the task in the environment."""

import json
import os
import signal
import sys

from . import body, ending
from .conversation import Conversation
from .errors import Cancelled, Disconnected
from .task import Task

EXIT_CODES = {"result": 0, "snooze": 0, "suspend": 0, "reject": 65, "error": 1}    # what was said counts; these are for people and shells

_RESOURCE = "REEVE_RESOURCE_"


def record(environment=os.environ):
    """The task of this process, as a worker would get it in a `task` message."""
    return {
        "task": _number(environment.get("REEVE_TASK_ID")),
        "epoch": _number(environment.get("REEVE_EPOCH")),
        "kind": environment.get("REEVE_KIND"),
        "attempt": _number(environment.get("REEVE_ATTEMPT")) or 1,
        "max_attempts": _number(environment.get("REEVE_MAX_ATTEMPTS")) or 1,
        "queue": environment.get("REEVE_QUEUE"),
        "labels": _json(environment.get("REEVE_LABELS")) or {},
        "resources": {name[len(_RESOURCE):].lower(): units.split(",") for name, units in environment.items() if name.startswith(_RESOURCE)},
        "batch": _number(environment.get("REEVE_BATCH_ID")),
        "metadata": _json(environment.get("REEVE_METADATA")),
        "traceparent": environment.get("TRACEPARENT"),
        "token": environment.get("REEVE_TOKEN"),
        "payload": payload(environment.get("REEVE_PAYLOAD_FILE")),
    }


def payload(path):
    """JSON, or None when the handler is declared with `payload: none`."""
    if path:
        with open(path, "rb") as file:
            return _json(file.read())
    return None if sys.stdin is None else _json(sys.stdin.buffer.read())


def serve(channel, page):
    """Runs the handler once. Gives the exit code."""
    talk = Conversation(channel)
    talk.current = task = Task(talk, page, record())
    try:
        terminal = run(task, channel)
        channel.send_bytes(body.last_lines(task, terminal))
    except Disconnected as error:
        print(error, file=sys.stderr)
        return 75
    return EXIT_CODES[terminal["type"]]


def run(task, channel):
    try:
        with Stopping(task, channel):
            return body.run(task)
    except Cancelled as cancelled:             # the signal came when the handler had just returned
        return ending.of_exception(cancelled)


class Stopping:
    """SIGTERM raises Cancelled in the handler, wherever it is: it then has the stop grace to tidy up. Never in the middle of a line that is
    being sent, which would spoil the next one. A program that has its own way with SIGTERM keeps it."""

    def __init__(self, task, channel):
        self._task, self._channel = task, channel
        self._is_ours = False

    def __enter__(self):
        self._is_ours = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        if self._is_ours:
            signal.signal(signal.SIGTERM, self._stop)

    def __exit__(self, *_):
        if self._is_ours:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)      # the end is near anyway, and is to be told

    def _stop(self, *_):
        if self._task._stop is None:
            self._task.stop((self._task._page and self._task._page.cancel) or "stopped")
            if not self._channel.is_sending:
                raise Cancelled(self._task._stop)
            self._channel.after_sending = Cancelled(self._task._stop)


def _number(text):
    return int(text) if text and text.lstrip("-").isdigit() else None


def _json(text):
    return json.loads(text) if text else None
