"""`reeve.run()`: finds out how this program was started, and serves that way."""

import os
import sys

from . import async_serve, process, registry, worker
from .channel import Channel, take_over
from .page import open_page


def run():
    """Serves the registered handlers and ends the program. Call it last."""
    sys.exit(serve(os.environ))


def serve(environment):
    is_async = registry.is_async()
    sock = take_over(environment)
    is_worker = environment.pop("REEVE_WORKER", "") == "1"
    page = open_page(environment.pop("REEVE_SCOREBOARD", ""))
    if sock is None:
        from . import by_hand
        return by_hand.serve()
    if is_async:
        return (async_serve.serve_worker if is_worker else async_serve.serve_process)(sock, page)
    return (worker if is_worker else process).serve(Channel(sock), page)
