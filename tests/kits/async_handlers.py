"""The handlers under test, `async def`: as plain_handlers.py, awaited."""

import asyncio
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../sdk/python"))

import reeve  # noqa: E402


@reeve.handler("echo")
async def echo(task):
    return task.payload


@reeve.handler("about")
async def about(task):
    return {"id": task.id, "kind": task.kind, "attempt": task.attempt, "max_attempts": task.max_attempts, "queue": task.queue,
            "labels": task.labels, "token": task.token}


@reeve.handler("fail")
async def fail(task):
    raise ValueError("boom")


@reeve.handler("bad_result")
async def bad_result(task):
    return {"no": object()}


@reeve.handler("reject")
async def reject(task):
    raise reeve.Reject("bad_input", "no", {"field": "x"})


@reeve.handler("retry")
async def retry(task):
    raise reeve.Retry("busy", at=1234.5, code="http_503")


@reeve.handler("snooze")
async def snooze(task):
    raise reeve.Snooze(1.5)


@reeve.handler("steps")
async def steps(task):
    one = await task.step("one", lambda: {"n": 1}, input={"of": "one"})
    two = await task.step("two", lambda: one["n"] + 1)
    return [one, two]


@reeve.handler("bad_step")
async def bad_step(task):
    await task.step("bad", lambda: 1 // 0)


@reeve.handler("nap")
async def nap(task):
    try:
        await task.sleep(3600, name="nap")
    except Exception:
        return "swallowed"
    return "rested"


@reeve.handler("approval")
async def approval(task):
    signal = await task.wait_signal("approved", timeout=60)
    return None if signal is None else signal.payload


@reeve.handler("ask")
async def ask(task):
    child = await task.enqueue("other", {"n": 1}, name="first", priority=3)
    await task.enqueue("other", staged=True)
    done = await task.wait_tasks([child], any=True, timeout=2)
    taken = await task.take_signal("x")
    return {"child": child, "done": done, "taken": taken, "timer": await task.timer("t", after=1), "gone": await task.cancel_timer("t"),
            "other": (await task.get(child))["status"]}


@reeve.handler("refused")
async def refused(task):
    try:
        await task.enqueue("unknown")
    except reeve.Refused as no:
        return no.code


@reeve.handler("tell")
async def tell(task):
    task.progress(40, label="half \u00e9")
    task.progress(current=1, total=2.5)
    task.log("hello\n\"there\"", level="warn", size=12)
    task.beat()
    await task.sleep(0, name="gate")
    return "told"


@reeve.handler("until_cancelled")
async def until_cancelled(task):
    await task.sleep(0, name="gate")
    while True:
        task.progress(1)
        await asyncio.sleep(0)


@reeve.handler("noise")
async def noise(task):
    print('{"type":"result","value":"printed"}', flush=True)
    child = subprocess.run(["/bin/sh", "-c", "echo '{}' >&3"], stderr=subprocess.DEVNULL, check=False)
    return {"child_could_speak": child.returncode == 0, "fd_in_environment": "REEVE_FD" in os.environ}


if __name__ == "__main__":
    reeve.run()
