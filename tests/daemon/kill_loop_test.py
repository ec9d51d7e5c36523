"""The daemon is killed at random moments under load: nothing acknowledged is lost, nothing runs twice at once, nothing is left over."""

import os
import random
import statistics
import unittest

from kill_loop import kill_loop

ROUNDS = int(os.environ.get("REEVE_ROUNDS", "200"))
SEED = os.environ.get("REEVE_SEED") or str(random.SystemRandom().randrange(10**9))


class KillLoop(unittest.TestCase):
    def test_acknowledged_tasks_survive_kill_9_at_any_moment(self):
        verdict = kill_loop(ROUNDS, SEED, give_up_after=330, say=print)
        print(f"seed {SEED}: {verdict}")
        self.assertEqual(verdict.faults, [], f"seed {SEED}\n" + "\n".join(verdict.faults))
        self.assertGreaterEqual(verdict.struck, verdict.rounds // 4, "the kills hit nothing: the load was too light to prove anything")
        self.assertGreaterEqual(verdict.rounds, min(ROUNDS, 50), "the machine was too slow to kill often enough")
        self.assertLessEqual(statistics.median(verdict.recoveries), 2.0, "I14: ready again within 2 s")
        self.assertLessEqual(max(verdict.recoveries), 10.0, "I14: ready again within 2 s, with room for a machine that stalls")


if __name__ == "__main__":
    unittest.main()
