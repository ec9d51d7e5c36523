#!/usr/bin/env python3
"""Round trips a second of a warm worker with a handler that does nothing: one task at a time, and with tasks always waiting.

    REEVE_KIT=python python3 tests/kits/speed.py [seconds]
"""

import sys
import time

from kits_test import COMMANDS, KIT
from peer import Peer


def line(task):
    return b'{"type":"task","task":%d,"epoch":1,"attempt":1,"max_attempts":5,"kind":"echo","queue":"default","labels":{},"payload":{"n":1}}\n' % task


def measure(seconds, at_once):
    with Peer(COMMANDS[KIT], worker=True) as peer:
        peer.expect("ready")
        begun, said, heard = time.monotonic(), at_once, 0
        peer.say_bytes(b"".join(map(line, range(at_once))))
        while time.monotonic() < begun + seconds:
            done = peer.socket.recv(1 << 16).count(b"\n")
            heard += done
            peer.say_bytes(b"".join(map(line, range(said, said + done))))
            said += done
        return heard / (time.monotonic() - begun)


if __name__ == "__main__":
    duration = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    print(f"{KIT}: {measure(duration, 1):,.0f}/s one at a time, {measure(duration, 64):,.0f}/s with tasks waiting")
