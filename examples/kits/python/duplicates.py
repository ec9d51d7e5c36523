#!/usr/bin/env python3
"""Finds files with equal content in a folder: {"folder": "/srv/photos"} gives the groups, largest waste first.

Reading is the slow part, so each size that occurs more than once is a step: an attempt that was killed goes on with the next size.
"""
import collections
import hashlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../sdk/python"))

import reeve  # noqa: E402


def sizes(folder):
    """[size, [path]] of what could be equal, the largest first."""
    found = collections.defaultdict(list)
    for place, _, names in os.walk(folder):
        for path in (os.path.join(place, name) for name in names):
            if os.path.isfile(path) and not os.path.islink(path):
                found[os.path.getsize(path)].append(path)
    return sorted(([size, sorted(paths)] for size, paths in found.items() if size and len(paths) > 1), reverse=True)


def equal(paths):
    """The groups of paths whose files have the same content."""
    groups = collections.defaultdict(list)
    for path in paths:
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
        groups[digest.digest()].append(path)
    return [group for group in groups.values() if len(group) > 1]


@reeve.handler("files.duplicates")
def duplicates(task):
    folder = (task.payload or {}).get("folder")
    if not folder or not os.path.isdir(folder):
        raise reeve.Reject("bad_folder", f"{folder!r} is no folder; the payload is {{\"folder\": PATH}}")
    suspects = task.step("list", lambda: sizes(folder))
    groups = []
    for done, (size, paths) in enumerate(suspects):
        task.progress(current=done, total=len(suspects), label=f"{len(paths)} files of {size} bytes")
        groups += task.step(f"size-{size}", lambda paths=paths: equal(paths))
    task.progress(percent=100)
    return {"groups": groups, "wasted": sum(os.path.getsize(group[0]) * (len(group) - 1) for group in groups)}


if __name__ == "__main__":
    reeve.run()
