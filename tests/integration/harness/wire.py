"""
Read HTTP/1.1 messages strictly from a socket.

Rule 1: what RFC 9112 forbids in a message fails the test that reads it.
Rule 2: reading takes only the bytes of one message; the rest stays for the next.
"""

import re
import socket

from attrs import define, field, frozen

MAX_HEAD = 4 << 20
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(rb"[\t \x21-\x7e\x80-\xff]*")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;[\t \x21-\x7e]*)?")

Field = tuple[bytes, bytes]


class WireError(AssertionError):
    """
    A peer broke the protocol.
    """


class CutError(WireError):
    """
    A peer closed the connection within a message.
    """


class EndedError(Exception):
    """
    The peer closed the connection between two messages.
    """


@frozen
class Head:
    """
    A start line and its fields, as they came.
    """

    raw: bytes
    start: bytes
    fields: tuple[Field, ...]

    def values(self, name: str) -> list[bytes]:
        """
        All values of a field, in order of arrival.
        """
        wanted = name.lower().encode()
        return [value for key, value in self.fields if key.lower() == wanted]

    def value(self, name: str) -> bytes | None:
        """
        The value of a field that may come once.
        """
        values = self.values(name)
        if len(values) > 1:
            raise WireError(f"{name} came {len(values)} times: {values}")
        return values[0] if values else None


@define
class Stream:
    """
    A socket and the bytes that were read too far.
    """

    socket: socket.socket
    buffer: bytearray = field(factory=bytearray)

    def more(self) -> bool:
        """
        Read once; False when the peer closed.
        """
        data = self.socket.recv(1 << 18)
        self.buffer += data
        return bool(data)

    def take(self, count: int) -> bytes:
        """
        Take bytes that have come.
        """
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def until(self, mark: bytes, limit: int = MAX_HEAD) -> bytes:
        """
        Take everything before `mark`, and the mark away.
        """
        seen = 0
        while (at := self.buffer.find(mark, seen)) < 0:
            if len(self.buffer) > limit:
                raise WireError(f"no {mark!r} within {limit} bytes")
            seen = max(0, len(self.buffer) - len(mark) + 1)
            if not self.more():
                if not self.buffer:
                    raise EndedError
                raise CutError(f"closed within a message: {self.buffer[:200]!r}")
        taken = self.take(at)
        self.take(len(mark))
        return taken

    def exactly(self, count: int) -> bytes:
        """
        Take `count` bytes.
        """
        while len(self.buffer) < count:
            if not self.more():
                raise CutError(f"closed {count - len(self.buffer)} bytes early")
        return self.take(count)

    def rest(self) -> bytes:
        """
        Take everything until the peer closes.
        """
        while self.more():
            pass
        return self.take(len(self.buffer))

    def head(self) -> Head:
        """
        Take one start line and its fields.
        """
        raw = self.until(b"\r\n\r\n")
        start, *lines = raw.split(b"\r\n")
        return Head(raw + b"\r\n\r\n", start, tuple(read_field(line) for line in lines))

    def chunk(self) -> bytes:
        """
        Take one chunk; empty at the last one, before the trailers.
        """
        line = self.until(b"\r\n", 1 << 16)
        matched = _CHUNK.fullmatch(line)
        if not matched:
            raise WireError(f"not a chunk size: {line!r}")
        size = int(matched[1], 16)
        if not size:
            return b""
        data = self.exactly(size)
        if self.exactly(2) != b"\r\n":
            raise WireError("a chunk does not end where it said")
        return data

    def trailers(self) -> tuple[Field, ...]:
        """
        Take the fields after the last chunk.
        """
        found = []
        while line := self.until(b"\r\n"):
            found.append(read_field(line))
        return tuple(found)


def read_field(line: bytes) -> Field:
    """
    Split one field line.
    """
    name, colon, value = line.partition(b":")
    value = value.strip(b" \t")
    if not colon or not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
        raise WireError(f"not a field line: {line!r}")
    return name, value


def framing(head: Head) -> int | None:
    """
    The length of a body, None when it is chunked, -1 when no field says.
    """
    coding = head.values("Transfer-Encoding")
    length = head.value("Content-Length")
    if coding:
        if length is not None or coding != [b"chunked"]:
            raise WireError(f"two ways of framing: {coding} and {length!r}")
        return None
    if length is None:
        return -1
    if not re.fullmatch(rb"\d+", length):
        raise WireError(f"not a length: {length!r}")
    return int(length)
