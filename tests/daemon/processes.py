"""What /proc says: whose process is whose."""

import os


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def environment(pid):
    entries = (entry.partition(b"=") for entry in _read(f"/proc/{pid}/environ").split(b"\0") if entry)
    return {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, _, value in entries}


def stat(pid):
    """(state, parent, start time) or None when there is no such process."""
    text = _read(f"/proc/{pid}/stat").decode("utf-8", "replace")
    if not text:
        return None
    fields = text[text.rindex(")") + 2:].split()
    return fields[0], int(fields[1]), int(fields[19])


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def marked(name, value):
    """{(pid, start time)} of live processes with this variable in their environment."""
    needle = f"{name}={value}".encode()
    found = set()
    for pid in all_pids():
        if needle in _read(f"/proc/{pid}/environ").split(b"\0"):
            about = stat(pid)
            if about and about[0] not in "ZX":
                found.add((pid, about[2]))
    return found


def lives(pid, start):
    about = stat(pid)
    return about is not None and about[2] == start and about[0] not in "ZX"


def children(pid):
    """{pid: state} of direct children."""
    found = {}
    for other in all_pids():
        about = stat(other)
        if about and about[1] == pid:
            found[other] = about[0]
    return found


def zombies_of(pid):
    return [child for child, state in children(pid).items() if state == "Z"]


def descriptors(pid):
    found = {}
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                found[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
            except OSError:
                pass
    except OSError:
        pass
    return found


def cpu_seconds(pid):
    fields = _read(f"/proc/{pid}/stat").decode().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status_figure(pid, name):
    """A figure of /proc/PID/status: VmHWM (KiB), VmRSS (KiB), Threads, voluntary_ctxt_switches ..."""
    for line in _read(f"/proc/{pid}/status").decode().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def switches(pid):
    """Voluntary context switches of all threads: how often the process went to sleep, so how often it was woken."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        for line in _read(f"/proc/{pid}/task/{thread}/status").decode().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total
