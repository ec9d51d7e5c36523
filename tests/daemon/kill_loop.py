"""kill -9 of the daemon at random moments under load, again and again (F001, F011). Used by the tests and by the campaign."""

import random
import signal
import statistics
import threading
import time

import oracle
import processes
from lab import Lab
from load import Client
from waiting import wait_until

PERMITS_A_ROUND = 24  # how much may be enqueued between two kills, so that rounds do not drown in backlog
GENEROUS = {"attempts": 3, "crashes": 1000, "backoff": "fixed", "base": "1ms", "max": "1ms", "jitter": "none"}
CONCURRENCY = 8


class Verdict:
    def __init__(self, faults, rounds, tasks, struck, recoveries, seconds):
        self.faults, self.rounds, self.tasks, self.struck = faults, rounds, tasks, struck
        self.recoveries, self.seconds = recoveries, seconds

    def __str__(self):
        ordered = sorted(self.recoveries)
        return (f"{self.rounds} kills, {self.tasks} acknowledged tasks, {self.struck} attempts struck, {len(self.faults)} faults, recovery median "
                f"{statistics.median(ordered):.2f} s, 95 % {ordered[int(len(ordered) * 0.95)]:.2f} s, longest {ordered[-1]:.2f} s, "
                f"{self.seconds:.0f} s in all")


class Scene:
    """What runs while the daemon is killed: handlers that are processes. `kinds` are enqueued as often as they are named."""

    kinds = ("chaos", "chaos", "pair")
    limits = {"pair": 2}
    scripts = {}         # {kind: what its bodies do besides what all do}
    longest_round = 0.25

    def declare(self, lab):
        lab.handlers["chaos"] = lab.handler(retry=GENEROUS)
        lab.handlers["pair"] = lab.handler(retry=GENEROUS, concurrency=2)

    def before_the_kill(self, lab, chance):
        """The moment of the kill is the test's chance, not a wait for anything."""
        time.sleep(chance.uniform(0, self.longest_round))

    def deaths(self):
        """{pid: monotonic ns} of bodies that the scene killed itself."""
        return {}

    def last_words(self, lab):
        """Faults of the scene's own, once every task is terminal."""
        return []


def kill_loop(rounds, seed, give_up_after=None, say=lambda text: None, scene=None):
    """Kills `rounds` times (fewer when `give_up_after` seconds are over) and judges what is left."""
    begun = time.monotonic()
    scene = scene or Scene()
    with Lab(supervisor={"concurrency": CONCURRENCY, "lease": "15s"}) as lab:
        scene.declare(lab)
        lab.up()
        chance = random.Random(seed)
        permits, stopped = threading.Semaphore(PERMITS_A_ROUND), threading.Event()
        clients = [Client(lab, permits, stopped, scene.kinds, stubborn=number % 4 != 3, seed=f"{seed}-{number}", more=scene.scripts)
                   for number in range(8)]
        for client in clients:
            client.start()
        faults, done = [], 0
        while done < rounds and (not give_up_after or time.monotonic() - begun < give_up_after):
            faults += one_round(lab, chance, scene)
            done += 1
            permits.release(PERMITS_A_ROUND)
            if done % 50 == 0:
                say(f"{done} kills")
        stopped.set()
        for client in clients:
            client.join(60)
        struck, last = last_words(lab, clients, scene)
        faults += last
        acked = sum(len(client.acked) for client in clients)
        return Verdict(faults, done, acked, struck, lab.recoveries[1:], time.monotonic() - begun)


def one_round(lab, chance, scene):
    scene.before_the_kill(lab, chance)
    if chance.random() < 0.2:            # now and then in the middle of an orderly stop
        lab.daemon.send_signal(signal.SIGTERM)
        time.sleep(chance.uniform(0, 0.1))
    orphans = lab.k9()
    lab.up()
    left = [pid for pid, start in orphans if processes.lives(pid, start)]
    return [f"I17 processes {left} outlived their daemon and the recovery of the next"] if left else []


def last_words(lab, clients, scene):
    """Lets everything end, then judges. How many attempts a kill struck while they ran, and the faults."""
    lab.idle(240)
    faults = [f"a client was refused: {text}" for client in clients for text in client.refused]
    wait_until(lambda: not oracle.leftovers(lab), 10, "nothing of any attempt is left")
    tasks, events = lab.export()
    struck = sum(event["type"] == "task.lease_lost" for event in events)
    for client in clients:
        lab.acks += client.acked
    acked = [payload for client in clients for _, payload in client.acked]
    unknown = [payload for client in clients for payload in client.unknown]
    faults += oracle.at_most_once(acked + unknown, tasks, exactly=acked)
    stored = {task.get("payload") for task in tasks.values()}
    for bulk in (bulk for client in clients for bulk in client.bulks):
        if 0 < sum(payload in stored for payload in bulk) < len(bulk):
            faults.append(f"I3 a bulk was stored in part: {bulk}")
    unsuccessful = [(task["id"], task["state"], task.get("error")) for task in tasks.values() if task["state"] != "succeeded"]
    if unsuccessful:
        faults.append(f"I1 {len(unsuccessful)} tasks did not succeed, such as {unsuccessful[:3]}")
    for kind, limit in scene.limits.items():
        faults += oracle.limits(lab.bodies(), limit, lab.kills, kind, scene.deaths())
    faults += oracle.limits(lab.bodies(), CONCURRENCY, lab.kills, deaths=scene.deaths())
    faults += scene.last_words(lab)
    return struck, faults + oracle.judge(lab)
