"""Waiting for a condition, never for time."""

import time


class Late(AssertionError):
    """What was waited for did not come."""


def wait_until(condition, deadline=30.0, what="", pause=0.01):
    """Returns the first true answer of `condition`; raises Late after `deadline` seconds. The last answer is part of the message."""
    end = time.monotonic() + deadline
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Late(f"{what or 'the condition'} did not hold within {deadline} s; last: {answer!r}")
        time.sleep(pause)
        pause = min(pause * 1.3, 0.1)
