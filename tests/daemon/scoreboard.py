"""The scoreboard, read and written as docs/scoreboard.md says and with nothing else: mmap and struct."""

import mmap
import struct

HEADER = struct.Struct("<8sQQQQQqQ40s")
SLOT = struct.Struct("<QQQQQQQQQQQ16s128s24s")
STATES = ("free", "starting", "running", "idle", "stopping")
REASONS = ("", "cancel", "timeout", "stalled", "shutdown", "lease_lost")
NOT_TOLD = 2**64 - 1


def text(field):
    return field.split(b"\0", 1)[0].decode("utf-8")


def read(path):
    """(header, [slot that is not free]) as dictionaries."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as board:
        magic, version, slots, size, pid, started, wall, heartbeat, boot_id = HEADER.unpack_from(board, 0)
        assert (magic, version, size) == (b"REEVESB1", 1, SLOT.size), (magic, version, size)
        assert len(board) == 128 + slots * size
        header = {"slots": slots, "pid": pid, "started": started, "wall": wall, "heartbeat": heartbeat, "boot_id": text(boot_id)}
        rows = [slot_at(board, 128 + size * number) for number in range(slots)]
        return header, [row for row in rows if row["state"] != "free"]


def slot_at(board, at, tries=1000):
    for _ in range(tries):
        before = struct.unpack_from("<Q", board, at)[0]
        values = SLOT.unpack_from(board, at)
        if before % 2 == 0 and struct.unpack_from("<Q", board, at)[0] == before:
            break
    _, state, pid, task, epoch, attempt, started, sign, percent, stopping, page, executor, kind, label = values
    return {"state": STATES[state], "pid": pid, "task": task, "epoch": epoch, "attempt": attempt, "started": started, "sign": sign,
            "percent": None if percent == NOT_TOLD else percent / 1000, "stopping": REASONS[stopping], "page": page, "executor": text(executor),
            "kind": text(kind), "label": text(label)}
