"""
Writing at once, with what we assume about Twisted's transports.
"""

from typing import Any

import pytest
from twisted.internet import abstract, tcp, unix
from twisted.internet.interfaces import IConsumer, IReadWriteDescriptor
from twisted.internet.main import CONNECTION_DONE, CONNECTION_LOST
from twisted.internet.protocol import Protocol
from zope.interface import verify

from oauthproxy.net.prompt import (
    PIECE,
    PIECES,
    STREAM_READ,
    PromptWriter,
    read_as_usual,
    read_much,
    read_on,
)
from tests.unit.net.producer import Producer
from tests.unit.net.wire import Wire


class Reactor:
    """
    Knows who wants to write.
    """

    def __init__(self) -> None:
        self.writers: set[Any] = set()
        self.readers: set[Any] = set()

    def addWriter(self, writer: Any) -> None:
        self.writers.add(writer)

    def removeWriter(self, writer: Any) -> None:
        self.writers.discard(writer)

    def addReader(self, reader: Any) -> None:
        self.readers.add(reader)

    def removeReader(self, reader: Any) -> None:
        self.readers.discard(reader)


class Socket(abstract.FileDescriptor):
    """
    A transport over a socket that takes so many bytes for each write.
    """

    reactor: Any

    def __init__(self, *takes: int | Exception) -> None:
        reactor: Any = Reactor()
        super().__init__(reactor=reactor)
        self.connected = True
        self.taken = b""
        self.socket = self
        self._takes = list(takes)

    def send(self, data: bytes) -> int:
        take = self._takes.pop(0) if self._takes else len(data)
        if isinstance(take, Exception):
            raise take
        self.taken += bytes(data[:take])
        return min(take, len(data))

    def writeSomeData(self, data: bytes) -> Any:
        try:
            return self.send(data)
        except OSError as error:
            return error


def test_bytes_go_out_at_once() -> None:
    """
    What the socket takes waits for no turn of the reactor.
    """
    socket = Socket()

    PromptWriter(socket).write(b"hello")

    assert socket.taken == b"hello"
    assert not socket.reactor.writers


def test_what_the_socket_does_not_take_keeps_its_place() -> None:
    """
    After a write that was taken in part everything goes through the buffer, in order.
    """
    socket = Socket(3)
    writer = PromptWriter(socket)

    writer.write(b"hello")
    writer.write(b" world")
    early = socket.taken
    socket.doWrite()

    assert (early, socket.taken) == (b"hel", b"hello world")


def test_a_full_socket_takes_nothing() -> None:
    """
    Zero bytes taken is no error.
    """
    socket = Socket(0)
    writer = PromptWriter(socket)

    writer.write(b"hello")
    socket.doWrite()

    assert socket.taken == b"hello"


def test_an_error_is_left_to_the_transport() -> None:
    """
    The transport meets the error again, and ends properly.
    """
    broken = OSError("reset")
    socket = Socket(broken, broken)
    PromptWriter(socket).write(b"hello")

    assert socket.doWrite() is broken


def test_writing_is_prompt_again_behind_an_empty_buffer() -> None:
    """
    Whoever is asked to go on knows that the buffer is empty.
    """
    socket = Socket(3)
    writer = PromptWriter(socket)
    writer.write(b"hello")
    socket.doWrite()

    writer.drained()
    writer.write(b"!")

    assert socket.taken == b"hello!"


@pytest.mark.parametrize("state", ["disconnecting", "disconnected"])
def test_nothing_is_written_past_a_transport_that_ends(state: str) -> None:
    """
    Then the transport decides what becomes of bytes.
    """
    socket = Socket()
    socket.disconnecting = state == "disconnecting"
    socket.connected = state != "disconnected"

    PromptWriter(socket).write(b"late")

    assert socket.taken == b""


def test_other_transports_are_written_to_as_usual() -> None:
    """
    TLS has buffers of its own.
    """

    class Nobody:
        def makeConnection(self, transport: object) -> None:
            """
            Be connected.
            """

    wire = Wire(Nobody())
    writer = PromptWriter(wire)

    writer.write(b"a")
    writer.drained()
    writer.write(b"b")

    assert wire.value() == b"ab"


def test_much_is_read_where_bytes_are_only_passed_on() -> None:
    """
    Large reads for long bodies, and the usual ones again afterwards.
    """
    socket = Socket()

    read_much(socket, much=True)
    much = socket.bufferSize
    read_much(socket, much=False)

    assert (much, socket.bufferSize) == (
        STREAM_READ,
        abstract.FileDescriptor.bufferSize,
    )


def piecewise(*pieces: bytes | Exception) -> tuple[Any, list[bytes]]:
    """
    Return a connection whose socket gives these, and what its protocol hears.
    """
    heard: list[bytes] = []
    left = list(pieces)

    class Given:
        def setblocking(self, to: object) -> None:
            assert not to

        def fileno(self) -> int:
            return -1

        def recv(self, size: int) -> bytes:
            assert size == PIECE
            piece = left.pop(0) if left else BlockingIOError()
            if isinstance(piece, Exception):
                raise piece
            return piece

    class Hearing(Protocol):
        def dataReceived(self, data: bytes) -> None:
            heard.append(data)

    connection = tcp.Connection(Given(), Hearing(), Reactor())  # type: ignore[arg-type]
    return connection, heard


