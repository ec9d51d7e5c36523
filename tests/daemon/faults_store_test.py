"""The store under attack: other writers, full disks, wrong files, a defective library (F067, F069, F071, F081, F085)."""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import threading
import unittest

import oracle
import processes
import wire
from case import DaemonCase, refused_start, root_only
from lab import SANITIZED, TERMINAL
from waiting import wait_until


FAIL_SYNC = os.path.abspath(os.environ.get("REEVE_FAIL_SYNC", "build/dev/tests/daemon/fail_sync.so"))


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def locks_on(path, pid):
    """How many POSIX locks the process holds on the file: SQLite's own, which a careless open() and close() would drop."""
    inode = os.stat(path).st_ino
    with open("/proc/locks", encoding="ascii") as file:
        rows = [line.split() for line in file]
    return sum(1 for row in rows if "POSIX" in row and str(pid) in row and any(field.endswith(f":{inode}") for field in row))


class Library(DaemonCase):
    def test_f067_a_library_with_the_wal_reset_defect_is_named(self):
        lab = self.lab()
        told = lab.ok("GET", "/v1/doctor")
        engine = told["store"]["engine"]
        version = tuple(int(part) for part in engine.split()[1].split("."))
        named = any("checkpoint" in text for text in told["notes"])
        self.assertEqual(named, (3, 7, 0) <= version <= (3, 51, 2), told)

    def test_f067_readers_and_checkpoints_beside_the_writer_do_no_damage(self):
        lab = self.lab()
        stopped, faults = threading.Event(), []

        def read():
            while not stopped.is_set():
                answer = lab.http("GET", "/v1/tasks?limit=1000&payload=true")
                if answer.status != 200:
                    faults.append(answer)

        readers = [threading.Thread(target=read, daemon=True) for _ in range(4)]
        for reader in readers:
            reader.start()
        for turn in range(15):
            lab.bulk([f"note {turn} {n} " + "x" * 2000 for n in range(200)], kind="noop")
        lab.idle()
        stopped.set()
        for reader in readers:
            reader.join(60)
        self.assertEqual(faults, [])
        self.assertTrue(lab.ok("GET", "/v1/store/check")["ok"])

    def test_f069_backups_checks_and_figures_never_drop_the_locks(self):
        lab = self.lab()
        lab.bulk([f"note {n}" for n in range(50)], kind="noop")
        lab.idle()
        held = locks_on(lab.store, lab.pid)
        self.assertGreater(held, 0)
        for method, path, body in (("GET", "/v1/status", None), ("GET", "/v1/doctor", None), ("GET", "/v1/store/check", None),
                                   ("POST", "/v1/store/backup", {"path": lab.path("copy.db")})):
            lab.ok(method, path, body)
            self.assertGreaterEqual(locks_on(lab.store, lab.pid), min(held, 1), path)
        self.assertEqual(oracle.integrity(lab.path("copy.db")), [])
        self.assertEqual(os.stat(lab.path("copy.db")).st_mode & 0o777, 0o600)
        self.assertGreaterEqual(lab.http("POST", "/v1/store/backup", {"path": lab.path("copy.db")}).status, 400, "never over an existing file")
        with sqlite3.connect(f"file:{lab.path('copy.db')}?mode=ro", uri=True) as copy:
            tables = [row[0] for row in copy.execute("SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite_%'")]
        self.assertTrue(tables and all(name.startswith("reeve_") for name in tables), tables)

    def test_the_store_is_private_from_its_creation(self):
        lab = self.lab()
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(lab.store + suffix):
                self.assertEqual(os.stat(lab.store + suffix).st_mode & 0o077, 0, suffix)


