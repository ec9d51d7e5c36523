"""The program was started by hand: no reeve is there, so a stage plays its part. Payload on stdin, result on stdout, the rest on stderr.

    echo '{"url": "..."}' | python3 resize.py
"""

import json
import sys

from . import registry
from .process import EXIT_CODES, record
from .testing import Stage


def serve():
    """Runs the handler once, through all its sleeps. Gives the exit code."""
    task = record()
    task["kind"] = task["kind"] or registry.only_kind()
    function = registry.of_kind(task["kind"])
    if function is None:
        print(f"reeve: which kind? REEVE_KIND names one of {', '.join(registry.kinds())}", file=sys.stderr)
        return 64
    stage = Stage(on_tell=_print)
    terminal = stage.play_record(function, task)
    while terminal["type"] == "suspend" and stage.suspended_on["type"] == "sleep":
        _print(stage.suspended_on)
        terminal = stage.play_record(function, task)
    if terminal["type"] == "result":
        print(json.dumps(terminal.get("value"), ensure_ascii=False))
    else:
        _print(stage.suspended_on if terminal["type"] == "suspend" else terminal)
    return EXIT_CODES[terminal["type"]]


def _print(message):
    print("reeve:", json.dumps(message, ensure_ascii=False), file=sys.stderr)
