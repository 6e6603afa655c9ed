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
from twisted.internet.main import CONNECTION_LOST

STREAM_READ = FileDescriptor.SEND_LIMIT
"""How much to read at once of a long response, which is only passed on."""

PIECE, PIECES = 3 << 13, 8
"""How much to read at once of a long request body, and how often in one turn: client,
application and we work at the same time when it goes on in small pieces."""


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


class PieceReader:
    """
    Stands for a plain transport's `doRead`: small pieces, several in a turn as long as
    `going` says that the next is wanted at once, and nobody else took its place.
    """

    __slots__ = ("_going", "_transport")

    def __init__(self, transport: Any, going: Callable[[], bool]) -> None:
        self._transport = transport
        self._going = going

    def __call__(self) -> Any:
        transport = self._transport
        receive = transport.socket.recv
        for _ in range(PIECES):
            try:
                data = receive(PIECE)
            except BlockingIOError:
                return None
            except OSError:
                return CONNECTION_LOST
            why = transport._dataReceived(data)  # noqa: SLF001  # as the stock one does
            short = len(data) < PIECE
            if why or short or transport.doRead is not self or not self._going():
                return why
        return None


def read_on(transport: Any, going: Callable[[], bool]) -> None:
    """
    Read a plain transport by pieces from now on.
    """
    if isinstance(transport, FileDescriptor):
        transport.doRead = PieceReader(transport, going)  # type: ignore[method-assign]


def read_as_usual(transport: Any) -> None:
    """
    End `read_on`.
    """
    if isinstance(getattr(transport, "doRead", None), PieceReader):
        del transport.doRead
