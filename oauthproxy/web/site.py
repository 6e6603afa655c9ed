"""
All client connections of one configuration.
"""

import ipaddress
import random
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, ISSLTransport
from twisted.python.failure import Failure
from twisted.web import resource, server

from oauthproxy.net.sweep import Sweeper
from oauthproxy.scope import Peer
from oauthproxy.web.channel import FrontChannel
from oauthproxy.web.limits import ChannelLimits
from oauthproxy.web.request import FrontRequest
from oauthproxy.wire.fields import Pair, field_text
from oauthproxy.wire.forwarded import Trust
from oauthproxy.wire.kind import FieldKinds

LONGEST_REQUEST_ID = 128
_VERSION_4 = 0x4 << 76 | 0x8 << 60
_FREE_BITS = ~(0xF << 76 | 0xC << 60)


class Journal(Protocol):
    """
    Hears of everything that was answered.
    """

    def answered(self, request: FrontRequest) -> None:
        """
        Record a request whose response is out, or that was given up.
        """

    def refused(self, peer: Peer, status: int) -> None:
        """
        Record bytes that were no request.
        """


class FrontSite(server.Site):
    """
    Makes channels, and knows them all; `idle` are those that serve nobody, longest
    first.

    `locate` finds the resource for a request, `broke` answers when that one raises.
    Only HTTP/1.1 is offered to TLS clients.
    """

    def __init__(
        self,
        locate: Callable[[FrontRequest], resource.Resource],
        *,
        reactor: Any,
        sweeper: Sweeper,
        limits: ChannelLimits,
        most_channels: int,
        trust: Trust,
        request_id_field: bytes,
        journal: Journal,
        broke: Callable[[FrontRequest, Failure], None],
    ) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            resource.Resource(),
            reactor=reactor,
        )
        self.sweeper = sweeper
        self.limits = limits
        self.trust = trust
        self.channels: set[FrontChannel] = set()
        self.idle: dict[FrontChannel, None] = {}
        self.live = 0
        self.accepted = 0
        self.tunnels = 0
        self.tunnels_opened = 0
        self._locate = locate
        self.broke = broke
        self._reactor = reactor
        self._most_channels = most_channels
        self._id_kinds = FieldKinds({request_id_field: 1} if request_id_field else {})
        self._journal = journal
        self._draining = False

    def startFactory(self) -> None:
        """
        Nothing to do: the sweeper keeps the time.
        """

    def stopFactory(self) -> None:
        """
        Nothing to do.
        """

    def acceptableProtocols(self) -> list[bytes]:
        """
        Return what TLS clients may choose from.
        """
        return [b"http/1.1"]

    def buildProtocol(  # type: ignore[override]
        self,
        addr: IAddress | None,  # noqa: ARG002
    ) -> FrontChannel:
        """
        Return the protocol of a new client connection.
        """
        return FrontChannel(self)

    # --- channels

    def opened(self, channel: FrontChannel) -> None:
        """
        Know a channel; beyond the limit the one that is idle for longest goes.
        """
        self.accepted += 1
        self.channels.add(channel)
        self.sweeper.add(channel)
        while len(self.channels) > self._most_channels:
            longest = next(iter(self.idle), channel)
            self.closed(longest)
            longest.abort()
        if channel in self.channels:
            self.idle[channel] = None

    def closed(self, channel: FrontChannel) -> None:
        """
        Forget a channel.
        """
        self.channels.discard(channel)
        self.idle.pop(channel, None)
        self.sweeper.discard(channel)

    def rests(self, channel: FrontChannel) -> None:
        """
        Hear that a channel serves nobody from now on.
        """
        if channel in self.channels:
            self.idle[channel] = None

    def drain(self) -> None:
        """
        Close what is idle, and the others after their answer.
        """
        self._draining = True
        for channel in list(self.channels):
            channel.close_idle()

    def is_secure(self, transport: Any) -> bool:
        """
        Return whether a transport speaks TLS.
        """
        return bool(ISSLTransport.providedBy(transport))

    def later(self, call: Callable[[], None]) -> None:
        """
        Call at the next turn of the reactor.
        """
        self._reactor.callLater(0, call)

    # --- requests

    def getResourceFor(self, request: FrontRequest) -> resource.Resource:
        """
        Return the resource that answers a request.
        """
        self.live += 1
        if self._draining:
            request.close_after()
        return self._locate(request)

    def answered(self, request: FrontRequest) -> None:
        """
        Hear that a request is over.
        """
        self.live -= 1
        if self._draining:
            request.close_after()
        self._journal.answered(request)

    def tunnel_opened(self) -> None:
        """
        Hear that a request has become a tunnel.
        """
        self.tunnels += 1
        self.tunnels_opened += 1

    def tunnel_closed(self) -> None:
        """
        Hear that a tunnel has ended.
        """
        self.tunnels -= 1

    def refused(self, channel: FrontChannel, status: int) -> None:
        """
        Hear that a client sent something that is no request.
        """
        self._journal.refused(channel.client, status)

    def request_id(self, request: FrontRequest) -> str:
        """
        Return the id a client or a proxy before us gave, or a new UUID.
        """
        memo = request.head.memo
        given: str | None = memo.get(self)
        if given is None:
            given = memo[self] = self._given_id(request.fields)
        return given or new_request_id()

    def _given_id(self, fields: Iterable[Pair]) -> str:
        is_id = self._id_kinds.of
        for name, value in fields:
            if is_id(name) and value:
                return field_text(value[:LONGEST_REQUEST_ID])
        return ""

    @staticmethod
    def peer_of(address: Any) -> Peer:
        """
        Return who is at an address of Twisted's.
        """
        if isinstance(address, IPv4Address):
            return Peer(address.host, address.port)
        if isinstance(address, IPv6Address):
            return Peer(_plain(address.host), address.port)
        return Peer("@")


def _plain(host: str) -> str:
    """
    Return an IPv4-mapped IPv6 address as the IPv4 address it is.
    """
    if not host.lower().startswith("::ffff:"):
        return host
    mapped = ipaddress.IPv6Address(host.partition("%")[0]).ipv4_mapped
    return host if mapped is None else str(mapped)


def new_request_id() -> str:
    """
    Return a random UUID (RFC 9562, 5.4); ids need to differ, not to be secret.
    """
    number = random.getrandbits(128) & _FREE_BITS | _VERSION_4
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
