"""The handlers under test, plain Python. The programs in the other languages have the same kinds and do the same."""

import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../sdk/python"))

import reeve  # noqa: E402


@reeve.handler("echo")
def echo(task):
    return task.payload


@reeve.handler("about")
def about(task):
    return {"id": task.id, "kind": task.kind, "attempt": task.attempt, "max_attempts": task.max_attempts, "queue": task.queue,
            "labels": task.labels, "token": task.token}


@reeve.handler("fail")
def fail(task):
    raise ValueError("boom")


@reeve.handler("bad_result")
def bad_result(task):
    return {"no": object()}


@reeve.handler("reject")
def reject(task):
    raise reeve.Reject("bad_input", "no", {"field": "x"})


@reeve.handler("retry")
def retry(task):
    raise reeve.Retry("busy", at=1234.5, code="http_503")


@reeve.handler("snooze")
def snooze(task):
    raise reeve.Snooze(1.5)


@reeve.handler("steps")
def steps(task):
    one = task.step("one", lambda: {"n": 1}, input={"of": "one"})
    two = task.step("two", lambda: one["n"] + 1)
    return [one, two]


@reeve.handler("bad_step")
def bad_step(task):
    task.step("bad", lambda: 1 // 0)


@reeve.handler("nap")
def nap(task):
    try:
        task.sleep(3600, name="nap")
    except Exception:
        return "swallowed"
    return "rested"


@reeve.handler("approval")
def approval(task):
    signal = task.wait_signal("approved", timeout=60)
    return None if signal is None else signal.payload


@reeve.handler("ask")
def ask(task):
    child = task.enqueue("other", {"n": 1}, name="first", priority=3)
    task.enqueue("other", staged=True)
    done = task.wait_tasks([child], any=True, timeout=2)
    taken = task.take_signal("x")
    return {"child": child, "done": done, "taken": taken, "timer": task.timer("t", after=1), "gone": task.cancel_timer("t"),
            "other": task.get(child)["status"]}


@reeve.handler("refused")
def refused(task):
    try:
        task.enqueue("unknown")
    except reeve.Refused as no:
        return no.code


@reeve.handler("tell")
def tell(task):
    task.progress(40, label="half \u00e9")
    task.progress(current=1, total=2.5)
    task.log("hello\n\"there\"", level="warn", size=12)
    task.beat()
    task.sleep(0, name="gate")
    return "told"


@reeve.handler("until_cancelled")
def until_cancelled(task):
    task.sleep(0, name="gate")
    while True:
        task.progress(1)


@reeve.handler("rings")
def rings(task):
    """Signals of its own; one comes while the task runs."""
    signal.signal(signal.SIGUSR1, lambda *_: None)
    os.kill(os.getpid(), signal.SIGUSR1)
    return "rung"


@reeve.handler("noise")
def noise(task):
    print('{"type":"result","value":"printed"}', flush=True)
    child = subprocess.run(["/bin/sh", "-c", "echo '{}' >&3"], stderr=subprocess.DEVNULL, check=False)
    return {"child_could_speak": child.returncode == 0, "fd_in_environment": "REEVE_FD" in os.environ}


if __name__ == "__main__":
    reeve.run()
