"""`async def` handlers, in a process for one task and in a worker for several at once: one loop, no thread."""

import asyncio
import inspect
import itertools
import signal
import sys

from . import body, ending, process, registry, wire
from .async_task import AsyncTask
from .errors import Cancelled, Disconnected


class Line(asyncio.Protocol):
    """What an AsyncTask speaks through. Messages of many tasks cross here; answers find their question by its number."""

    def __init__(self, on_message, on_end):
        self._on_message, self._on_end = on_message, on_end
        self._half = b""
        self._questions = {}
        self._numbers = itertools.count(1)
        self._transport = None
        self._closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self._transport = transport

    async def close(self):
        """What was said is with reeve before the program ends."""
        self._transport.close()
        await self._closed

    def data_received(self, data):
        *lines, self._half = (self._half + data).split(b"\n")
        for raw in lines:
            message = wire.message(raw)
            if message is None:
                continue
            if "re" in message:
                self._answer(message)
            else:
                self._on_message(message)

    def connection_lost(self, error):
        for question in self._questions.values():
            if not question.done():
                question.set_exception(Disconnected("reeve has closed the channel"))
        self._questions.clear()
        self._closed.set_result(None)
        self._on_end()

    def tell(self, message):
        self.send_bytes(wire.line(message))

    def send_bytes(self, lines):
        self._transport.write(lines)

    async def ask(self, message):
        if self._transport.is_closing():
            raise Disconnected("reeve has closed the channel")
        message["id"] = number = next(self._numbers)
        self.tell(message)
        answer = self._questions[number] = asyncio.get_running_loop().create_future()
        try:
            return await answer
        finally:
            self._questions.pop(number, None)

    def abandon(self, message):
        message["id"] = next(self._numbers)
        self.tell(message)

    def look(self):
        """The loop hears everything while the handler waits."""

    def _answer(self, message):
        number = message["re"]
        question = self._questions.get(number) if isinstance(number, int) else None
        if question is not None and not question.done():
            question.set_result(message)


class Attendance:
    """The tasks in flight, and whether more are wanted."""

    def __init__(self, page):
        self._page = page
        self._line = None
        self._running = {}                     # (task, epoch) -> (AsyncTask, asyncio.Task)
        self._is_ending = False
        self._over = asyncio.Event()

    async def connect(self, sock):
        loop = asyncio.get_running_loop()
        _, self._line = await loop.create_unix_connection(lambda: Line(self._hear, self._abandon), sock=sock)
        return self._line

    def begin(self, record):
        task = AsyncTask(self._line, self._page, record)
        work = asyncio.get_running_loop().create_task(self._attend(task))
        self._running[task.id, task.epoch] = (task, work)
        work.add_done_callback(lambda _: self._ended(task))
        return task, work

    def end(self):
        """No more tasks; over when the last one in flight is."""
        self._is_ending = True
        if not self._running:
            self._over.set()

    async def over(self):
        await self._over.wait()

    def stop_all(self, reason):
        for task, work in list(self._running.values()):
            _stop(task, work, reason)

    def _hear(self, message):
        kind = message.get("type")
        if kind == "task" and not self._is_ending:
            self.begin(message)
        elif kind == "cancel":
            self._cancel(message)
        elif kind == "shutdown":
            self.end()

    def _cancel(self, message):
        reason = message.get("reason") or "cancel"
        if "task" not in message:
            self.stop_all(reason)
        elif (found := self._running.get((message["task"], message.get("epoch")))) is not None:
            _stop(*found, reason)

    def _abandon(self):
        self.stop_all("lease_lost")
        self.end()

    def _ended(self, task):
        self._running.pop((task.id, task.epoch), None)
        if self._is_ending and not self._running:
            self._over.set()

    async def _attend(self, task):
        terminal = await run(task)
        if terminal is not None:
            self._line.send_bytes(body.last_lines(task, terminal))
        return terminal


def _stop(task, work, reason):
    """One that has not begun finds the reason when it begins: a cancel would end it without a word."""
    task.stop(reason)
    if inspect.getcoroutinestate(work.get_coro()) != inspect.CORO_CREATED:
        work.cancel()


async def run(task):
    """The terminal message of an `async def` handler; None when there is nobody to hear it."""
    function = registry.of_kind(task.kind)
    if function is None:
        return body.no_handler(task.kind)
    if task._stop:
        return ending.of_exception(Cancelled(task._stop))
    try:
        return body.judged(task, ending.of_value(await function(task)))
    except Disconnected:
        return None
    except asyncio.CancelledError as error:
        return body.judged(task, ending.of_exception(Cancelled(task._stop) if task._stop else error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return body.judged(task, ending.of_exception(error))


def serve_worker(sock, page):
    """A page holds the progress of one task, a worker of this sort may have many: it says everything in messages."""
    async def main():
        attendance = Attendance(page=None)
        line = await attendance.connect(sock)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, attendance.end)
        line.tell({"type": "ready"})
        await attendance.over()
        await line.close()
        return 0

    return asyncio.run(main())


def serve_process(sock, page):
    async def main():
        attendance = Attendance(page)
        line = await attendance.connect(sock)
        _, work = attendance.begin(process.record())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, attendance.stop_all, "stopped")
        terminal = await work
        await line.close()
        if terminal is None:
            print("reeve has closed the channel", file=sys.stderr)
            return 75
        return process.EXIT_CODES[terminal["type"]]

    return asyncio.run(main())
