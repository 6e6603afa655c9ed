"""
Writing at once, with what we assume about Twisted's transports.
"""

from typing import Any

import pytest
from twisted.internet import abstract, tcp, unix
from twisted.internet.interfaces import IConsumer, IReadWriteDescriptor
from zope.interface import verify

from oauthproxy.net.prompt import STREAM_READ, PromptWriter, read_much
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

    def __init__(self, *takes: int | Exception) -> None:
        super().__init__(reactor=Reactor())
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
