"""The stream socket between reeve and this process, for handlers that wait: whole messages in, whole messages out."""

import os
import select
import socket

from . import wire
from .errors import Disconnected

CHUNK = 1 << 16


def take_over(environment=os.environ):
    """The socket that REEVE_FD names, or None. It is taken out of the environment and closed to children: what a handler starts must not
    speak, or keep the channel open, in its name."""
    number = environment.pop("REEVE_FD", "")
    if not number.isdigit():
        return None
    os.set_inheritable(int(number), False)
    try:
        return socket.socket(fileno=int(number))
    except OSError:
        return None                            # not a socket: the program is tried by hand


class Channel:
    def __init__(self, sock):
        self._socket = sock
        self._half = b""                       # of a line that has not wholly come
        self._lines = []                       # that came, the newest first
        self.is_sending = False
        self.after_sending = None              # an exception that must not cut a line in two
        self._poll = None
        self._bell = None

    def send(self, *messages):
        """All of them in one write. Raises ValueError or TypeError, before anything is sent, when one cannot be JSON."""
        self.send_bytes(b"".join(map(wire.line, messages)))

    def send_bytes(self, lines):
        self.is_sending = True
        try:
            self._socket.sendall(lines)
        except OSError as error:
            raise Disconnected(f"reeve does not listen any more: {error}") from error
        finally:
            self.is_sending = False
        if self.after_sending is not None:
            error, self.after_sending = self.after_sending, None
            raise error

    def receive(self):
        """The next message. Raises Disconnected when reeve is gone."""
        while True:
            while self._lines:
                message = wire.message(self._lines.pop())
                if message is not None:
                    return message
            self._read(0)

    def receive_now(self):
        """The next message that is here already, or None."""
        while True:
            while self._lines:
                message = wire.message(self._lines.pop())
                if message is not None:
                    return message
            try:
                self._read(socket.MSG_DONTWAIT)
            except BlockingIOError:
                return None

    def wake_by(self, bell):
        """From now on `wait` also ends when this socket, which does not block, can be read."""
        self._bell = bell
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._poll.register(bell, select.POLLIN)

    def wait(self):
        """Whether a message may be there; False: the bell rang, and is silent again."""
        if self._lines or all(descriptor != self._bell.fileno() for descriptor, _ in self._poll.poll()):
            return True
        self._bell.recv(CHUNK)
        return False

    def _read(self, flags):
        try:
            data = self._socket.recv(CHUNK, flags)
        except ConnectionError as error:
            raise Disconnected(str(error)) from error
        if not data:
            raise Disconnected("reeve has closed the channel")
        *lines, self._half = (self._half + data).split(b"\n")
        lines.reverse()
        self._lines = lines
