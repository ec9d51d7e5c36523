"""Configuration files that must not be taken (F107): the old declarations stay, the fault is named with its place, nothing hangs."""

import os
import unittest

from case import DaemonCase, refused_start

GOOD = "handlers:\n  chaos:\n    command: [/bin/true]\n"

WRONG_TEXTS = {
    "a syntax error": "handlers: [\n",
    "a tab as indent": "handlers:\n\tchaos:\n\t\tcommand: [/bin/true]\n",
    "a duplicate key": "handlers:\n  chaos: {command: [/bin/true]}\n  chaos: {command: [/bin/false]}\n",
    "an unknown key": GOOD + "    timeot: 5s\n",
    "an unknown section": GOOD + "handers: {}\n",
    "a wrong type": "handlers:\n  chaos:\n    command: {a: b}\n",
    "no as a number": GOOD + "    concurrency: no\n",
    "on as a number": GOOD + "    concurrency: on\n",
    "a float as a number": GOOD + "    concurrency: 1e3\n",
    "a bad duration": GOOD + "    timeout: 5x\n",
    "a duration without a unit": GOOD + "    timeout: 12\n",
    "a list as the whole": "- handlers\n",
    "two documents": GOOD + "---\n" + GOOD,
    "an alias": "x: &a 1\n" + GOOD + "    concurrency: *a\n",
    "not UTF-8": b"handlers:\n  chaos:\n    command: [\"/bin/\xff\xfe\"]\n",
    "deep nesting": "handlers: " + "[" * 5000 + "\n",
}


class Reload(DaemonCase):
    def refused(self, lab, place=True):
        before = lab.ok("GET", "/v1/kinds")
        answer = lab.http("POST", "/v1/reload", timeout=30)
        self.assertEqual(answer.status, 422, answer)
        errors = [str(error) for error in answer.json["errors"]]
        self.assertTrue(errors)
        if place:
            self.assertRegex(errors[0], r"reeve\.yaml:\d+:\d+: ")
        self.assertEqual(lab.ok("GET", "/v1/kinds"), before)
        self.assertNotEqual(lab.cli("check", "--config", lab.yaml).returncode, 0)

    def test_f107_wrong_texts_are_refused_with_their_place(self):
        lab = self.lab()
        for name, text in WRONG_TEXTS.items():
            with self.subTest(name):
                with open(lab.yaml, "wb") as file:
                    file.write(text if isinstance(text, bytes) else text.encode())
                self.refused(lab)
        self.assert_state(lab, lab.enq("exit 0"), "succeeded")

    def test_f107_all_faults_are_told_at_once(self):
        lab = self.lab()
        lab.write_configuration("handlers:\n  chaos: {command: [/bin/true], timeot: 5s}\n  other: {command: [/bin/true], timeout: 5x}\n")
        self.assertEqual(len(lab.http("POST", "/v1/reload").json["errors"]), 2)

    def test_f107_what_is_no_readable_file_is_refused_at_once(self):
        lab = self.lab()
        os.unlink(lab.yaml)
        self.refused(lab, place=False)
        os.mkdir(lab.yaml)
        self.refused(lab, place=False)
        os.rmdir(lab.yaml)
        os.mkfifo(lab.yaml)
        self.refused(lab, place=False)
        os.unlink(lab.yaml)
        with open(lab.yaml, "wb") as file:
            file.truncate(1 << 30)
        self.refused(lab, place=False)
        self.assert_state(lab, lab.enq("exit 0"), "succeeded")

    def test_a_good_file_after_bad_ones_is_taken(self):
        lab = self.lab()
        lab.write_configuration("handlers: 5\n")
        self.refused(lab)
        lab.handlers["added"] = lab.handler()
        lab.write_configuration()
        self.assertEqual(lab.http("POST", "/v1/reload").status, 200)
        self.assert_state(lab, lab.enq("exit 0", kind="added"), "succeeded")

    def test_a_daemon_does_not_start_with_a_bad_file(self):
        lab = self.quiet_lab()
        lab.handlers["chaos"]["timeot"] = "5s"
        status, told = refused_start(lab)
        self.assertGreater(status, 0)
        self.assertRegex(told, r"reeve\.yaml:\d+:\d+: .*timeot")
        self.assertFalse(os.path.exists(lab.store))


if __name__ == "__main__":
    unittest.main()
