"""One store, one daemon (F089); sockets that others left or own (F091)."""

import fcntl
import os
import socket
import subprocess
import unittest

import processes
from case import DaemonCase, refused_start, root_only
from waiting import wait_until


class SecondDaemon(DaemonCase):
    def refused(self, lab, spelling, wrap=()):
        """A second daemon with another socket and the store spelt as given refuses; the first does not notice."""
        before = lab.ok("GET", "/v1/status")["runner"]
        second = self.quiet_lab()
        second.store = spelling
        status, told = refused_start(second, wrap=wrap)
        self.assertGreater(status, 0, told)
        self.assertRegex(told, "in use|another|other daemon|locked|holds")
        self.assertFalse(os.path.exists(second.socket))
        self.assertEqual(lab.ok("GET", "/v1/status")["runner"], before)
        self.assert_state(lab, lab.enq("exit 0"), "succeeded")

    def test_f089_the_same_path_is_refused(self):
        lab = self.lab()
        self.refused(lab, lab.store)

    def test_f089_another_spelling_is_refused(self):
        lab = self.lab()
        os.mkdir(lab.path("sub"))
        self.refused(lab, os.path.join(lab.dir, "sub", "..", ".", "reeve.db"))

    def test_f089_a_symbolic_link_is_refused(self):
        lab = self.lab()
        os.symlink(lab.store, lab.path("alias.db"))
        os.symlink(lab.dir, lab.path("alias"))
        self.refused(lab, lab.path("alias.db"))
        self.refused(lab, lab.path("alias/reeve.db"))

    @root_only
    def test_f089_a_bind_mount_is_refused(self):
        lab = self.lab()
        view = lab.path("view")
        os.mkdir(view)
        subprocess.run(["mount", "--bind", lab.dir, view], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", view], check=False)
        self.refused(lab, os.path.join(view, "reeve.db"))

    @root_only
    def test_f089_another_pid_namespace_is_refused(self):
        lab = self.lab()
        self.refused(lab, lab.store, wrap=["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"])

    def test_a_lock_that_a_killed_daemon_left_to_its_newest_child_is_waited_for(self):
        lab = self.lab()
        lab.k9()
        path = lab.store + ".lock"
        with open(path, "r+b") as child:             # as a child holds it until it executes its program; the file names the dead daemon
            fcntl.flock(child, fcntl.LOCK_EX)
            lab.daemon = lab.start()
            wait_until(lambda: not lab.running() or path in processes.descriptors(lab.pid).values(), 30, "the daemon looks at the lock")
        wait_until(lab.ready, 30, "the daemon is ready")


class Sockets(DaemonCase):
    def test_f091_a_stale_socket_is_replaced(self):
        lab = self.lab()
        lab.k9()
        self.assertTrue(os.path.exists(lab.socket))
        lab.up()
        self.assert_state(lab, lab.enq("exit 0"), "succeeded")

    def test_f091_the_socket_of_another_live_program_is_left_alone(self):
        lab = self.quiet_lab()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
            other.bind(lab.socket)
            other.listen()
            inode = os.stat(lab.socket).st_ino
            status, told = refused_start(lab)
            self.assertGreater(status, 0, told)
            self.assertIn(lab.socket, told)
            self.assertEqual(os.stat(lab.socket).st_ino, inode)

    def test_f091_a_file_that_is_no_socket_is_left_alone(self):
        lab = self.quiet_lab()
        with open(lab.socket, "w", encoding="ascii") as file:
            file.write("mine")
        status, told = refused_start(lab)
        self.assertGreater(status, 0, told)
        with open(lab.socket, encoding="ascii") as file:
            self.assertEqual(file.read(), "mine")

    def test_the_socket_is_for_its_owner_and_group_only(self):
        lab = self.lab()
        self.assertEqual(os.stat(lab.socket).st_mode & 0o777, 0o660)


if __name__ == "__main__":
    unittest.main()
