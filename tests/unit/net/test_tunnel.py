"""
Bytes both ways.
"""

from typing import Any

from oauthproxy.net.tunnel import Half, Tunnel
from tests.unit.net.wire import Wire


class Side:
    """
    One connection, which hands what it hears to a half of a tunnel.
    """

    def __init__(self) -> None:
        self.half: Half | None = None
        self.closing = 0
        self.wire = Wire(self)

    def makeConnection(self, transport: Any) -> None:
        self.transport = transport

    def dataReceived(self, data: bytes) -> None:
        assert self.half is not None
        self.half.dataReceived(data)

    def connectionLost(self, reason: Any) -> None:
        assert self.half is not None
        self.half.connectionLost(reason)

    def loseConnection(self) -> None:
        self.closing += 1


def tunnel() -> tuple[Side, Side, list[int]]:
    """
    Return the two sides of a tunnel, and how often it was closed.
    """
    client, upstream = Side(), Side()
    closed: list[int] = []
    made = Tunnel(client, upstream, lambda: closed.append(1))
    client.half, upstream.half = made.from_client, made.from_upstream
    made.start()
    return client, upstream, closed


def test_bytes_go_both_ways() -> None:
    """
    What one side sends the other gets.
    """
    client, upstream, _ = tunnel()

    client.wire.receive(b"question")
    upstream.wire.receive(b"answer")

    assert (upstream.wire.value(), client.wire.value()) == (b"question", b"answer")


def test_the_slow_side_pauses_the_fast_one() -> None:
    """
    Nothing piles up between them.
    """
    client, upstream, _ = tunnel()

    client.wire.fill()
    paused = upstream.wire.reading
    client.wire.drain()

    assert (paused, upstream.wire.reading) == (False, True)


def test_the_end_of_the_client_is_the_end_of_the_upstream() -> None:
    """
    One side ends, the other is closed behind what it was sent.
    """
    client, upstream, closed = tunnel()
    client.wire.receive(b"last words")

    client.wire.lose()

    assert upstream.wire.value() == b"last words"
    assert upstream.closing == 1
    assert upstream.wire.producer is None
    assert closed == [1]


def test_the_end_of_the_upstream_is_the_end_of_the_client() -> None:
    """
    The same the other way round; it is told once.
    """
    client, upstream, closed = tunnel()

    upstream.wire.lose()
    client.wire.lose()

    assert client.closing == 1
    assert closed == [1]
