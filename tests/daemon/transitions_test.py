"""The oracle's state machine is the one in the code; and the oracle itself notices what it is there to notice."""

import os
import re
import unittest

import oracle
from transitions import TRANSITIONS
from witness import Body, Line

HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "store", "transitions.hpp")


def event(seq, kind, task=1, epoch=0):
    return {"seq": seq, "type": kind, "task": task, "epoch": epoch}


def history(*kinds):
    epoch, events = 0, []
    for seq, kind in enumerate(kinds, 1):
        epoch += kind == "task.claimed"
        events.append(event(seq, kind, epoch=0 if kind == "task.enqueued" else epoch))
    return events


class TheStateMachine(unittest.TestCase):
    def test_the_oracle_and_the_code_agree_on_it(self):
        with open(HEADER, encoding="utf-8") as file:
            rows = re.findall(r'Transition\{Status::(\w+), Status::(\w+), "([\w.]+)"', file.read())
        table = {}
        for before, after, kind in rows:
            table.setdefault((before, after), set()).add(kind)
        self.assertEqual(table, TRANSITIONS)


class TheOracle(unittest.TestCase):
    ran = history("task.enqueued", "task.claimed", "task.started", "task.succeeded")
    row = {"id": 1, "status": "succeeded", "attempt": 1, "epoch": 1, "max_attempts": 3, "max_crashes": 3}

    def test_a_sound_history_has_no_fault(self):
        self.assertEqual(oracle.histories({1: self.row}, self.ran) + oracle.budgets({1: self.row}, self.ran) + oracle.claims(self.ran), [])

    def test_a_second_terminal_event_is_noticed(self):
        self.assertTrue(oracle.histories({1: self.row}, history("task.enqueued", "task.claimed", "task.started", "task.succeeded", "task.failed")))

    def test_a_gap_in_event_numbers_is_noticed(self):
        events = [event(1, "task.enqueued"), event(3, "task.claimed", epoch=1)]
        self.assertTrue(oracle.histories({1: {**self.row, "status": "claimed"}}, events))

    def test_a_row_that_contradicts_its_history_is_noticed(self):
        self.assertTrue(oracle.histories({1: {**self.row, "status": "failed"}}, self.ran))

    def test_a_lost_and_a_changed_task_are_noticed(self):
        self.assertEqual(len(oracle.acknowledged([(1, "a"), (2, "b")], {2: {"payload": "c"}})), 2)

    def test_a_task_stored_twice_is_noticed(self):
        self.assertTrue(oracle.at_most_once(["a"], {1: {"payload": "a"}, 2: {"payload": "a"}}))
        self.assertTrue(oracle.at_most_once([], {}, exactly=["a"]))

    def test_a_claim_that_nobody_paid_for_is_noticed(self):
        events = history("task.enqueued", "task.claimed", "task.retried", "task.claimed", "task.started", "task.succeeded")
        self.assertTrue(oracle.budgets({1: {**self.row, "epoch": 2}}, events))

    def test_a_claim_that_ended_suspended_is_free(self):
        events = history("task.enqueued", "task.claimed", "task.started", "task.suspended", "task.resumed", "task.claimed", "task.started", "task.succeeded")
        self.assertEqual(oracle.budgets({1: {**self.row, "epoch": 2}}, events), [])
        self.assertTrue(oracle.budgets({1: {**self.row, "epoch": 2, "attempt": 2}}, events))

    def test_a_write_of_an_earlier_claim_is_noticed(self):
        events = history("task.enqueued", "task.claimed", "task.retried", "task.claimed")
        self.assertTrue(oracle.claims(events + [event(5, "task.succeeded", epoch=1)]))

    def test_overlapping_bodies_are_noticed(self):
        def line(word, epoch, ns, other=""):
            return Line(word, 1, 1, epoch, 100 + epoch, ns, "chaos", other)

        self.assertEqual(oracle.overlaps([line("BEGIN", 1, 1), line("END", 1, 2), line("BEGIN", 2, 3)]), [])
        self.assertTrue(oracle.overlaps([line("BEGIN", 1, 1), line("BEGIN", 2, 2), line("END", 1, 3)]))
        self.assertTrue(oracle.overlaps([line("BEGIN", 1, 1), line("MEET", 1, 2, "77")]))
        self.assertTrue(oracle.overlaps([line("BEGIN", 1, 1), line("BEGIN", 1, 2)]))

    def test_a_body_over_the_limit_is_noticed(self):
        bodies = [Body(1, 1, "k", 10, 1, 9), Body(2, 1, "k", 11, 2, 3), Body(3, 1, "k", 12, 4, None)]
        self.assertEqual(oracle.limits(bodies, 2, kills=[7]), [])
        self.assertTrue(oracle.limits(bodies, 1, kills=[7]))
        killed = [Body(1, 1, "k", 10, 1, None), Body(2, 1, "k", 11, 5, 6), Body(1, 2, "k", 12, 8, 9)]
        self.assertEqual(oracle.limits(killed, 1, deaths={10: 3}), [])
        self.assertTrue(oracle.limits(killed, 1))


if __name__ == "__main__":
    unittest.main()
