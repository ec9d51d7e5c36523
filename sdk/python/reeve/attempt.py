"""One attempt at a task: what it is, and what may be told about it without waiting for an answer.

Tasks of plain and of asyncio handlers (task.py, async_task.py) are this and differ only in how they ask.
"""

import json
import os

from .errors import Cancelled

_told = ("percent", "current", "total", "label", "meta")


class Attempt:
    """`line` carries messages: tell(message), and look() to notice a cancel that has come. `page` is the scoreboard's, or None."""

    def __init__(self, line, page, record):
        self._line, self._page = line, page
        self._address = {name: record[name] for name in ("task", "epoch") if record.get(name) is not None}
        self._progress = None                  # what stands on the page and in no message
        self._stop = None                      # why the task is to end
        self._suspended = False
        self._is_over = False
        self.id = record.get("task")
        self.epoch = record.get("epoch")
        self.kind = record.get("kind")
        self.attempt = record.get("attempt", 1)
        self.max_attempts = record.get("max_attempts", 1)
        self.queue = record.get("queue")
        self.labels = record.get("labels") or {}
        self.resources = record.get("resources") or {}     # by name, the units that it may use: {"gpu": ["0"]}
        self.batch = record.get("batch")                   # the number of the batch that it belongs to, or None
        self.metadata = record.get("metadata")
        self.payload = record.get("payload")
        self.traceparent = record.get("traceparent")
        self.token = record.get("token")

    def __repr__(self):
        return f"<task {self.id} {self.kind}, attempt {self.attempt} of {self.max_attempts}>"

    # ---------------------------------------------------------------------------------------------- telling

    def progress(self, percent=None, current=None, total=None, label=None, meta=None):
        """How far it is. Raises Cancelled when the task is to end."""
        self.check_cancelled()
        if self._page and meta is None:
            self._page.progress(percent, current, total, label)
            self._progress = (percent, current, total, label)
        else:
            self._progress = None
            self._tell(_progress_message((percent, current, total, label, meta)))

    def log(self, message, level="info", **meta):
        """An entry of the task's log. What JSON cannot hold is logged as its text."""
        entry = {"type": "log", "level": level, "message": str(message)}
        if meta:
            entry["meta"] = json.loads(json.dumps(meta, default=str), parse_constant=str)
        self._tell(entry)

    def beat(self):
        """A sign of life, for handlers that are silent for longer than their watchdog allows."""
        if self._page:
            self._page.beat()
        else:
            self._tell({"type": "beat"})

    # ---------------------------------------------------------------------------------------------- being stopped

    @property
    def cancelled(self):
        """Whether the task is to end. Cheap enough for a loop."""
        if self._stop is None:
            reason = self._page.cancel if self._page else ""
            if reason:
                self._stop = reason
            elif not self._page:
                self._line.look()
        return self._stop is not None

    def check_cancelled(self):
        """Raises Cancelled when the task is to end."""
        if self.cancelled:
            raise Cancelled(self._stop)

    @property
    def environment(self):
        """The environment for programs this handler starts, so that `reeve step`, `reeve log` and the like in them speak for this task."""
        own = {"REEVE_TASK_ID": self.id, "REEVE_EPOCH": self.epoch, "REEVE_KIND": self.kind, "REEVE_QUEUE": self.queue,
               "REEVE_ATTEMPT": self.attempt, "REEVE_MAX_ATTEMPTS": self.max_attempts, "REEVE_TOKEN": self.token,
               "REEVE_LABELS": json.dumps(self.labels), "TRACEPARENT": self.traceparent}
        own.update({f"REEVE_RESOURCE_{name.upper()}": ",".join(units) for name, units in self.resources.items()})
        inherited = {name: value for name, value in os.environ.items() if name not in ("REEVE_WORKER", "REEVE_SCOREBOARD")}
        return {**inherited, **{name: str(value) for name, value in own.items() if value is not None}}

    # ---------------------------------------------------------------------------------------------- for the kit

    def stop(self, reason):
        """reeve said `cancel`, or a signal did. The first reason stays."""
        self._stop = self._stop or reason

    def last_words(self, terminal):
        """The messages that end the attempt. reeve looks at pages once a second only, so the last progress goes out once more."""
        self._is_over = True
        messages = []
        if self._progress:
            messages.append({**_progress_message((*self._progress, None)), **self._address})
            self._page.clear()
        messages.append({**terminal, **self._address})
        return messages

    def _tell(self, message):
        if self._is_over:
            raise RuntimeError(f"task {self.id} has ended; nothing more can be said about it")
        message.update(self._address)
        self._line.tell(message)


def _progress_message(values):
    return {"type": "progress", **{name: value for name, value in zip(_told, values) if value is not None}}
