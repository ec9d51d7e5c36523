"""One attempt from its first line to its last: runs the handler and gives what is to be said at the end."""

from . import ending, registry, wire
from .errors import Disconnected, Suspended


def no_handler(kind):
    return {"type": "error", "code": "no_handler",
            "message": f"this program has no handler for {kind}; it has {', '.join(registry.kinds()) or 'none'}"}


def run(task):
    """The terminal message of a plain handler. SystemExit, KeyboardInterrupt and Disconnected are the caller's."""
    function = registry.of_kind(task.kind)
    if function is None:
        return no_handler(task.kind)
    try:
        return judged(task, ending.of_value(function(task)))
    except (SystemExit, KeyboardInterrupt, Disconnected):
        raise
    except BaseException as error:
        return judged(task, ending.of_exception(error))


def judged(task, terminal):
    """Once reeve has said that the body is to suspend, that is how it ends, even if the handler caught what said so."""
    return ending.of_exception(Suspended()) if task._suspended else terminal


def last_lines(task, terminal):
    """The bytes that end the attempt."""
    words = task.last_words(terminal)
    try:
        return b"".join(map(wire.line, words))
    except (TypeError, ValueError, RecursionError) as error:
        words[-1] = {**words[-1], **ending.unspeakable(terminal, error)}
        for only in ("value", "detail"):
            words[-1].pop(only, None)
        return b"".join(map(wire.line, words))
