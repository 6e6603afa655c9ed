"""
Connect through an HTTP proxy by its CONNECT method (RFC 9110, 9.3.6).

The proxy's answer is read up to the end of its head, at most `MAX_HEAD` bytes; from
then on every byte belongs to the protocol that asked for the connection.
"""

import re
from base64 import b64encode
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

MAX_HEAD = 16 * 1024
STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: |\r)")


class ProxyRefused(Exception):
    """
    The proxy for outgoing calls did not open a connection.
    """


@implementer(IStreamClientEndpoint)
class ConnectEndpoint:
    """
    Connect to a host and port through the proxy at another endpoint; `credentials` are
    ours there, "user:password" or empty.
    """

    def __init__(
        self, proxy: IStreamClientEndpoint, host: str, port: int, credentials: str = ""
    ) -> None:
        self._proxy = proxy
        bracketed = f"[{host}]" if ":" in host else host
        authority = f"{bracketed}:{port}".encode("ascii")
        self._ask = b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (
            authority,
            authority,
            proxy_lines(credentials),
        )

    def connect(self, protocolFactory: IProtocolFactory) -> "Deferred[Any]":
        """
        Connect, and hand the open connection to the factory's protocol.
        """
        factory = Factory.forProtocol(lambda: Opening(self._ask, protocolFactory))
        factory.noisy = False
        asked: Deferred[Any] = self._proxy.connect(factory)
        return asked.addCallback(lambda opening: opening.opened)


def proxy_lines(credentials: str) -> bytes:
    """
    Return the field, with its line end, by which a proxy knows us; nothing without
    credentials.
    """
    if not credentials:
        return b""
    return b"Proxy-Authorization: %b\r\n" % authorization(credentials)


def authorization(credentials: str) -> bytes:
    """
    Return the value of `Proxy-Authorization` for "user:password".
    """
    return b"Basic " + b64encode(credentials.encode("utf-8"))


class Opening(Protocol):
    """
    Ask the proxy, then stand between the connection and its protocol.

    `opened` fires with the protocol once the proxy has agreed.
    """

    def __init__(self, ask: bytes, wanted: IProtocolFactory) -> None:
        self._ask = ask
        self._wanted = wanted
        self._head = b""
        self._protocol: Any = None
        self.opened: Deferred[Any] = Deferred(lambda _: self._abort())

    def connectionMade(self) -> None:
        """
        Ask for the connection.
        """
        assert self.transport is not None
        self.transport.write(self._ask)

    def dataReceived(self, data: bytes) -> None:
        """
        Read the proxy's answer, or pass on what belongs to the protocol.
        """
        if self._protocol is not None:
            self._protocol.dataReceived(data)
            return
        self._head += data
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if end:
            self._answered(head, rest)
        elif len(self._head) > MAX_HEAD:
            self._refuse("its answer is too long")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Tell whoever waits, or the protocol.
        """
        if self._protocol is not None:
            self._protocol.connectionLost(reason)
        elif not self.opened.called:
            self.opened.errback(reason)

    def _answered(self, head: bytes, rest: bytes) -> None:
        status = STATUS_LINE.match(head + b"\r")
        if status is None:
            self._refuse("its answer is not HTTP")
        elif not status[1].startswith(b"2"):
            self._refuse(f"it answered {status[1].decode('ascii')}")
        else:
            self._hand_over(rest)

    def _hand_over(self, rest: bytes) -> None:
        self._head = b""
        assert self.transport is not None
        protocol: Any = self._wanted.buildProtocol(self.transport.getPeer())
        self._protocol = protocol
        protocol.makeConnection(self.transport)
        if rest:
            protocol.dataReceived(rest)
        self.opened.callback(protocol)

    def _refuse(self, why: str) -> None:
        text = f"the proxy did not open a connection: {why}"
        self.opened.errback(Failure(ProxyRefused(text)))
        self._abort()

    def _abort(self) -> None:
        transport: Any = self.transport
        transport.abortConnection()
