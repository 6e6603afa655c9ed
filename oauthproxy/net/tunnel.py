"""
Bytes both ways between a client and an upstream after a switch of protocols.

Rule 1: each side is the other's producer, so that the slow side pauses the fast one.
Rule 2: when one side ends, what it sent before still goes out, then the other ends; it
has a limited time for that.
"""

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure


class Side(Protocol):
    """
    One of the two connections.
    """

    transport: Any

    def loseConnection(self) -> None:
        """
        End it behind what was written, or after a time in any case.
        """


class Half:
    """
    One direction: takes bytes and writes them to `sink`.
    """

    def __init__(self, sink: Side, ended: Callable[[], None]) -> None:
        self._sink = sink
        self._transport = sink.transport
        self._ended = ended

    def dataReceived(self, data: bytes) -> None:
        """
        Pass bytes on.
        """
        self._transport.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002
        """
        End the other side after what was written.
        """
        self._transport.unregisterProducer()
        self._sink.loseConnection()
        self._ended()


class Tunnel:
    """
    Two halves, made to know each other. `closed` is called once, at the first end.
    """

    def __init__(
        self, client: Side, upstream: Side, closed: Callable[[], None]
    ) -> None:
        self._client = client.transport
        self._upstream = upstream.transport
        self._closed: Callable[[], None] | None = closed
        self.from_client = Half(upstream, self._end)
        self.from_upstream = Half(client, self._end)

    def start(self) -> None:
        """
        Let each side pause the other.
        """
        self._client.registerProducer(self._upstream, True)
        self._upstream.registerProducer(self._client, True)

    def _end(self) -> None:
        closed, self._closed = self._closed, None
        if closed is not None:
            closed()
