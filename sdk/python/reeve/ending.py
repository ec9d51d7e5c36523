"""How an attempt ends, as a terminal message: from a value that was returned or from what was raised."""

import traceback

from .errors import Cancelled, Reject, Retry, Snooze, Suspended
from .moments import from_now, milliseconds, moment

TRACEBACK_MAX = 16 << 10


def of_value(value):
    return {"type": "result", "value": value}


def of_exception(error):
    """Every exception has a message; those that ask for the end of the process itself are for the caller to judge first."""
    if isinstance(error, Suspended):
        return {"type": "suspend"}
    if isinstance(error, Cancelled):
        return {"type": "error", "code": "cancelled", "message": f"stopped: {error.reason}"}
    if isinstance(error, Snooze):
        return {"type": "snooze", "for_ms": milliseconds(error.seconds)}
    if isinstance(error, Reject):
        return {"type": "reject", "code": error.code, "message": error.message, **_detail(error)}
    if isinstance(error, Retry):
        return {"type": "error", "code": error.code, "message": error.message, **_detail(error), **_retry_at(error)}
    told = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {"type": "error", "code": type(error).__name__, "message": str(error), "detail": {"traceback": told[-TRACEBACK_MAX:]}}


def unspeakable(message, error):
    """In place of a terminal message that JSON cannot hold."""
    return {"type": "error", "code": "bad_result", "message": f"the {message['type']} of the handler is not JSON: {error}"}


def _detail(error):
    return {} if error.detail is None else {"detail": error.detail}


def _retry_at(error):
    if error.at is not None:
        return {"retry_at": moment(error.at)}
    return {} if error.after is None else {"retry_at": from_now(error.after)}