WHOLE = b"x" * PIECE


def test_a_long_body_is_read_by_pieces_until_there_is_none() -> None:
    """
    A few in one turn; a short piece, or none, ends it.
    """
    short, heard_short = piecewise(WHOLE, WHOLE, b"end", WHOLE)
    none, heard_none = piecewise(WHOLE)
    many, heard_many = piecewise(*[WHOLE] * (PIECES + 3))
    for connection in (short, none, many):
        read_on(connection, lambda: True)
        assert connection.doRead() is None

    assert heard_short == [WHOLE, WHOLE, b"end"]
    assert heard_none == [WHOLE]
    assert len(heard_many) == PIECES


def test_reading_by_pieces_stops_when_the_next_is_not_wanted() -> None:
    """
    As soon as the body pauses its client.
    """
    connection, heard = piecewise(WHOLE, WHOLE)
    read_on(connection, lambda: False)

    connection.doRead()

    assert heard == [WHOLE]


@pytest.mark.parametrize(
    ("piece", "why"), [(b"", CONNECTION_DONE), (OSError("reset"), CONNECTION_LOST)]
)
def test_reading_by_pieces_tells_the_end(piece: Any, why: object) -> None:
    """
    As the transport's own reading does.
    """
    connection, _ = piecewise(WHOLE, piece)
    read_on(connection, lambda: True)

    assert connection.doRead() is why


def test_reading_by_pieces_ends_with_the_body() -> None:
    """
    The transport reads as it did before; what somebody else has put there stays.
    """
    connection, _ = piecewise()
    read_on(connection, lambda: True)
    read_as_usual(connection)
    usual = "doRead" not in vars(connection)
    connection.doRead = aborted = lambda: None

    read_as_usual(connection)

    assert usual
    assert connection.doRead is aborted


def test_an_aborted_connection_is_read_no_more() -> None:
    """
    Twisted: aborting puts another `doRead` there.
    """
    connection, heard = piecewise(WHOLE, WHOLE)
    read_on(connection, lambda: True)

    def abort(data: bytes) -> None:
        heard.append(data)
        connection.doRead = lambda: None

    connection.protocol.dataReceived = abort
    connection.doRead()

    assert heard == [WHOLE]


# --- what we assume about Twisted


def test_sockets_are_file_descriptors() -> None:
    """
    Twisted: plain connections are `FileDescriptor`s.
    """
    for connection in (tcp.Connection, unix.Server, unix.Client):
        assert issubclass(connection, abstract.FileDescriptor)


def test_a_streaming_producer_is_paused_within_the_write() -> None:
    """
    Twisted: a write beyond `bufferSize` calls `pauseProducing` before it returns.
    """
    socket, producer = Socket(0), Producer()
    socket.registerProducer(producer, True)

    socket.write(b"x" * (socket.bufferSize + 1))

    assert producer.heard == ["pause"]


def test_a_producer_is_resumed_with_an_empty_buffer() -> None:
    """
    Twisted: `resumeProducing` comes when everything was sent, so that writing at once
    keeps the order.
    """
    socket = Socket()
    left: list[int] = []
    producer = Producer(
        lambda: left.append(len(socket.dataBuffer) + socket._tempDataLen)
    )
    socket.registerProducer(producer, True)
    socket.write(b"x" * (socket.bufferSize + 1))

    socket.doWrite()

    assert producer.heard == ["pause", "resume"]
    assert left == [0]


def test_progress_shows_in_offset_and_buffer() -> None:
    """
    Twisted: `offset` and the size of `dataBuffer` change with every write that takes
    something, and with no other.
    """
    socket = Socket(10, 10, 0)
    socket.write(b"x" * 100)

    places = []
    for _ in range(3):
        socket.doWrite()
        left = len(socket.dataBuffer) - socket.offset
        places.append((left, socket.offset < len(socket.dataBuffer)))

    assert places == [(90, True), (80, True), (80, True)]


def test_an_unregistered_producer_does_not_keep_a_closing_transport() -> None:
    """
    Twisted: a transport that ends waits for its producer to be unregistered.
    """
    socket, producer = Socket(0), Producer()
    socket.registerProducer(producer, True)
    socket.write(b"x" * (socket.bufferSize + 1))

    socket.unregisterProducer()
    socket.loseConnection()
    socket.doWrite()

    assert socket.doWrite() is not None
    assert socket.taken


def test_descriptors_are_consumers() -> None:
    """
    Twisted: `FileDescriptor` implements `IConsumer` and the reactor's side.
    """
    for interface in (IConsumer, IReadWriteDescriptor):
        assert interface.implementedBy(abstract.FileDescriptor)
    assert verify.verifyClass(IConsumer, abstract.FileDescriptor)
