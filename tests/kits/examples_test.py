#!/usr/bin/env python3
"""The examples of the kits do what their READMEs say. REEVE_ENTROPY names the compiled one."""

import hashlib
import http.server
import math
import os
import shutil
import sys
import tempfile
import threading
import unittest

from peer import TERMINAL, Peer

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KITS = os.path.join(ROOT, "examples/kits")
NODE = shutil.which("node") or shutil.which("nodejs")


class Example(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="reeve-kits-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def play(self, command, kind, payload, steps=None):
        """One task as a worker. `steps`: done by earlier attempts, and what is done now. Gives the terminal message and the progress."""
        steps, progress = {} if steps is None else steps, []
        with Peer(command, worker=True) as peer:
            peer.expect("ready")
            peer.give(1, payload, kind=kind)
            while (message := peer.hear())["type"] not in TERMINAL:
                if message["type"] == "step.begin":
                    done = message["name"] in steps
                    peer.answer(message, done=done, **({"output": steps[message["name"]]} if done else {}))
                elif message["type"] == "step.end":
                    steps[message["name"]] = message.get("output")
                    peer.answer(message)
                else:
                    progress.append(message)
        return message, progress

    def test_python_finds_equal_files_and_does_no_size_twice(self):
        same = [self.write(name, b"x" * 5000) for name in ("a", "b")]
        self.write("c", b"y" * 5000)
        self.write("d", b"z")
        command, steps = [sys.executable, "-B", os.path.join(KITS, "python/duplicates.py")], {}
        found, progress = self.play(command, "files.duplicates", {"folder": self.folder}, steps)
        self.assertEqual({"groups": [same], "wasted": 5000}, found["value"])
        self.assertEqual(["list", "size-5000"], list(steps))
        self.assertEqual(100, progress[-1]["percent"])
        os.remove(same[1])                                   # a replay does not look
        self.assertEqual([same], self.play(command, "files.duplicates", {"folder": self.folder}, steps)[0]["value"]["groups"])
        self.assertEqual("bad_folder", self.play(command, "files.duplicates", {"folder": "/nowhere"})[0]["code"])

    def test_async_python_fetches_several_files(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(self.path.encode() * 100)

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                urls = [f"http://127.0.0.1:{server.server_address[1]}/{n}" for n in range(5)]
                command = [sys.executable, "-B", os.path.join(KITS, "python/mirror.py")]
                ended, progress = self.play(command, "web.mirror", {"urls": urls, "target": self.folder})
            finally:
                server.shutdown()
                thread.join()
        self.assertEqual([200] * 5, [file["bytes"] for file in ended["value"]], ended)
        self.assertEqual(5, progress[-1]["current"])
        self.assertEqual(5, len(os.listdir(self.folder)))

    @unittest.skipUnless(NODE, "node is not installed")
    def test_node_adds_up_a_table(self):
        table = os.path.join(ROOT, "examples/report/input/harvest.csv")
        payload = {"table": table, "label": "crop", "value": "tonnes"}
        ended, _ = self.play([NODE, os.path.join(KITS, "node/totals.mjs")], "table.totals", payload)
        totals = {}
        with open(table, encoding="utf-8") as file:
            for line in file.read().splitlines()[1:]:
                _, crop, tonnes = line.split(",")
                totals[crop] = totals.get(crop, 0) + float(tonnes)
        self.assertEqual(totals.keys(), ended["value"]["totals"].keys())
        for crop, sum_ in totals.items():
            self.assertAlmostEqual(sum_, ended["value"]["totals"][crop])
        self.assertEqual(max(totals, key=totals.get), ended["value"]["largest"])
        self.assertEqual("bad_column", self.play([NODE, os.path.join(KITS, "node/totals.mjs")], "table.totals", payload | {"value": "x"})[0]["code"])

    def test_cpp_measures_a_file(self):
        data = hashlib.sha256(b"seed").digest() * 40000 + b"a" * 100000
        counts = [data.count(bytes([byte])) for byte in range(256)]
        bits = -sum(n / len(data) * math.log2(n / len(data)) for n in counts if n)
        ended, progress = self.play([os.environ["REEVE_ENTROPY"]], "file.entropy", {"file": self.write("data", data)})
        self.assertEqual(len(data), ended["value"]["bytes"])
        self.assertAlmostEqual(bits, ended["value"]["bits_per_byte"])
        self.assertEqual(len(data), progress[-1]["current"])
        self.assertEqual("bad_payload", self.play([os.environ["REEVE_ENTROPY"]], "file.entropy", [])[0]["code"])


if __name__ == "__main__":
    unittest.main()
