"""What a task may ask of reeve: each question is a message, and how its answer reads.

Plain and asyncio tasks ask the same questions; only the waiting differs.
"""

from typing import Any, Callable, NamedTuple, Optional

from .errors import Cancelled, Refused, Suspended
from .moments import milliseconds, moment


class Question(NamedTuple):
    message: dict
    read: Callable[[dict], Any]


class Signal(NamedTuple):
    id: int
    type: str
    payload: Any
    sent_at: Optional[str]


def understand(answer, question):
    """The value of an answer; raises what the answer says instead of one."""
    error = answer.get("error")
    if error is not None:
        code = error.get("code", "error")
        raise Cancelled("lease_lost") if code == "lease_lost" else Refused(code, error.get("message", ""))
    if answer.get("suspend"):
        raise Suspended()
    return question.read(answer)


def begin_step(name, given=None):
    message = {"type": "step.begin", "name": name}
    if given is not None:
        message["input"] = given
    return Question(message, lambda answer: (bool(answer.get("done")), answer.get("output")))


def end_step(name, output):
    return Question({"type": "step.end", "name": name, "output": output}, _nothing)


def fail_step(name, code, text):
    return Question({"type": "step.end", "name": name, "error": {"code": code, "message": text}}, _nothing)


def sleep(seconds, until, name):
    if (seconds is None) == (until is None):
        raise ValueError("sleep takes one of seconds= and until=")
    message = {"type": "sleep", **_named(name)}
    message.update({"until": moment(until)} if seconds is None else {"for_ms": milliseconds(seconds)})
    return Question(message, _nothing)


def wait_signal(type_, timeout, name):
    return Question({"type": "signal.wait", **_wanted(type_), **_timeout(timeout), **_named(name)}, _signal)


def take_signal(type_, name):
    return Question({"type": "signal.take", **_wanted(type_), **_named(name)}, _signal)


def wait_tasks(ids, any_, timeout, name):
    message = {"type": "wait_tasks", "tasks": list(ids), "mode": "any" if any_ else "all", **_timeout(timeout), **_named(name)}
    return Question(message, lambda answer: answer.get("tasks"))


def timer(name, at, after):
    if (at is None) == (after is None):
        raise ValueError("a timer takes one of at= and after=")
    when = {"after_ms": milliseconds(after)} if at is None else {"at": moment(at)}
    return Question({"type": "timer", "name": name, **when}, _timer)


def cancel_timer(name):
    return Question({"type": "timer", "name": name, "cancel": True}, _timer)


def enqueue(kind, payload, staged, name, options):
    wanted = {"kind": kind, **options}
    if payload is not None:
        wanted["payload"] = payload
    message = {"type": "enqueue", "enqueue": wanted, **_named(name)}
    if staged:
        message["staged"] = True
    return Question(message, lambda answer: answer.get("task"))


def get(task):
    return Question({"type": "get", "of": task}, _record)


def _nothing(_):
    return None


def _signal(answer):
    found = answer.get("signal")
    return found and Signal(found.get("id"), found.get("type"), found.get("payload"), found.get("sent_at"))


def _timer(answer):
    return answer.get("timer")


def _record(answer):
    found = answer.get("task")
    return found if isinstance(found, dict) else {name: value for name, value in answer.items() if name not in ("re", "ok")}


def _named(name):
    return {} if name is None else {"name": name}


def _wanted(type_):
    return {} if type_ is None else {"signal": type_}


def _timeout(timeout):
    return {} if timeout is None else {"timeout_ms": milliseconds(timeout)}
