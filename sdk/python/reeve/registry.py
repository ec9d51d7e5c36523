"""The handlers of this program, by kind."""

import inspect
import os

_handlers = {}


def handler(kind=None):
    """Registers a function as the handler of a kind; without a kind, of every kind that has no handler of its own."""
    if callable(kind):
        raise TypeError('write @reeve.handler("the.kind") or @reeve.handler(), with parentheses')

    def register(function):
        if kind in _handlers:
            raise ValueError(f"{kind or 'every kind'} has a handler already: {_handlers[kind].__qualname__}")
        _handlers[kind] = function
        return function

    return register


def of_kind(kind):
    """The handler of `kind`, or None."""
    return _handlers.get(kind) or _handlers.get(None)


def only_kind():
    """The kind of the only handler there is, for a program that is run by hand."""
    return next(iter(_handlers)) if len(_handlers) == 1 else None


def kinds():
    return sorted(kind for kind in _handlers if kind)


def is_async():
    """Whether this program waits with asyncio. One process has one way of waiting, so its handlers must agree."""
    if not _handlers:
        raise LookupError('no handler is registered; put @reeve.handler("the.kind") over a function before reeve.run()')
    serving = of_kind(os.environ.get("REEVE_KIND"))
    ways = {inspect.iscoroutinefunction(function) for function in ([serving] if serving else _handlers.values())}
    if len(ways) > 1:
        raise TypeError("some handlers are `async def` and some are not; a worker has one way of waiting, make them alike")
    return ways.pop()
