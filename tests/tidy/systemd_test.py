#!/usr/bin/env python3
"""The unit is what systemd understands, and handlers that run below it are well contained."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import sources

FOLDER = os.path.join(sources.ROOT, "systemd")
HIGHEST_EXPOSURE = 20                              # tenths: 2.0


def unit_text():
    with open(os.path.join(FOLDER, "reeve.service"), encoding="utf-8") as file:
        return file.read()


def analyze(text, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "reeve.service")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return subprocess.run(["systemd-analyze", *arguments, path], capture_output=True, text=True, check=False,
                              env={**os.environ, "LC_ALL": "C", "SYSTEMD_PAGER": "cat"})


def with_our_binary(text):
    """The unit with programs that exist on this machine: systemd looks for them."""
    text = text.replace("/usr/bin/reeve", os.path.realpath(os.environ.get("REEVE_BIN", "/bin/true")))
    return re.sub(r"^Documentation=.*\n", "", text, flags=re.M)


class Unit(unittest.TestCase):
    def test_systemd_has_nothing_to_say_about_it(self):
        # systemd 252 answers 0 for keys it does not know; what it prints tells.
        self.assertEqual("", analyze(with_our_binary(unit_text()), "verify").stderr)

    def test_an_unknown_key_would_be_noticed(self):
        self.assertIn("ProtectMoon", analyze(with_our_binary(unit_text()) .replace("[Service]", "[Service]\nProtectMoon=yes"), "verify").stderr)

    def test_its_exposure_is_low(self):
        answer = analyze(unit_text(), "security", "--offline=true", f"--threshold={HIGHEST_EXPOSURE}")
        self.assertEqual(0, answer.returncode, answer.stdout + answer.stderr)

    def test_less_hardening_would_be_noticed(self):
        weak = "\n".join(line for line in unit_text().splitlines() if not line.startswith(("CapabilityBoundingSet", "ProtectSystem", "Restrict")))
        self.assertNotEqual(0, analyze(weak, "security", "--offline=true", f"--threshold={HIGHEST_EXPOSURE}").returncode)

    def test_it_does_what_the_guide_says(self):
        for line in ("Type=notify", "WatchdogSec=20", "KillMode=mixed", "ExecReload=/bin/kill -HUP $MAINPID", "StateDirectory=reeve",
                     "RuntimeDirectory=reeve", "LogsDirectory=reeve", "Delegate=cpu memory pids io", "User=reeve",
                     "ExecStart=/usr/bin/reeve serve --config /etc/reeve/reeve.yaml"):
            self.assertIn(line, unit_text().splitlines())


class UserAndFolders(unittest.TestCase):
    def test_the_user_and_the_folders_are_made(self):
        with tempfile.TemporaryDirectory() as root:
            os.mkdir(os.path.join(root, "etc"))
            users = subprocess.run(["systemd-sysusers", f"--root={root}", os.path.join(FOLDER, "sysusers.d/reeve.conf")],
                                   capture_output=True, text=True, check=False)
            self.assertEqual(0, users.returncode, users.stderr)
            with open(os.path.join(root, "etc/passwd"), encoding="utf-8") as file:
                self.assertRegex(file.read(), r"(?m)^reeve:x:\d+:\d+:.*:/var/lib/reeve:/usr/sbin/nologin$")
            if os.geteuid() != 0:
                return                             # only root gives folders away
            folders = subprocess.run(["systemd-tmpfiles", f"--root={root}", "--create", os.path.join(FOLDER, "tmpfiles.d/reeve.conf")],
                                     capture_output=True, text=True, check=False)
            self.assertEqual(0, folders.returncode, folders.stderr)
            self.assertEqual(0o700, os.stat(os.path.join(root, "var/lib/reeve")).st_mode & 0o777)
            self.assertEqual(0o750, os.stat(os.path.join(root, "run/reeve")).st_mode & 0o777)


if __name__ == "__main__":
    if not shutil.which("systemd-analyze"):
        sys.exit(77)
    unittest.main()
