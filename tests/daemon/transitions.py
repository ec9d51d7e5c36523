"""The published state machine, as the oracle believes it. transitions_test.py keeps it equal to store/transitions.hpp."""

# (from, to): the events that may record the move
TRANSITIONS = {
    ("queued", "claimed"): {"task.claimed"},
    ("queued", "cancelled"): {"task.cancelled"},
    ("claimed", "running"): {"task.started"},
    ("claimed", "queued"): {"task.retried"},
    ("claimed", "waiting"): {"task.suspended"},
    ("claimed", "succeeded"): {"task.succeeded"},
    ("claimed", "failed"): {"task.failed"},
    ("claimed", "cancelled"): {"task.cancelled"},
    ("running", "queued"): {"task.retried", "task.snoozed"},
    ("running", "waiting"): {"task.suspended"},
    ("running", "succeeded"): {"task.succeeded"},
    ("running", "failed"): {"task.failed"},
    ("running", "cancelled"): {"task.cancelled"},
    ("waiting", "queued"): {"task.resumed"},
    ("waiting", "cancelled"): {"task.cancelled"},
    ("failed", "queued"): {"task.reopened"},
    ("cancelled", "queued"): {"task.reopened"},
}

TERMINAL = ("succeeded", "failed", "cancelled")

# What an event does to a status; every other event leaves it alone.
LEADS_TO = {event: to for (_, to), events in TRANSITIONS.items() for event in events}
