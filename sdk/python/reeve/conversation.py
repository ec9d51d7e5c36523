"""Who speaks about what: answers go to the question that waits, a `cancel` to its task, further tasks into the line."""

import collections


class Conversation:
    """What a plain Task speaks through. It has one task at a time, so one question waits at most."""

    def __init__(self, channel):
        self.channel = channel
        self.current = None                    # the Task that runs
        self.waiting = collections.deque()     # `task` messages that came meanwhile
        self.stopped = {}                      # (task, epoch) -> reason, of those and no others
        self.is_ending = False
        self._questions = 0

    def tell(self, message):
        self.channel.send(message)

    def ask(self, message):
        self._questions += 1
        message["id"] = self._questions
        self.channel.send(message)
        while True:
            heard = self.channel.receive()
            if heard.get("re") == self._questions:
                return heard
            self.hear(heard)

    def abandon(self, message):
        """Asks, and does not stay for the answer."""
        self._questions += 1
        message["id"] = self._questions
        self.channel.send(message)

    def look(self):
        """Hears what has come, without waiting."""
        while True:
            heard = self.channel.receive_now()
            if heard is None:
                return
            self.hear(heard)

    def hear(self, message):
        kind = message.get("type")
        if kind == "task":
            self.waiting.append(message)
        elif kind == "cancel":
            self._cancel(message)
        elif kind == "shutdown":
            self.is_ending = True

    def _cancel(self, message):
        reason = message.get("reason") or "cancel"
        current = self.current
        if current is not None and message.get("task", current.id) == current.id and message.get("epoch", current.epoch) == current.epoch:
            current.stop(reason)
        elif any((waiting.get("task"), waiting.get("epoch")) == (message.get("task"), message.get("epoch")) for waiting in self.waiting):
            self.stopped[message.get("task"), message.get("epoch")] = reason
