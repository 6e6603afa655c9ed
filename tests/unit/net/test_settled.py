"""
Connections that are told of with their first data.
"""

from typing import Any

from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from oauthproxy.net.settled import PATIENCE_SECONDS, SettledFactory


class Noting(Protocol):
    """
    Note what is heard.
    """

    def __init__(self, heard: list[str]) -> None:
        self.heard = heard

    def connectionMade(self) -> None:
        self.heard.append("made")

    def dataReceived(self, data: bytes) -> None:
        self.heard.append(data.decode())

    def connectionLost(self, reason: object = connectionDone) -> None:
        self.heard.append("lost")


class Aborting(StringTransport):
    """
    A transport that knows whether it was cut.
    """

    cut = False

    def abortConnection(self) -> None:
        self.cut = True


def connected(clock: Clock, heard: list[str]) -> tuple[Protocol, Aborting]:
    factory = SettledFactory(clock, Factory.forProtocol(lambda: Noting(heard)))
    protocol = factory.buildProtocol(None)  # type: ignore[arg-type]
    assert isinstance(protocol, Protocol)
    transport = Aborting()
    protocol.makeConnection(transport)
    return protocol, transport


def test_connection_is_told_with_its_first_data():
    """The protocol inside hears nothing before the first data."""
    clock = Clock()
    heard: list[Any] = []
    protocol, _ = connected(clock, heard)
    before = list(heard)

    protocol.dataReceived(b"one")
    protocol.dataReceived(b"two")
    protocol.connectionLost()

    assert before == []
    assert heard == ["made", "one", "two", "lost"]
    assert clock.getDelayedCalls() == []


def test_silent_connection_is_cut():
    """A client that sends nothing is cut off after a while."""
    clock = Clock()
    heard: list[Any] = []
    _, transport = connected(clock, heard)

    clock.advance(PATIENCE_SECONDS)

    assert transport.cut
    assert heard == []


def test_connection_that_ends_before_is_never_told():
    """Nobody hears of a connection that ends without data, and nothing is left."""
    clock = Clock()
    heard: list[Any] = []
    protocol, _ = connected(clock, heard)

    protocol.connectionLost()

    assert heard == []
    assert clock.getDelayedCalls() == []
