"""Handlers under test, without a daemon: a stage that plays reeve's part.

    from reeve.testing import Stage

    def test_resize():
        stage = Stage(steps={"download": "a.png"})           # done by an earlier attempt
        ending = stage.play(resize, {"url": "..."})
        assert ending == {"type": "result", "value": {"file": "small.png"}}
        assert stage.progress[-1]["percent"] == 100

A second `play` is the next attempt: steps, waits and named tasks are remembered. `async def` handlers are played the same way.
"""

import asyncio
import inspect

from . import body, ending
from .async_task import AsyncTask
from .errors import Cancelled, Disconnected
from .task import Task
from .wire import settled


class Stage:
    """`steps`: name -> output, done already. `signals`: (type, payload) in the mailbox. `finished`: task id -> status, of other tasks.

    After a play: progress, log, enqueued are lists of messages, staged those of children that only a success stores, steps all
    outputs, beats a number. `suspended_on` is the message the task waits for."""

    def __init__(self, steps=None, signals=(), finished=None, on_tell=None):
        self.steps = dict(steps or {})
        self.mailbox = []
        self.finished = dict(finished or {})
        self.progress, self.log, self.enqueued, self.staged = [], [], [], []
        self.beats = 0
        self.timers = {}
        self.suspended_on = None
        self.attempt = 0
        self._answers = {}                     # what a named wait, take or enqueue was answered
        self._unnamed = {}                     # sort of wait -> how many had no name in this attempt
        self._cancel_at = None
        self._task = None
        self._on_tell = on_tell or (lambda _: None)
        for type_, payload in signals:
            self.send(type_, payload)

    def play(self, function, payload=None, kind="test", max_attempts=5, labels=None, metadata=None, task=1, queue="default", traceparent=None):
        """One attempt. Gives its terminal message."""
        attempt = self.attempt + 1
        record = {"task": task, "epoch": attempt, "attempt": attempt, "kind": kind, "max_attempts": max_attempts, "queue": queue,
                  "labels": labels, "metadata": metadata, "payload": settled(payload), "traceparent": traceparent}
        return self.play_record(function, record)

    def play_record(self, function, record):
        """The same with the task as a `task` message tells it."""
        self.attempt += 1
        self._unnamed.clear()
        self.suspended_on = None
        if inspect.iscoroutinefunction(function):
            self._task = AsyncTask(_Awaited(self), None, record)
            terminal = asyncio.run(self._play_async(function))
        else:
            self._task = Task(self, None, record)
            terminal = self._play(function)
        for message in self._task.last_words(terminal):
            last = {name: value for name, value in message.items() if name not in ("task", "epoch")}
        return settled(last)

    def send(self, type, payload=None):
        """Puts a signal into the mailbox."""
        self.mailbox.append({"id": len(self.mailbox) + 1, "type": type, "payload": payload, "sent_at": "1970-01-01T00:00:00.000Z"})

    def cancel(self, reason="cancel"):
        """The task that plays is to end."""
        self._task.stop(reason)

    def cancel_at(self, name):
        """The task will be cancelled when it begins this step, or asks for the wait of this name."""
        self._cancel_at = name

    # ---------------------------------------------------------------------------------------------- reeve's side of the line

    def tell(self, message):
        self._on_tell(message)
        kind = message["type"]
        if kind == "beat":
            self.beats += 1
        elif kind in ("progress", "log"):
            getattr(self, kind).append(message)

    def look(self):
        """A cancel is told directly."""

    def abandon(self, message):
        self.ask(message)

    def ask(self, message):
        if self._cancel_at is not None and message.get("name") == self._cancel_at:
            self._cancel_at = None
            return {"cancel": True, **self.answer(message)}
        return self.answer(message)

    def answer(self, message):
        return getattr(self, "_" + message["type"].replace(".", "_"))(message)

    def _step_begin(self, message):
        done = message["name"] in self.steps
        return {"done": True, "output": self.steps[message["name"]]} if done else {"done": False}

    def _step_end(self, message):
        if "error" not in message:
            self.steps.setdefault(message["name"], settled(message["output"]))
        return {}

    def _sleep(self, message):
        """Time passes between two attempts and not within one."""
        name = self._name_of(message, "sleep")
        if message.get("for_ms") == 0 or name in self._answers:
            return {"slept": True}
        self._answers[name] = {"slept": True}
        return self._suspend(message)

    def _signal_take(self, message):
        key = message.get("name") and ("take", message["name"])
        if key in self._answers:
            return self._answers[key]
        answer = {"signal": self._take(message.get("signal"))}
        if key:
            self._answers[key] = answer
        return answer

    def _signal_wait(self, message):
        name = self._name_of(message, "signal")
        if name not in self._answers:
            found = self._take(message.get("signal"))
            if found is None and message.get("timeout_ms") != 0:
                return self._suspend(message)
            self._answers[name] = {"timeout": True} if found is None else {"signal": found}
        return self._answers[name]

    def _wait_tasks(self, message):
        done = [{"id": task, "status": self.finished[task]} for task in message["tasks"] if task in self.finished]
        enough = bool(done) if message["mode"] == "any" else len(done) == len(message["tasks"])
        return {"tasks": done} if enough else self._suspend(message)

    def _timer(self, message):
        if message.get("cancel"):
            return {"timer": "unknown" if self.timers.pop(message["name"], None) is None else "cancelled"}
        self.timers[message["name"]] = message
        return {"timer": "set"}

    def _enqueue(self, message):
        if message.get("staged"):
            self.staged.append(message["enqueue"])
            return {"staged": True}
        key = message.get("name") and ("enqueue", message["name"])
        if key in self._answers:
            return self._answers[key]
        self.enqueued.append(message["enqueue"])
        answer = {"task": 1000 + len(self.enqueued), "disposition": "created"}
        if key:
            self._answers[key] = answer
        return answer

    def _get(self, message):
        status = self.finished.get(message["of"])
        return {"task": {"id": message["of"], "status": status}} if status else {"error": {"code": "not_found", "message": f"no task {message['of']}"}}

    def _suspend(self, message):
        self.suspended_on = message
        return {"suspend": True}

    def _take(self, type_):
        for place, found in enumerate(self.mailbox):
            if type_ is None or found["type"] == type_:
                return self.mailbox.pop(place)
        return None

    def _name_of(self, message, sort):
        if message.get("name") is None:
            self._unnamed[sort] = self._unnamed.get(sort, 0) + 1
            return f"{sort}#{self._unnamed[sort]}"
        return message["name"]

    # ---------------------------------------------------------------------------------------------- the attempt

    def _play(self, function):
        try:
            return body.judged(self._task, ending.of_value(function(self._task)))
        except (SystemExit, KeyboardInterrupt, Disconnected):
            raise
        except BaseException as error:
            return body.judged(self._task, ending.of_exception(error))

    async def _play_async(self, function):
        try:
            return body.judged(self._task, ending.of_value(await function(self._task)))
        except (SystemExit, KeyboardInterrupt, Disconnected):
            raise
        except asyncio.CancelledError:
            return body.judged(self._task, ending.of_exception(Cancelled(self._task._stop or "cancel")))
        except BaseException as error:
            return body.judged(self._task, ending.of_exception(error))


class _Awaited:
    """The stage, for a task that awaits its answers."""

    def __init__(self, stage):
        self.tell, self.look, self.abandon, self._stage = stage.tell, stage.look, stage.abandon, stage

    async def ask(self, message):
        await asyncio.sleep(0)
        return self._stage.ask(message)
