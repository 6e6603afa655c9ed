"""
The way out to a client, over a real transport's buffer.
"""

from typing import Any

from oauthproxy.web.outlet import Outlet
from tests.unit.net.test_prompt import Socket


class Reader:
    """
    Writes down how its client reads.
    """

    def __init__(self) -> None:
        self.heard: list[str] = []

    def client_behind(self) -> None:
        self.heard.append("behind")

    def client_caught_up(self) -> None:
        self.heard.append("caught up")


def outlet(*takes: int) -> tuple[Outlet, Socket, Reader]:
    """
    Return an outlet over a socket that takes so many bytes for each write.
    """
    socket, reader = Socket(*takes), Reader()
    return Outlet(socket, reader), socket, reader


MUCH = b"x" * 100_000


def test_a_client_that_does_not_read_is_noticed() -> None:
    """
    Whoever writes, and however: more than the buffer holds means being behind, once.
    """
    out, _, reader = outlet(0)

    out.write(MUCH)
    out.write(b"y")

    assert out.behind
    assert reader.heard == ["behind"]


def test_a_client_that_has_read_everything_is_noticed() -> None:
    """
    An empty buffer is caught up, and writing is prompt again.
    """
    out, socket, reader = outlet(0)
    out.write(MUCH)

    socket.doWrite()
    out.write(b"y")

    assert reader.heard == ["behind", "caught up"]
    assert socket.taken == MUCH + b"y"


def test_a_little_that_waits_is_not_being_behind() -> None:
    """
    A buffer is there to be used.
    """
    out, _, reader = outlet(0)

    out.write(b"x")

    assert reader.heard == []


def test_progress_is_bytes_that_went_out() -> None:
    """
    A slow client that reads has moved, one that does not has not, and one that has
    nothing to read has not either.
    """
    out, socket, _ = outlet(0, 10, 0)
    out.write(MUCH)
    moves = []
    for _ in range(2):
        socket.doWrite()
        moves.append(out.moved())
    socket.doWrite()
    moves.append(out.moved())

    assert moves == [True, False, False]


def test_progress_is_seen_below_other_protocols() -> None:
    """
    TLS and other wrappers have the socket below them.
    """

    class Wrapper:
        def __init__(self, transport: Any) -> None:
            self.transport = transport
            self.write = transport.write

        def registerProducer(self, producer: Any, streaming: bool) -> None:
            self.transport.registerProducer(producer, streaming)

    socket = Socket(10)
    out = Outlet(Wrapper(socket), Reader())
    out.write(MUCH)
    socket.doWrite()

    assert out.moved()


def test_a_closed_outlet_lets_the_transport_end() -> None:
    """
    Closing writes what is left, and waits for no producer.
    """
    out, socket, _ = outlet(0)
    out.write(MUCH)

    out.close()
    ended = socket.doWrite()

    assert socket.taken == MUCH
    assert ended is not None


def test_half_closing_leaves_the_reading() -> None:
    """
    The client is told the end behind the last byte, and may go on sending.
    """
    out, socket, _ = outlet(0)
    socket.startReading()
    out.write(b"bye")

    out.half_close()
    ended = socket.doWrite()

    assert socket.taken == b"bye"
    assert ended is None
    assert socket in socket.reactor.readers
