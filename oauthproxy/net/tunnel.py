"""
Bytes both ways between a client and an upstream after a switch of protocols.

Rule 1: each side is the other's producer, so that the slow side pauses the fast one.
Rule 2: when one side ends, what it sent before still goes out, then the other ends.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure


class Half:
    """
    One direction: takes bytes and writes them to `sink`.
    """

    def __init__(self, sink: Any, ended: Callable[[], None]) -> None:
        self._sink = sink
        self._ended = ended

    def dataReceived(self, data: bytes) -> None:
        """
        Pass bytes on.
        """
        self._sink.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002
        """
        End the other side after what was written.
        """
        self._sink.unregisterProducer()
        self._sink.loseConnection()
        self._ended()


class Tunnel:
    """
    Two halves, made to know each other. `closed` is called once, at the first end.
    """

    def __init__(self, client: Any, upstream: Any, closed: Callable[[], None]) -> None:
        self.client = client
        self.upstream = upstream
        self._closed: Callable[[], None] | None = closed
        self.from_client = Half(upstream, self._end)
        self.from_upstream = Half(client, self._end)

    def start(self) -> None:
        """
        Let each side pause the other.
        """
        self.client.registerProducer(self.upstream, True)
        self.upstream.registerProducer(self.client, True)

    def stop(self) -> None:
        """
        End both sides.
        """
        for side in (self.client, self.upstream):
            side.unregisterProducer()
            side.loseConnection()

    def _end(self) -> None:
        closed, self._closed = self._closed, None
        if closed is not None:
            closed()