class OtherWriters(DaemonCase):
    store = {"busy_timeout": "300ms", "busy_retries": 1, "busy_retry_delay": "50ms"}

    def test_f071_while_another_program_writes_enqueues_are_refused_and_then_go_on(self):
        lab = self.lab(store=self.store)
        running = lab.enq(f"gate {lab.path('go')}; result 4")
        lab.wait_begun(running)
        with lab.holding_the_write_lock():
            refused = lab.http("POST", "/v1/tasks", {"kind": "chaos", "payload": "note refused"})
            self.assertEqual((refused.status, refused.json["code"]), (503, "store_busy"), refused)
            self.assertGreater(int(refused.headers["retry-after"]), 0)
            self.assertIn(lab.http("GET", "/healthz").status, (200, 503))
            self.assertEqual(lab.http("GET", "/v1/tasks").status, 200)
            lab.open_gate("go")
            wait_until(lambda: any(body.end for body in lab.begun(running)), 30, "the body ended while nothing could be written")
        self.assertEqual(self.assert_state(lab, running, "succeeded")["result"], "rrrr")
        wait_until(lambda: lab.http("GET", "/healthz").status == 200, 30, "health is ok again")
        self.assert_state(lab, lab.enq("exit 0"), "succeeded")
        self.assertNotIn("note refused", [task.get("payload") for task in lab.export()[0].values()])

    def test_f071_a_body_whose_lease_cannot_be_renewed_is_stopped_before_it_ends(self):
        lab = self.lab(store=self.store, supervisor={"lease": "3s"})
        task = lab.enq(f"gate {lab.path('go')}")
        body, = lab.wait_begun(task)
        wait_until(lambda: lab.task(task)["state"] == "running", 30, "it is shown as running")
        with lab.holding_the_write_lock():
            wait_until(lambda: processes.stat(body.pid) is None, 30, "the body is gone")
        lab.open_gate("go")
        self.assert_state(lab, task, "succeeded")
        self.assertEqual(len(lab.begun(task)), 2)
        self.assertIn(lab.attempts(task)[0]["outcome"], ("lost", "interrupted"))


    def test_f071_a_renewal_that_fails_is_told_and_its_body_goes_on_until_the_lease_ends_case_16(self):
        lab = self.lab(store=self.store, supervisor={"lease": "6s"})
        task = lab.enq(f"gate {lab.path('go')}; result 1")
        lab.wait_begun(task)
        wait_until(lambda: lab.task(task)["state"] == "running", 30, "it is shown as running")
        with lab.holding_the_write_lock():
            told = wait_until(lambda: lab.log_events("lease.renewal_failed"), 30, "a renewal has failed")
        self.assertEqual((told[0]["level"], told[0]["attempts"]), ("warn", 1))
        renewed = lab.task(task)["lease_expires_at"]
        wait_until(lambda: lab.task(task)["lease_expires_at"] > renewed, 30, "the lease is renewed again")
        lab.open_gate("go")
        self.assertEqual(self.assert_state(lab, task, "succeeded")["epoch"], 1)
        self.assert_outcomes(lab, task, "succeeded")


