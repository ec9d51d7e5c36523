"""HTTP/1.1 on a Unix socket: a polite client, and a socket for impolite bytes."""

import json
import socket


class Unreachable(Exception):
    """No complete answer came; whether the request took effect is unknown."""


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Connection:
    """One kept connection. Not for several threads at a time."""

    def __init__(self, path, timeout=30.0):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(path)
        except OSError as error:
            self.socket.close()
            raise Unreachable(str(error)) from error
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Unreachable(str(error)) from error

    def _more(self):
        try:
            block = self.socket.recv(65536)
        except OSError as error:
            raise Unreachable(str(error)) from error
        if not block:
            raise Unreachable("closed")
        self.buffer += block

    def _line(self):
        while b"\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def _exactly(self, count):
        while len(self.buffer) < count:
            self._more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def head(self):
        status = int(self._line().split()[1])
        headers = {}
        while line := self._line():
            name, value = line.split(b":", 1)
            headers[name.decode().lower()] = value.decode().strip()
        return status, headers

    def _chunk(self):
        size = int(self._line().split(b";")[0], 16)
        data = self._exactly(size)
        self._line()
        return data

    def answer(self):
        status, headers = self.head()
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while chunk := self._chunk():
                body += chunk
        elif "content-length" in headers:
            body = self._exactly(int(headers["content-length"]))
        elif status in (204, 304):
            body = b""
        else:
            body = self._to_the_end()
        return Answer(status, headers, body)

    def _to_the_end(self):
        try:
            while True:
                self._more()
        except Unreachable:
            body, self.buffer = self.buffer, b""
            return body

    def request(self, method, path, body=None, headers=None):
        self.send(compose(method, path, body, headers))
        return self.answer()

    def messages(self, path, headers=None):
        """Server-Sent Events of `path`, as (id, event, data) with empty strings for what is absent; ends when the stream ends or breaks."""
        self.send(compose("GET", path, None, {"Accept": "text/event-stream", **(headers or {})}))
        status, head = self.head()
        if status != 200:
            raise AssertionError(f"{path}: {status}")
        chunked = head.get("transfer-encoding") == "chunked"
        text, fields = b"", {}
        while True:
            try:
                if chunked:
                    chunk = self._chunk()
                    if not chunk:
                        return
                    text += chunk
                else:
                    self._more()
                    text, self.buffer = text + self.buffer, b""
            except Unreachable:
                return
            while b"\n" in text:
                line, text = text.split(b"\n", 1)
                line = line.rstrip(b"\r").decode()
                if not line:
                    if fields:
                        yield fields.get("id", ""), fields.get("event", ""), fields.get("data", "")
                    fields = {}
                elif not line.startswith(":"):
                    name, _, value = line.partition(":")
                    value = value.removeprefix(" ")
                    fields[name] = fields[name] + "\n" + value if name in fields and name == "data" else value


def compose(method, path, body=None, headers=None):
    lines = {"Host": "reeve", **(headers or {})}
    if body is not None:
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        body = body.encode() if isinstance(body, str) else body
        lines.setdefault("Content-Type", "application/json")
        lines.setdefault("Content-Length", str(len(body)))
    elif method in ("POST", "PUT", "DELETE"):
        lines.setdefault("Content-Length", "0")
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    return head.encode() + (body or b"")
