"""The published state machine, as the oracle believes it. transitions_test.py keeps it equal to store/transitions.hpp."""

# (from, to): the event that records the move
TRANSITIONS = {
    ("queued", "claimed"): "task.claimed",
    ("queued", "cancelled"): "task.cancelled",
    ("claimed", "running"): "task.started",
    ("claimed", "queued"): "task.retried",
    ("claimed", "succeeded"): "task.succeeded",
    ("claimed", "failed"): "task.failed",
    ("claimed", "cancelled"): "task.cancelled",
    ("running", "queued"): "task.retried",
    ("running", "waiting"): "task.suspended",
    ("running", "succeeded"): "task.succeeded",
    ("running", "failed"): "task.failed",
    ("running", "cancelled"): "task.cancelled",
    ("waiting", "queued"): "task.resumed",
    ("waiting", "cancelled"): "task.cancelled",
    ("failed", "queued"): "task.reopened",
    ("cancelled", "queued"): "task.reopened",
}

TERMINAL = ("succeeded", "failed", "cancelled")

# The same move, recorded with another word: a snooze is the handler's wish, not a failure.
SAME_MOVE = {"task.snoozed": "task.retried"}

# What an event does to a status; every other event leaves it alone.
LEADS_TO = {event: to for (_, to), event in TRANSITIONS.items()}
LEADS_TO |= {event: LEADS_TO[same] for event, same in SAME_MOVE.items()}
