#!/usr/bin/env python3
"""Long runs: thousands of kills in rounds of a few hundred, each with a fresh store and its own seed, noted in a ledger.

    REEVE_BIN=build/release/reeve REEVE_CHAOS=build/release/tests/daemon/chaos tests/daemon/campaign.py --rounds 5000

Appends one line a run to docs/ledger.ndjson: when, which commit, which seed, how many kills and tasks, what went wrong. Exit status 1 when
anything did.
"""

import argparse
import datetime
import json
import os
import random
import subprocess
import sys

from kill_loop import kill_loop

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def commit():
    told = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"


def entry(seed, verdict):
    ordered = sorted(verdict.recoveries)
    return {
        "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "commit": commit(), "run": "kill_loop", "seed": seed,
        "rounds": verdict.rounds, "tasks": verdict.tasks, "struck": verdict.struck, "seconds": round(verdict.seconds), "failures": len(verdict.faults),
        "faults": verdict.faults[:10], "recovery_p50_ms": round(ordered[len(ordered) // 2] * 1000), "recovery_max_ms": round(ordered[-1] * 1000),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5000, help="kills in all")
    parser.add_argument("--each", type=int, default=500, help="kills on one store")
    parser.add_argument("--seed", type=int, default=None, help="of the first run; the next ones count up")
    parser.add_argument("--ledger", default=os.path.join(ROOT, "docs", "ledger.ndjson"))
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**9)
    failures = done = 0
    while done < options.rounds:
        verdict = kill_loop(min(options.each, options.rounds - done), str(seed))
        print(f"seed {seed}: {verdict}", flush=True)
        for fault in verdict.faults:
            print("  " + fault, flush=True)
        with open(options.ledger, "a", encoding="utf-8") as ledger:
            ledger.write(json.dumps(entry(seed, verdict)) + "\n")
        failures += len(verdict.faults)
        done += verdict.rounds
        seed += 1
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
