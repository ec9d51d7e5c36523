"""Handlers for reeve.

    import reeve

    @reeve.handler("image.resize")
    def resize(task):
        picture = task.step("download", lambda: fetch(task.payload["url"]))
        task.progress(50, label="resizing")
        return {"file": shrink(picture)}

    reeve.run()

The same program serves as `executor: process` (one task a process) and as `executor: worker` (a warm process, task after task). A handler may
be `async def`: what is asked of reeve is then awaited, and a worker takes as many tasks at once as `parallel:` says.
"""

from .errors import Cancelled, Disconnected, Refused, Reject, Retry, Snooze
from .questions import Signal
from .registry import handler
from .serve import run

__all__ = ["Cancelled", "Disconnected", "Refused", "Reject", "Retry", "Signal", "Snooze", "handler", "run"]
