"""Limits, rates, resources, shares and turns, with real bodies, and over the death of the daemon."""

import os
import unittest

from case import DaemonCase
from waiting import wait_until

BODY = """
import os, sys, time
def say(word):
    with open(os.environ["LIMITS_LOG"], "a", encoding="ascii") as log:
        unit = os.environ.get("REEVE_RESOURCE_GPU", "-")
        log.write(f"{word} {os.environ['REEVE_TASK_ID']} {os.environ['REEVE_EPOCH']} {os.environ['REEVE_KIND']} {unit} {time.monotonic_ns()}\\n")
say("BEGIN")
time.sleep(float(os.environ["LIMITS_SECONDS"]))
say("END")
"""


def most_at_once(intervals):
    """How many intervals (begin, end) overlap at most."""
    moments = sorted([(begin, 1) for begin, _ in intervals] + [(end, -1) for _, end in intervals])
    now = most = 0
    for _, change in moments:
        now += change
        most = max(most, now)
    return most


class Limits(DaemonCase):
    def body(self, lab, seconds, **keys):
        """A handler that says when it runs and what it was given."""
        with open(lab.path("body.py"), "w", encoding="ascii") as file:
            file.write(BODY)
        env = {"LAB_ID": lab.id, "LIMITS_LOG": lab.path("bodies.log"), "LIMITS_SECONDS": str(seconds), "PATH": "/usr/bin:/bin"}
        return {"command": ["/usr/bin/python3", "-I", "-S", "-B", lab.path("body.py")], "env": env, "timeout": "60s", "retry": {"attempts": 100, "crashes": 100, "base": "1ms"},
                **keys}

    def said(self, lab):
        """[(kind, unit, begin, end)]; a body that did not live to say its end died with the daemon, at its next kill."""
        begun, ended = {}, {}
        if os.path.exists(lab.path("bodies.log")):
            with open(lab.path("bodies.log"), encoding="ascii") as log:
                for line in log.read().splitlines():
                    word, task, epoch, kind, unit, moment = line.split(" ")
                    (begun if word == "BEGIN" else ended)[task, epoch] = (kind, unit, int(moment))
        found = []
        for key, (kind, unit, begin) in begun.items():
            end = ended[key][2] if key in ended else min((kill for kill in lab.kills if kill > begin), default=begin + 10**12)
            found.append((kind, unit, begin, end))
        return found

    def test_never_more_bodies_than_allowed_over_kills(self):
        lab = self.quiet_lab(supervisor={"concurrency": 5, "resources": {"gpu": 2}}, queues={"narrow": {"concurrency": 3}})
        self.addCleanup(self._judge, lab)
        lab.handlers["kind"] = self.body(lab, 0.15, concurrency=2)
        lab.handlers["gpu"] = self.body(lab, 0.15, resources={"gpu": 1}, queue="narrow")
        lab.handlers["other"] = self.body(lab, 0.15, queue="narrow")
        lab.up()
        for kind in ("kind", "gpu", "other"):
            lab.bulk([f"{kind} {number}" for number in range(14)], kind)
        for round_ in range(1, 4):
            wait_until(lambda: len(self.said(lab)) >= round_ * 5, 60, "bodies run")
            lab.restart()
        lab.idle()
        said = self.said(lab)
        of = {kind: [(begin, end) for name, _, begin, end in said if name == kind] for kind in ("kind", "gpu", "other")}
        self.assertTrue(all(len(intervals) >= 14 for intervals in of.values()))
        self.assertEqual(2, most_at_once(of["kind"]))
        self.assertLessEqual(most_at_once(of["gpu"]), 2)
        self.assertLessEqual(most_at_once(of["gpu"] + of["other"]), 3)
        self.assertLessEqual(most_at_once(sum(of.values(), [])), 5)
        units = {unit for name, unit, _, _ in said if name == "gpu"}
        self.assertEqual({"0", "1"}, units)
        for unit in units:
            self.assertEqual(1, most_at_once([(begin, end) for _, given, begin, end in said if given == unit]), f"unit {unit}")

    def test_a_rate_holds_over_kills(self):
        lab = self.quiet_lab()
        self.addCleanup(self._judge, lab)
        lab.handlers["slow"] = {"executor": "inline", "builtin": "noop", "rate": {"limit": 10, "per": "1s", "burst": 1}, "retry": {"crashes": 100}}
        lab.up()
        lab.bulk([str(number) for number in range(25)], "slow")
        for reached in (5, 12):
            wait_until(lambda: lab.ok("GET", "/v1/status")["counts"]["status"]["succeeded"] >= reached, 60, f"{reached} have run")
            lab.restart()
        lab.idle()
        with lab.reading() as store:
            claims = [row[0] for row in store.execute("SELECT claimed_at FROM reeve_attempt ORDER BY claimed_at")]
        self.assertGreaterEqual(len(claims), 25)
        gaps = [later - earlier for earlier, later in zip(claims, claims[1:])]
        self.assertGreaterEqual(min(gaps), 100)

    def test_why_and_status_say_who_holds_what_and_when_the_next_token_comes(self):
        lab = self.quiet_lab(supervisor={"resources": {"gpu": ["alpha", "beta"]}})
        self.addCleanup(self._judge, lab)
        lab.handlers["gpu"] = self.body(lab, 30, resources={"gpu": 2})
        lab.handlers["slow"] = {"executor": "inline", "builtin": "noop", "rate": "1/h"}
        lab.up()
        first = lab.enq("1", "gpu")
        wait_until(lambda: self.said(lab), 60, "the body runs")
        self.assertEqual("alpha,beta", self.said(lab)[0][1])
        second = lab.enq("2", "gpu")
        reason, = [one for one in lab.ok("GET", f"/v1/tasks/{second}/why")["reasons"] if one["code"] == "resources"]
        self.assertIn(f"held by task {first}", reason["message"])
        self.assertIn("0 of 2 are free", reason["message"])
        resource, = lab.ok("GET", "/v1/status")["resources"]
        self.assertEqual([{"task": first, "kind": "gpu", "units": ["alpha", "beta"]}], resource["held"])
        self.assertIn("alpha,beta", lab.cli("status").stdout)
        lab.wait(lab.enq("3", "slow"))
        reason, = [one for one in lab.ok("GET", f"/v1/tasks/{lab.enq('4', 'slow')}/why")["reasons"] if one["code"] == "kind_rate"]
        self.assertRegex(reason["message"], r"rate 1/1h of the kind .slow.: next token in 3\d\d\d\.\d s")
        lab.cancel(first)
        wait_until(lambda: len(self.said(lab)) == 2, 60, "the second gets what the first held")
        lab.cancel(second)
        lab.wait(second)

    def test_a_small_tenant_is_not_behind_a_large_one(self):
        lab = self.quiet_lab(supervisor={"concurrency": 1}, queues={"shared": {"fair_by": "label:tenant"}})
        self.addCleanup(self._judge, lab)
        lab.handlers["noop"] = {"executor": "inline", "builtin": "noop", "queue": "shared"}
        lab.up()
        lab.ok("POST", "/v1/drain")
        lab.bulk(["large"] * 300, "noop", labels={"tenant": "large"})
        small = lab.bulk(["small"] * 5, "noop", labels={"tenant": "small"})
        self.assertEqual("small", lab.task(small[0])["fair_key"])
        lab.ok("POST", "/v1/resume")
        lab.idle()
        started = [event["task"] for event in lab.pages("/v1/events?limit=1000&type=task.claimed", "events")]
        self.assertLessEqual(max(started.index(task) for task in small), 10)

    def test_queues_share_by_weight(self):
        lab = self.quiet_lab(supervisor={"concurrency": 1}, queues={"bulk": {"weight": 1}, "live": {"weight": 4}})
        self.addCleanup(self._judge, lab)
        lab.handlers["noop"] = {"executor": "inline", "builtin": "noop"}
        lab.up()
        lab.ok("POST", "/v1/drain")
        bulk = set(lab.bulk(["bulk"] * 100, "noop", queue="bulk", priority=9))
        lab.bulk(["live"] * 100, "noop", queue="live", priority=0)
        lab.ok("POST", "/v1/resume")
        lab.idle()
        started = [event["task"] for event in lab.pages("/v1/events?limit=1000&type=task.claimed", "events")]
        self.assertEqual(10, sum(task in bulk for task in started[:50]))


if __name__ == "__main__":
    unittest.main()
