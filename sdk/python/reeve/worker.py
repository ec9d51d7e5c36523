"""A warm worker for plain handlers: says `ready`, gets a task, answers, gets the next. No thread, no loop."""

import signal
import socket

from . import body
from .conversation import Conversation
from .ending import of_exception
from .errors import Cancelled, Disconnected
from .task import Task


def serve(channel, page):
    """Works until reeve says `shutdown`, goes away, or SIGTERM; what runs then is finished first. Gives the exit code."""
    talk = Conversation(channel)
    with Bell(talk) as bell:
        channel.wake_by(bell)
        try:
            channel.send({"type": "ready"})
            while (record := next_task(talk)) is not None:
                attend(talk, Task(talk, page, record))
        except Disconnected:
            pass                               # nobody is left to work for
    return 0


def next_task(talk):
    """The next `task` message, or None at the end. The bell can only ring us out while there is nothing to do; it rings for every signal that
    the program handles, so it says no more than: look again."""
    channel = talk.channel
    while not talk.waiting and not talk.is_ending:
        if channel.wait():
            talk.hear(channel.receive())
    return talk.waiting.popleft() if talk.waiting else None


def attend(talk, task):
    talk.current = task
    reason = talk.stopped.pop((task.id, task.epoch), None) if talk.stopped else None
    try:
        terminal = of_exception(Cancelled(reason)) if reason else body.run(task)
    except SystemExit as error:
        terminal = of_exception(error)         # the handler's end is not the worker's
    talk.current = None
    talk.channel.send_bytes(body.last_lines(task, terminal))


class Bell:
    """SIGTERM lets the running task end, and wakes a worker that waits for one. A flag alone could be set between the look at it and the
    wait; a byte in a socket stays there."""

    def __init__(self, talk):
        self._talk = talk

    def __enter__(self):
        self._ear, self._hammer = socket.socketpair()
        self._ear.setblocking(False)
        self._hammer.setblocking(False)
        self._earlier = signal.set_wakeup_fd(self._hammer.fileno(), warn_on_full_buffer=False)
        self._handler = signal.signal(signal.SIGTERM, self._ring)
        return self._ear

    def __exit__(self, *_):
        signal.signal(signal.SIGTERM, self._handler)
        signal.set_wakeup_fd(self._earlier)
        self._ear.close()
        self._hammer.close()

    def _ring(self, *_):
        self._talk.is_ending = True
