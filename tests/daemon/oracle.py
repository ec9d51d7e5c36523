"""Judges a lab from its records alone: what clients were told, what handlers witnessed, what the store holds, what /proc shows.

Each check returns sentences that name the promise and the offending rows; none means that the promise held.
"""

import collections
import sqlite3

import processes
from transitions import LEADS_TO, TERMINAL, TRANSITIONS


def judge(lab, settled=True):
    """All checks on a lab whose daemon is up. `settled`: every task is terminal, so nothing may be left running. Stops the daemon."""
    faults = []
    tasks, events = lab.export()
    faults += acknowledged(lab.acks, tasks)
    faults += histories(tasks, events)
    faults += budgets(tasks, events)
    faults += claims(events)
    faults += overlaps(lab.witness())
    if settled:
        faults += leftovers(lab)
    lab.end()
    faults += integrity(lab.store)
    return faults


def integrity(store):
    """O1: the file is sound. For a store that no daemon holds, or a backup."""
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        faults = []
        for pragma in ("quick_check", "integrity_check"):
            rows = [row[0] for row in connection.execute(f"PRAGMA {pragma}")]
            if rows != ["ok"]:
                faults.append(f"I7 {pragma}: {rows[:5]}")
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
        if orphans:
            faults.append(f"I7 foreign_key_check: {orphans[:5]}")
        return faults
    except sqlite3.DatabaseError as error:
        return [f"I7 the store cannot be read: {error}"]
    finally:
        connection.close()


def acknowledged(acks, tasks):
    """O2: what a client was told is stored is stored, as it was given."""
    faults = []
    for task, payload in acks:
        if task not in tasks:
            faults.append(f"I1 acknowledged task {task} is lost")
        elif tasks[task].get("payload") != payload:
            faults.append(f"I1 task {task} has another payload: {tasks[task].get('payload')!r} not {payload!r}")
    return faults[:20]


def at_most_once(payloads, tasks, exactly=()):
    """O2 for enqueues of unknown outcome: each payload is stored 0 or 1 times, those of `exactly` once."""
    stored = collections.Counter(task.get("payload") for task in tasks.values())
    faults = [f"I2 {payload!r} is stored {stored[payload]} times" for payload in payloads if stored[payload] > 1]
    faults += [f"I2 {payload!r} is stored {stored[payload]} times, not once" for payload in exactly if stored[payload] != 1]
    return faults[:20]


def by_task(events):
    found = collections.defaultdict(list)
    for event in events:
        if event.get("task"):
            found[event["task"]].append(event)
    return found


def histories(tasks, events):
    """O3: every history is a path of the state machine, ends where the task is, and has one terminal event a generation."""
    faults = []
    for before, after in zip(events, events[1:]):
        if after["seq"] != before["seq"] + 1:
            faults.append(f"I5 event numbers jump from {before['seq']} to {after['seq']}")
    for task, history in by_task(events).items():
        faults += history_of(task, history, tasks.get(task))
    for task in tasks.keys() - by_task(events).keys():
        faults.append(f"I5 task {task} has no history")
    return faults[:20]


def history_of(task, history, row):
    told = f"{task}: " + " ".join(event["type"].removeprefix("task.") for event in history)
    status, terminal, deleted = None, 0, False
    for event in history:
        if event["type"] == "task.enqueued":
            if status is not None:
                return [f"I5 enqueued twice: {told}"]
            status = "queued"
        elif event["type"] == "task.deleted":
            deleted = True
        elif event["type"] in LEADS_TO:
            to = LEADS_TO[event["type"]]
            if event["type"] not in TRANSITIONS.get((status, to), ()):
                return [f"I5 {event['type']} cannot follow {status}: {told}"]
            terminal = 0 if event["type"] == "task.reopened" else terminal + (to in TERMINAL)
            status = to
    if terminal > 1:
        return [f"I4 more than one terminal event: {told}"]
    if row is None:
        return [] if deleted else [f"I5 events of a task that is not there: {told}"]
    if row["status"] != status:
        return [f"I5 the row says {row['status']}, its history {status}: {told}"]
    return []


