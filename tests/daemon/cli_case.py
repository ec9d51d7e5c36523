"""What the tests of the command line share: `reeve` as a program that answers on stdout, talks on stderr and ends with a code."""

import contextlib
import json
import os
import subprocess

import lab as laboratory
from case import DaemonCase
from terminal import Terminal

ESCAPE = "\x1b"


class CliCase(DaemonCase):
    def reeve(self, lab, *arguments, code=0, **options):
        """Runs it and expects the exit code; gives what it left."""
        run = lab.cli(*arguments, **options)
        self.assertEqual(run.returncode, code, f"reeve {' '.join(map(str, arguments))}\nstdout: {run.stdout}\nstderr: {run.stderr}")
        return run

    def refused(self, lab, *arguments, says=(), code=2, **options):
        """Nothing on stdout, and one sentence that holds all the words."""
        run = self.reeve(lab, *arguments, code=code, **options)
        self.assertEqual(run.stdout, "")
        for words in says:
            self.assertIn(words, run.stderr)
        self.assertNotIn(ESCAPE, run.stderr)
        return run.stderr

    def data(self, lab, *arguments, **options):
        return self.reeve(lab, *arguments, **options).stdout

    def json(self, lab, *arguments, **options):
        return json.loads(self.data(lab, *arguments, "--json", **options))

    def json_lines(self, lab, *arguments, **options):
        return [json.loads(line) for line in self.data(lab, *arguments, "--json", **options).splitlines()]

    def enqueue(self, lab, script, *options):
        return int(self.data(lab, "enqueue", "chaos", json.dumps(script), *options))

    def environment(self, lab, **more):
        return {**os.environ, "REEVE_SOCKET": lab.socket, **more}

    @contextlib.contextmanager
    def beside(self, lab, *arguments):
        """It runs while the test goes on."""
        process = subprocess.Popen([laboratory.BIN, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.environment(lab), cwd=lab.dir)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def terminal(self, lab, *arguments, columns=80, **env):
        return Terminal([laboratory.BIN, *map(str, arguments)], self.environment(lab, **env), lab.dir, columns)
