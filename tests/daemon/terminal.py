"""A terminal with a person before it: a program runs on it, sees its size, and hears what is typed."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from waiting import wait_until

CTRL_C = "\x03"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Terminal:
    def __init__(self, command, env, cwd=None, columns=80, rows=40):
        self.seen = b""
        self.over = False
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {**env, "TERM": env.get("TERM", "xterm")}
        environment.pop("COLUMNS", None)
        # setsid makes it the controlling terminal, so that Ctrl-C becomes a signal.
        self.process = subprocess.Popen(["env", "--default-signal=INT", "setsid", "--ctty", *command], stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=cwd)
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(30)
        os.close(self.master)

    def _look(self):
        while not self.over and select.select([self.master], [], [], 0)[0]:
            try:
                self.seen += os.read(self.master, 65536)
            except OSError:  # nobody holds the other side any more
                self.over = True

    @property
    def text(self):
        self._look()
        return self.seen.decode("utf-8", "replace").replace("\r\n", "\n")

    @property
    def plain(self):
        """What is there without its colours."""
        return COLOUR.sub("", self.text)

    def await_text(self, part, deadline=30.0):
        return wait_until(lambda: part in self.text and self.text, deadline, f"the terminal shows {part!r}; it shows {self.text!r}")

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self, deadline=60.0):
        """Waits for the end as a shell does, and gives the exit code as a shell does."""
        end = time.monotonic() + deadline
        while self.process.poll() is None:
            self._look()
            if time.monotonic() > end:
                raise AssertionError(f"the program did not end; the terminal shows {self.text!r}")
            select.select([self.master] if not self.over else [], [], [], 0.02)
        self._look()
        code = self.process.returncode
        return code if code >= 0 else 128 - code
