"""Messages as bytes: one JSON object, one line.

The encoder and the decoder are made once: `json.dumps` with arguments makes a new one each time, and a warm worker does this twice a task.
"""

import json

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_decode = json.JSONDecoder().decode


def line(message):
    """Raises ValueError or TypeError when the message holds what JSON cannot. Half a surrogate pair, which UTF-8 cannot, becomes "?"."""
    return _encode(message).encode("utf-8", "replace") + b"\n"


def message(raw):
    """The message of a line, or None when it is none: what cannot be understood is left alone."""
    try:
        found = _decode(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return found if type(found) is dict else None


def settled(value):
    """`value` as it will come back from the store, so that a first run and a replay see the same."""
    return _decode(_encode(value))
