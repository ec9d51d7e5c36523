"""A task as an `async def` handler sees it: what is asked of reeve is awaited, what is told (progress, log, beat) is not.

When reeve stops a task, the handler is cancelled as asyncio cancels: CancelledError is raised where it waits.
"""

import functools
import inspect

from . import questions
from .task import Task, failure
from .wire import settled


class AsyncTask(Task):
    """The same verbs as Task, each to be awaited. `step` takes a coroutine function or a plain one."""

    def step(self, name, fn=None, input=None):
        step = AsyncStep(self, name, input)
        return step if fn is None else step.run(fn)

    async def sleep(self, seconds=None, until=None, name=None):
        await self._ask(questions.sleep(seconds, until, name))

    # The others return what _ask gives, which here is a coroutine: they are awaited as they are.

    async def _ask(self, question):
        self.check_cancelled()
        return await self._ask_regardless(question)

    async def _ask_regardless(self, question):
        self._not_suspended()
        question.message.update(self._address)
        return self._heard(await self._line.ask(question.message), question)


class AsyncStep:
    def __init__(self, task, name, given):
        self._task, self._name, self._given = task, name, given
        self.done, self.output = False, None

    def __call__(self, function):
        @functools.wraps(function)
        async def as_step(*arguments, **named):
            return await self._task.step(self._name, lambda: function(*arguments, **named), self._given)

        return as_step

    async def run(self, fn):
        async with self:
            if not self.done:
                output = fn()
                self.output = await output if inspect.isawaitable(output) else output
        return self.output

    async def __aenter__(self):
        self.done, self.output = await self._task._ask(questions.begin_step(self._name, self._given))
        if not self.done and self._task.cancelled:
            self._abandon(questions.fail_step(self._name, "cancelled", self._task._stop))
            self._task.check_cancelled()
        return self

    async def __aexit__(self, _, error, __):
        if self.done:
            return
        if error is None:
            try:
                self.output = settled(self.output)
            except (TypeError, ValueError) as not_json:
                await self._task._ask_regardless(questions.fail_step(self._name, *failure(not_json)))
                raise
            await self._task._ask(questions.end_step(self._name, self.output))
        elif isinstance(error, Exception):
            await self._task._ask_regardless(questions.fail_step(self._name, *failure(error)))
        else:
            self._abandon(questions.fail_step(self._name, *failure(error)))

    def _abandon(self, question):
        self._task._line.abandon({**question.message, **self._task._address})