def budgets(tasks, events):
    """O3: each claim is charged to exactly one budget, or ended suspended and is free; and no budget is overdrawn."""
    faults = []
    suspended = collections.Counter(event["task"] for event in events if event["type"] == "task.suspended")
    claimed = collections.Counter(event["task"] for event in events if event["type"] == "task.claimed")
    for number, task in tasks.items():
        if task.get("epoch", 0) != claimed[number]:
            faults.append(f"I9 task {number} has epoch {task.get('epoch', 0)} after {claimed[number]} claims")
        if task.get("generation", 1) > 1:
            continue
        used = {name: task.get(name, 0) for name in ("attempt", "crashes", "interruptions", "snoozes")}
        if task["status"] in ("queued", "succeeded", "failed") and sum(used.values()) + suspended[number] != claimed[number]:
            faults.append(f"I13 task {number} was claimed {claimed[number]} times, suspended {suspended[number]} times, but is charged {used}")
        if used["attempt"] > task["max_attempts"] or used["crashes"] > task["max_crashes"]:
            faults.append(f"I13 task {number} overdrew: {used}")
    return faults[:20]


def claims(events):
    """O4: each claim of a task carries an epoch greater by one, and an attempt's events carry the epoch of its claim."""
    faults, current = [], collections.defaultdict(int)
    for event in events:
        task, epoch = event.get("task"), event.get("epoch", 0)
        if event["type"] == "task.claimed":
            if epoch != current[task] + 1:
                faults.append(f"I9 task {task} was claimed with epoch {epoch} after {current[task]}")
            current[task] = epoch
        elif task and epoch and event["type"].startswith("task.") and epoch != current[task]:
            faults.append(f"I10 {event['type']} of task {task} carries epoch {epoch} while {current[task]} is current")
    return faults[:20]


def overlaps(lines):
    """O5: no two bodies of one task at the same time: as they saw it themselves, and by their clocks."""
    faults = [f"I12 attempt {line.epoch} of task {line.task} met process {line.other} of another attempt" for line in lines if line.word == "MEET"]
    seen = set()
    last = {}
    for line in lines:
        if line.word == "BEGIN":
            if (line.task, line.epoch) in seen:
                faults.append(f"I12 claim {line.epoch} of task {line.task} ran twice")
            seen.add((line.task, line.epoch))
            before = last.get(line.task)
            if before and before.epoch >= line.epoch:
                faults.append(f"I9 body {line.epoch} of task {line.task} began after {before.epoch}")
            last[line.task] = line
        elif line.word == "END" and last[line.task].epoch != line.epoch:
            faults.append(f"I12 body {line.epoch} of task {line.task} ended while {last[line.task].epoch} ran")
    return faults[:20]


def limits(bodies, limit, kills=(), kind=None, deaths=None):
    """O5: never more than `limit` bodies at once. A body without an end ended with the first kill of the daemon after its begin, with the
    death of its process ({pid: ns}), or when its task began again; one whose end nobody knows is left out."""
    begins = collections.defaultdict(list)
    for body in bodies:
        begins[body.task].append(body.begin)
    moves = []
    for body in bodies:
        if kind and body.kind != kind:
            continue
        ends = [body.end] if body.end else [ns for ns in kills if ns > body.begin][:1] + [ns for ns in begins[body.task] if ns > body.begin][:1]
        ends += [deaths[body.pid]] if deaths and deaths.get(body.pid, 0) > body.begin else []
        if ends:
            moves += [(body.begin, 1), (min(ends), -1)]
    running = most = 0
    for _, step in sorted(moves):
        running += step
        most = max(most, running)
    return [f"I23 {most} bodies of {kind or 'all kinds'} at once, the limit is {limit}"] if most > limit else []


def leftovers(lab):
    """O6: nothing of any attempt is left, nothing waits to be reaped. Warm workers themselves may stay."""
    faults = []
    left = sorted({pid for pid, _ in processes.marked("LAB_ID", lab.id)} - lab.warm_pids())
    if left:
        faults.append(f"I16 processes are left: {left}")
    zombies = processes.zombies_of(lab.pid)
    if zombies:
        faults.append(f"I18 zombies: {zombies}")
    return faults
