"""
Connections whose facts are known only with their first bytes.

Behind an endpoint that reads something first, such as a PROXY header, the client's
address is wrong until that has come. The protocol inside hears of a connection with the
first data, when all is known.
"""

from typing import Any

from twisted.internet.interfaces import IAddress, IProtocol, IProtocolFactory
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

PATIENCE_SECONDS = 30.0
"""How long a client may take to send anything."""


@implementer(IProtocolFactory)
class SettledFactory:
    """
    Make the protocols of another factory, and tell them late.
    """

    def __init__(self, reactor: Any, inner: IProtocolFactory) -> None:
        self._reactor = reactor
        self._inner = inner

    def buildProtocol(self, addr: IAddress) -> IProtocol | None:
        """
        Return a protocol that waits for the first data.
        """
        inner = self._inner.buildProtocol(addr)
        return None if inner is None else Settling(self._reactor, inner)

    def doStart(self) -> None:
        """
        Nothing to do: who made the other factory starts it.
        """

    def doStop(self) -> None:
        """
        Nothing to do.
        """


class Settling(Protocol):
    """
    Stand before `inner` until the first data, and hand everything on from then.
    """

    def __init__(self, reactor: Any, inner: IProtocol) -> None:
        self._reactor = reactor
        self._inner = inner
        self._timer: Any = None
        self._settled = False

    def connectionMade(self) -> None:
        """
        Wait, but not for ever.
        """
        transport: Any = self.transport
        self._timer = self._reactor.callLater(
            PATIENCE_SECONDS, transport.abortConnection
        )

    def dataReceived(self, data: bytes) -> None:
        """
        Hand on data, the first with the news of the connection.
        """
        if not self._settled:
            assert self.transport is not None
            self._settled = True
            self._timer.cancel()
            self._inner.makeConnection(self.transport)
        self._inner.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Hand on the end, if anybody knows of the connection.
        """
        if self._settled:
            self._inner.connectionLost(reason)
        elif self._timer is not None and self._timer.active():
            self._timer.cancel()
