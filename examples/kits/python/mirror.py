#!/usr/bin/env python3
"""Fetches files from the web, several at once: {"urls": [...], "target": "/srv/mirror"}. The async variant: one process, many tasks in flight."""
import asyncio
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../sdk/python"))

import reeve  # noqa: E402


def fetch(url, target):
    """Writes the file beside its place and renames it when it is whole. Gives its path and size."""
    path = os.path.join(target, urllib.parse.quote(url, safe=""))
    with urllib.request.urlopen(url, timeout=30) as answer, open(path + ".unfinished", "wb") as file:
        while chunk := answer.read(1 << 16):
            file.write(chunk)
    os.replace(path + ".unfinished", path)
    return {"file": path, "bytes": os.path.getsize(path)}


@reeve.handler("web.mirror")
async def mirror(task):
    urls, target = task.payload["urls"], task.payload["target"]
    os.makedirs(target, exist_ok=True)
    done = 0

    async def one(url):
        nonlocal done
        got = await task.step(url, lambda: asyncio.to_thread(fetch, url, target))
        done += 1
        task.progress(current=done, total=len(urls), label=url)
        return got

    try:
        return await asyncio.gather(*(one(url) for url in urls))
    except urllib.error.URLError as error:
        raise reeve.Retry(str(error), code="unreachable") from error


if __name__ == "__main__":
    reeve.run()
