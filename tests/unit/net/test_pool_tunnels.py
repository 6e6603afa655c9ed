"""
Tunnels and the bound of a pool.
"""

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from oauthproxy.net.pool import Pool, PoolLimits
from oauthproxy.net.sweep import Sweeper
from oauthproxy.net.upstream import UpstreamConnection


class Endpoint:
    """
    Connects at once, to nothing.
    """

    def connect(self, factory: Any) -> "Deferred[Any]":
        protocol = factory.buildProtocol(None)
        protocol.makeConnection(StringTransport())
        return succeed(protocol)


class Passenger:
    """
    Keeps the connection that it is given.
    """

    connection: UpstreamConnection | None = None

    def board(self, connection: UpstreamConnection) -> None:
        self.connection = connection


def test_tunnel_leaves_its_place_to_others() -> None:
    """A WebSocket lives for hours; it must not keep page views waiting."""
    pool = Pool(
        "u",
        Endpoint(),  # type: ignore[arg-type]
        Sweeper(Clock()),
        PoolLimits(limit=1),
        log_error=print,
    )
    first, second = Passenger(), Passenger()
    pool.carry(first)  # type: ignore[arg-type]
    pool.carry(second)  # type: ignore[arg-type]
    assert second.connection is None

    assert first.connection is not None
    first.connection.take_over(object())

    assert second.connection is not None
    assert pool.open == 1