class FullDisk(DaemonCase):
    @root_only
    def test_on_a_full_disk_enqueues_are_refused_and_service_resumes_without_a_restart(self):
        lab = self.quiet_lab()
        disk = lab.path("disk")
        os.mkdir(disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=False)
        lab.store = os.path.join(disk, "reeve.db")
        lab.up()
        lab.enq("exit 0")
        lab.idle()
        ballast = os.path.join(disk, "ballast")
        self.fill(ballast)
        refused = self.until_refused(lab)
        self.assertIn(refused.status, (503, 507), refused)
        self.assertIn("full", refused.json["code"] + refused.json["detail"])
        self.assertIsNone(lab.daemon.poll(), "the daemon lives")
        self.assertEqual(lab.http("GET", "/v1/tasks").status, 200)
        os.unlink(ballast)
        task = wait_until(lambda: self.accepted(lab), 60, "an enqueue is accepted again")
        self.assert_state(lab, task, "succeeded")
        wait_until(lambda: lab.http("GET", "/healthz").status == 200, 30, "health is ok again")
        lab.idle()
        self.assert_held(oracle.judge(lab))

    def fill(self, path):
        with open(path, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass

    def until_refused(self, lab):
        for number in range(3000):
            payload = f"note {number} " + "x" * 20000
            answer = lab.http("POST", "/v1/tasks", {"kind": "noop", "payload": payload})
            if answer.status >= 300:
                return answer
            lab.acks.append((answer.json["id"], payload))
        self.fail("the disk did not fill up")

    def accepted(self, lab):
        answer = lab.http("POST", "/v1/tasks", {"kind": "chaos", "payload": "exit 0"})
        return answer.json["id"] if answer.status == 201 else None


@unittest.skipIf(SANITIZED, "a sanitizer wants to be loaded first")
class FailingDisk(DaemonCase):
    """A failed flush is fail-stop: the kernel may have dropped the pages, so a second try that succeeds would prove nothing."""

    def test_after_a_failed_flush_nothing_is_acknowledged_and_the_daemon_ends_with_its_own_code(self):
        lab = self.quiet_lab()
        trigger = lab.path("flushes-fail")
        lab.up(env={"LD_PRELOAD": FAIL_SYNC, "FAIL_SYNC_WHILE": trigger})
        for number in range(20):
            payload = f"note {number}"
            lab.acks.append((lab.ok("POST", "/v1/tasks", {"kind": "noop", "payload": payload, "delay": "1h"})["id"], payload))
        sleeper = lab.enq("sleep 60000")
        wait_until(lambda: lab.task(sleeper)["state"] == "running", 20, "a body runs")
        with open(trigger, "w", encoding="ascii"):
            pass
        answers = []
        for number in range(5):
            try:
                answers.append(lab.http("POST", "/v1/tasks", {"kind": "noop", "payload": f"lost {number}"}).status)
            except (wire.Unreachable, OSError):
                break
        self.assertEqual([status for status in answers if status < 300], [], "an enqueue was acknowledged after the disk had failed")
        self.assertEqual(lab.daemon.wait(30), 74, lab.log_tail())
        self.assertTrue(lab.log_events("daemon.failed"), lab.log_tail())
        self.assert_nothing_left(lab)
        os.unlink(trigger)
        lab.up()
        self.assertEqual(lab.task(sleeper)["crashes"], 1, "the body that was running is known to be lost")
        self.assert_held(oracle.judge(lab, settled=False))


class WrongFiles(DaemonCase):
    """A file that is not a sound store of ours is refused and not touched: not one byte, no new file beside it but what a reader needs."""

    def refused(self, lab, word):
        before = digest(lab.store)
        status, told = refused_start(lab)
        self.assertGreater(status, 0, told)
        self.assertIn(lab.store, told)
        self.assertRegex(told.lower(), word)
        self.assertEqual(digest(lab.store), before)
        return status

    def used_store(self):
        """A lab whose daemon has run and stopped, its store in one file."""
        lab = self.lab(judged=False)
        lab.bulk([f"note {n} " + "x" * 500 for n in range(300)], kind="noop")
        lab.idle()
        self.assertEqual(lab.term(), 0)
        with sqlite3.connect(lab.store) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return lab

    def test_text_is_refused(self):
        lab = self.quiet_lab()
        with open(lab.store, "wb") as file:
            file.write(b"these are my notes, not a database\n" * 200)
        self.refused(lab, "not a|foreign|damaged|database")

    def test_another_programs_database_is_refused_or_left_as_it_is(self):
        lab = self.quiet_lab()
        with sqlite3.connect(lab.store) as connection:
            connection.execute("PRAGMA application_id=12345")
            connection.execute("PRAGMA user_version=77")
            connection.execute("CREATE TABLE invoices (n)")
            connection.execute("INSERT INTO invoices VALUES (1)")
        connection.close()
        self.refused(lab, "other|foreign|another|not a")

    def test_f085_a_store_of_a_newer_reeve_is_refused(self):
        lab = self.used_store()
        with sqlite3.connect(lab.store) as connection:
            connection.execute("PRAGMA user_version=999999")
        connection.close()
        self.refused(lab, "newer")

    def test_f081_a_damaged_header_or_page_is_refused(self):
        lab = self.used_store()
        shutil.copy(lab.store, lab.path("sound"))
        size = os.path.getsize(lab.store)
        for name, at, junk in (("header", 0, b"\xff" * 16), ("schema page", 100, b"\xff" * 64), ("half a file", None, b"")):
            with self.subTest(name):
                shutil.copy(lab.path("sound"), lab.store)
                with open(lab.store, "r+b") as file:
                    if at is None:
                        file.truncate(size // 2)
                    else:
                        file.seek(at)
                        file.write(junk)
                self.refused(lab, "damage|malformed|corrupt|not a|disk image")

    def test_an_empty_directory_in_its_place_is_refused(self):
        lab = self.quiet_lab()
        os.mkdir(lab.store)
        status, told = refused_start(lab)
        self.assertGreater(status, 0, told)
        self.assertIn(lab.store, told)

    def test_a_backup_is_a_store_that_a_daemon_can_serve(self):
        lab = self.lab()
        lab.bulk([f"note {n}" for n in range(20)], kind="noop")
        lab.idle()
        lab.ok("POST", "/v1/store/backup", {"path": lab.path("copy.db")})
        lab.term()
        lab.store = lab.path("copy.db")
        lab.up()
        self.assertEqual({task["state"] for task in lab.export()[0].values()} - set(TERMINAL), set())


if __name__ == "__main__":
    unittest.main()
