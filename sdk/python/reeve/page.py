"""The page of the scoreboard that belongs to this process: a sign of life is a store to memory and no system call.

Words are stored through a memoryview, which copies all eight bytes at once. The layout is told in docs/scoreboard.md.
"""

import math
import mmap
import os
import sys

MAGIC = b"REEVEPG1"
SIZE = 4096
NOT_TOLD = (1 << 64) - 1
REASONS = ("", "cancel", "timeout", "stalled", "shutdown", "lease_lost")

_VERSION, _CANCEL, _BEATS, _SEQUENCE, _PERCENT, _CURRENT, _TOTAL = 1, 2, 8, 9, 10, 11, 12     # in words of eight bytes
_LABEL, _LABEL_END = 104, 232


def open_page(path):
    """The page at `path`, or None: a page that cannot be used is no reason not to work, messages say the same."""
    if not path or sys.byteorder != "little":
        return None
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            memory = mmap.mmap(descriptor, SIZE)
        finally:
            os.close(descriptor)
    except (OSError, ValueError):
        return None
    return Page(memory) if memory[:8] == MAGIC and memory[8] == 1 else None


class Page:
    def __init__(self, memory):
        self._bytes = memoryview(memory)
        self._words = self._bytes.cast("Q")
        self._numbers = self._bytes.cast("d")

    def beat(self):
        self._words[_BEATS] = (self._words[_BEATS] + 1) & NOT_TOLD

    def progress(self, percent, current, total, label):
        words, numbers = self._words, self._numbers
        sequence = words[_SEQUENCE] | 1                    # also when an earlier writer was killed half way
        words[_SEQUENCE] = sequence
        words[_PERCENT] = NOT_TOLD if percent is None else max(0, round(percent * 1000))
        numbers[_CURRENT] = math.nan if current is None else current
        numbers[_TOTAL] = math.nan if total is None else total
        self._bytes[_LABEL:_LABEL_END] = _cut(label or "").ljust(_LABEL_END - _LABEL, b"\0")
        words[_SEQUENCE] = (sequence + 1) & NOT_TOLD
        self.beat()

    def clear(self):
        """The next task of this process does not begin with the progress of the last one."""
        self.progress(None, None, None, None)

    @property
    def cancel(self):
        """Why reeve wants the body to end; empty: it does not."""
        reason = self._words[_CANCEL]
        return REASONS[reason] if reason < len(REASONS) else "cancel"


def _cut(label):
    """At most 128 bytes, cut at a character."""
    return label.encode("utf-8", "replace")[:_LABEL_END - _LABEL].decode("utf-8", "ignore").encode("utf-8")
