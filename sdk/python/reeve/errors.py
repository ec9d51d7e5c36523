"""What a handler may raise to say how its task ends, and what the kit raises in it.

`Cancelled`, `Suspended` and `Disconnected` are no `Exception`: a handler that guards its work with `except Exception` must not take "stop" for a
failure of that work and go on.
"""


class Reject(Exception):
    """No other try would change it: the task fails for good."""

    def __init__(self, code, message="", detail=None):
        super().__init__(message or code)
        self.code, self.message, self.detail = code, message, detail


class Retry(Exception):
    """It failed; try again at a moment (`at`), after some time (`after`), or when the retry policy says."""

    def __init__(self, message="", at=None, after=None, code="retry", detail=None):
        super().__init__(message or code)
        self.code, self.message, self.detail = code, message, detail
        self.at, self.after = at, after


class Snooze(Exception):
    """Not now: the same try again, `seconds` from now."""

    def __init__(self, seconds):
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class Refused(Exception):
    """reeve understood what was asked and said no; `code` is stable."""

    def __init__(self, code, message=""):
        super().__init__(f"{code}: {message}" if message else code)
        self.code, self.message = code, message


class Cancelled(BaseException):
    """The task is to end now. `reason`: cancel, timeout, stalled, shutdown, lease_lost, or stopped when only a signal said so."""

    def __init__(self, reason="cancel"):
        super().__init__(reason)
        self.reason = reason


class Suspended(BaseException):
    """What the task waits for is not there yet: this body ends, and a later attempt goes on from here."""


class Disconnected(BaseException):
    """reeve is gone; nobody hears what this body says."""
