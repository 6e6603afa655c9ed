"""
A client that sends exact bytes and reads answers strictly.
"""

import json
import socket
import ssl
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import field, frozen

from tests.integration.harness.wire import (
    EndedError,
    Field,
    Head,
    Stream,
    WireError,
    framing,
)

TIMEOUT = 15.0
_BODILESS = (204, 304)

Address = tuple[str, int] | Path


@frozen
class Answer:
    """
    One answer, and the interim answers before it.
    """

    head: Head
    status: int
    body: bytes
    trailers: tuple[Field, ...] = ()
    interim: tuple[Head, ...] = field(default=(), repr=False)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """
        The fields as text, in order of arrival.
        """
        return [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in self.head.fields
        ]

    def all(self, name: str) -> list[str]:
        """
        All values of a field.
        """
        return [value.decode("latin-1") for value in self.head.values(name)]

    def one(self, name: str) -> str | None:
        """
        The value of a field that may come once.
        """
        value = self.head.value(name)
        return None if value is None else value.decode("latin-1")

    def json(self) -> Any:
        """
        The body as JSON.
        """
        return json.loads(self.body)


def request(
    method: str,
    target: str,
    fields: Iterable[str] = (),
    *,
    host: str = "app.test",
    body: bytes = b"",
    close: bool = False,
) -> bytes:
    """
    Write a request. Only Host and, with a body, Content-Length are added.
    """
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *fields]
    names = {line.partition(":")[0].lower() for line in lines[1:]}
    if body and not names & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(body)}")
    if close:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class RawClient:
    """
    One connection.
    """

    def __init__(
        self,
        address: Address,
        *,
        tls: ssl.SSLContext | None = None,
        receive_buffer: int | None = None,
    ) -> None:
        self.socket = _connected(address, receive_buffer)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self._stream = Stream(self.socket)

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """
        Close both directions.
        """
        self.socket.close()

    def reset(self) -> None:
        """
        Leave without a goodbye: the peer sees a reset.
        """
        linger = struct.pack("ii", 1, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close()

    def send(self, data: bytes) -> None:
        """
        Send exact bytes; a peer that has already answered and left is no error.
        """
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def ask(self, data: bytes) -> Answer:
        """
        Send a request and read its answer.
        """
        self.send(data)
        return self.answer(to_head=data.startswith(b"HEAD "))

    def head(self) -> Head:
        """
        Read the head of the next answer, interim or final.
        """
        return self._stream.head()

    def answer(self, *, to_head: bool = False) -> Answer:
        """
        Read the next final answer with its body.
        """
        interim = []
        while True:
            head = self.head()
            status = _status(head)
            if status >= 200 or status == 101:
                break
            interim.append(head)
        if status in _BODILESS or status == 101 or to_head:
            framing(head)
            return Answer(head, status, b"", (), tuple(interim))
        body, trailers = self._body(head)
        return Answer(head, status, body, trailers, tuple(interim))

    def _body(self, head: Head) -> tuple[bytes, tuple[Field, ...]]:
        length = framing(head)
        if length is None:
            chunks = []
            while chunk := self._stream.chunk():
                chunks.append(chunk)
            return b"".join(chunks), self._stream.trailers()
        if length >= 0:
            return self._stream.exactly(length), ()
        return self._stream.rest(), ()

    def chunk(self) -> bytes:
        """
        Read one chunk of a body that is still coming.
        """
        return self._stream.chunk()

    def exactly(self, count: int) -> bytes:
        """
        Read `count` bytes, of a body or a tunnel.
        """
        return self._stream.exactly(count)

    def closed(self) -> bool:
        """
        Wait for the peer to close; False when it sends something instead.
        """
        if self._stream.buffer:
            return False
        try:
            return not self._stream.more()
        except ConnectionResetError:
            return True

    def ended(self) -> bool:
        """
        Whether the peer has closed by now; nothing is waited for.
        """
        self.socket.setblocking(False)
        try:
            return self.socket.recv(1) == b""
        except BlockingIOError:
            return False
        except ConnectionResetError:
            return True
        finally:
            self.socket.settimeout(TIMEOUT)

    def rest(self) -> bytes:
        """
        Read whatever comes until the peer closes or resets.
        """
        try:
            return self._stream.rest()
        except ConnectionResetError:
            return bytes(self._stream.buffer)


def _connected(address: Address, receive_buffer: int | None) -> socket.socket:
    family = socket.AF_UNIX if isinstance(address, Path) else socket.AF_INET
    connection = socket.socket(family)
    connection.settimeout(TIMEOUT)
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.connect(str(address) if isinstance(address, Path) else address)
    return connection


def _status(head: Head) -> int:
    version, _, rest = head.start.partition(b" ")
    code = rest[:3]
    if version != b"HTTP/1.1" or not code.isdigit() or rest[3:4] not in (b" ", b""):
        raise WireError(f"not a status line: {head.start!r}")
    return int(code)


__all__ = ["Answer", "EndedError", "RawClient", "WireError", "request"]
