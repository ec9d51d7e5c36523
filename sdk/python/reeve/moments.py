"""Moments and durations as people write them in Python, and as the protocol wants them: whole milliseconds."""

import datetime
import time


def milliseconds(duration):
    """Seconds, or a timedelta."""
    if isinstance(duration, datetime.timedelta):
        duration = duration.total_seconds()
    return max(0, round(duration * 1000))


def moment(at):
    """A datetime with a zone, seconds since 1970, or RFC 3339 text, which stays as it is."""
    if isinstance(at, str):
        return at
    if isinstance(at, datetime.datetime):
        if at.tzinfo is None:
            raise ValueError(f"{at!r} has no time zone; write datetime.now(timezone.utc) or at.astimezone()")
        at = at.timestamp()
    return round(at * 1000)


def from_now(duration):
    return round(time.time() * 1000) + milliseconds(duration)
