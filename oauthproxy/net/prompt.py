"""
Write to the socket at once, instead of at the reactor's next turn.

For a small message this saves two changes of what epoll watches and one turn.

Rule 1: only while the transport has nothing buffered: after a write that the socket
did not take whole, everything goes through the transport's buffer until somebody says
that it is empty (a producer that is asked to go on).
Rule 2: only on a plain TCP or unix transport; TLS has buffers of its own.
Rule 3: an error is left to the transport, which meets it again and ends properly.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.abstract import FileDescriptor

STREAM_READ = FileDescriptor.SEND_LIMIT
"""How much to read at once from a connection whose bytes are only passed on: as much
as a transport sends at once. The rest of more would be copied, and wait for a turn."""


class PromptWriter:
    """
    Writes to one transport; nobody else may write to it meanwhile.
    """

    __slots__ = ("_buffered", "_prompt", "_some", "_transport")

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._buffered: Callable[[bytes], None] = transport.write
        self._prompt = isinstance(transport, FileDescriptor)
        self._some: Any = transport.socket.send if self._prompt else None

    def write(self, data: bytes) -> None:
        """
        Send bytes, now as far as the socket takes them.
        """
        transport = self._transport
        if not self._prompt or not transport.connected or transport.disconnecting:
            self._buffered(data)
            return
        try:
            sent = self._some(data)
        except OSError:
            sent = 0
        if sent != len(data):
            self._prompt = False
            self._buffered(data[sent:])

    def drained(self) -> None:
        """
        Learn that the transport's buffer is empty.
        """
        self._prompt = self._some is not None


def read_much(transport: Any, *, much: bool) -> None:
    """
    Let a plain transport read a lot at once, or as much as usual again.
    """
    if isinstance(transport, FileDescriptor):
        usual = type(transport).bufferSize
        transport.bufferSize = STREAM_READ if much else usual
