"""The control groups of a store: a daemon that is killed cannot remove its own, and an empty one lies there until the machine restarts."""

import contextlib
import glob
import os

ROOT = "/sys/fs/cgroup"
FNV_BASIS, FNV_PRIME = 14_695_981_039_346_656_037, 1_099_511_628_211


def name_of_store(path):
    """As the daemon names the folder: the hash of the path of the store."""
    number = FNV_BASIS
    for byte in os.fsencode(os.path.realpath(path)):
        number = (number ^ byte) * FNV_PRIME % 2**64
    return f"reeve-{number:016x}"


def folders_of_store(path):
    """In whichever hierarchy, at its top or in the group in which the daemon was started, which is ours."""
    with open("/proc/self/cgroup", encoding="ascii") as file:
        groups = {line.rstrip("\n").split(":", 2)[2].strip("/") for line in file}
    return sorted({found for group in groups | {""} for below in ("", "*") for found in glob.glob(os.path.join(ROOT, below, group, name_of_store(path)))})


def remove(path):
    """Removes those in which nobody lives any more; the kernel refuses the others."""
    for top in folders_of_store(path):
        for folder, _, _ in os.walk(top, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
