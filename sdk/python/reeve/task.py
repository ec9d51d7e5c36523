"""A task as a plain handler sees it: what is asked is answered before the call returns."""

import functools

from . import questions
from .attempt import Attempt
from .errors import Cancelled, Suspended
from .wire import settled


class Task(Attempt):
    def step(self, name, fn=None, input=None):
        """A part of the work whose output is stored once: a later attempt gets the output and does not do it again.

            rows = task.step("download", lambda: download(url))     # the call

            @task.step("download")                                  # a function that is a step whenever it is called
            def download(url): ...

            with task.step("download") as step:                     # a block
                if not step.done:
                    step.output = download(url)
        """
        step = Step(self, name, input)
        if fn is None:
            return step
        with step:
            if not step.done:
                step.output = fn()
        return step.output

    def sleep(self, seconds=None, until=None, name=None):
        """Waits for a moment without a process: unless it has come, this body ends here and a later attempt goes on."""
        self._ask(questions.sleep(seconds, until, name))

    def wait_signal(self, type=None, timeout=None, name=None):
        """The next Signal of a type, or of any; None after `timeout` seconds. Waits without a process, like sleep."""
        return self._ask(questions.wait_signal(type, timeout, name))

    def take_signal(self, type=None, name=None):
        """The oldest Signal in the mailbox, or None."""
        return self._ask(questions.take_signal(type, name))

    def wait_tasks(self, ids, any=False, timeout=None, name=None):
        """[{"id", "status"}] when all (or any) of the tasks have ended; None after `timeout` seconds. Waits without a process, like sleep."""
        return self._ask(questions.wait_tasks(ids, any, timeout, name))

    def timer(self, name, at=None, after=None):
        """Sends the signal "timer" with {"name": name} to this task later. "set", "fires_now" or "already_fired"."""
        return self._ask(questions.timer(name, at, after))

    def cancel_timer(self, name):
        """"cancelled", "already_fired" or "unknown"."""
        return self._ask(questions.cancel_timer(name))

    def enqueue(self, kind, payload=None, staged=False, name=None, **options):
        """A child task; gives its id. Options are the members of POST /v1/tasks. With a name a later attempt gets the same task again.
        Staged: stored together with the success of this attempt and only then; gives None."""
        return self._ask(questions.enqueue(kind, payload, staged, name, options))

    def get(self, id):
        """Another task as it is now, as the API shows it."""
        return self._ask(questions.get(id))

    # ---------------------------------------------------------------------------------------------- for the kit

    def _ask(self, question):
        self.check_cancelled()
        return self._ask_regardless(question)

    def _ask_regardless(self, question):
        self._not_suspended()
        question.message.update(self._address)
        return self._heard(self._line.ask(question.message), question)

    def _not_suspended(self):
        if self._suspended:
            raise Suspended()

    def _heard(self, answer, question):
        if answer.get("cancel"):
            self.stop("cancel")
        try:
            return questions.understand(answer, question)
        except Suspended:
            self._suspended = True
            raise
        except Cancelled as cancelled:
            self.stop(cancelled.reason)
            raise


class Step:
    """One step: `done` says that an earlier attempt has done it, `output` is what came out."""

    def __init__(self, task, name, given):
        self._task, self._name, self._given = task, name, given
        self.done, self.output = False, None

    def __call__(self, function):
        @functools.wraps(function)
        def as_step(*arguments, **named):
            return self._task.step(self._name, lambda: function(*arguments, **named), self._given)

        return as_step

    def __enter__(self):
        self.done, self.output = self._task._ask(questions.begin_step(self._name, self._given))
        if not self.done:
            self._or_fail(self._task.check_cancelled)
        return self

    def __exit__(self, _, error, __):
        if error is not None and not self.done:
            self._fail(error)
        elif not self.done:
            self.output = self._or_fail(lambda: settled(self.output))
            self._task._ask(questions.end_step(self._name, self.output))

    def _or_fail(self, act):
        try:
            return act()
        except BaseException as error:
            self._fail(error)
            raise

    def _fail(self, error):
        """Tells the end of what was begun. An attempt that ends anyway needs no answer."""
        question = questions.fail_step(self._name, *failure(error))
        if isinstance(error, Exception):
            self._task._ask_regardless(question)
        else:
            self._task._line.abandon({**question.message, **self._task._address})


def failure(error):
    """The code and message of a step that failed."""
    if isinstance(error, Suspended):
        return "suspended", "waits"
    if isinstance(error, Cancelled):
        return "cancelled", error.reason
    return type(error).__name__, str(error)
