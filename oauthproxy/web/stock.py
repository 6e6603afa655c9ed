"""
What Twisted's own requests and resources ask of a channel.
"""

from collections.abc import Callable, Iterable
from typing import Any, cast

from twisted.internet.interfaces import IAddress, IPullProducer, IPushProducer
from twisted.internet.protocol import Protocol

from oauthproxy.web.outlet import Outlet


class StockChannel(Protocol):
    """
    A channel as `http.Request` knows one.
    """

    transport: Any
    site: Any
    outlet: Outlet
    write: Callable[[bytes], None]
    peer: IAddress | None = None
    secure = False

    def writeSequence(self, parts: Iterable[bytes]) -> None:
        """
        Send bytes.
        """
        self.write(b"".join(parts))

    def registerProducer(
        self, producer: IPushProducer | IPullProducer, streaming: bool
    ) -> None:
        """
        Let the client's slowness pause `producer`, or ask it when it is not streaming.
        """
        if streaming:
            self.outlet.register(cast("IPushProducer", producer))  # it says so
        else:
            asked = cast("IPullProducer", producer)  # it does not say otherwise
            self.outlet.pump(asked, self.site.later, self.abort)

    def unregisterProducer(self) -> None:
        """
        Forget the producer.
        """
        self.outlet.unregister()

    def abort(self) -> None:
        """
        Cut the connection.
        """
        self.transport.abortConnection()

    def getPeer(self) -> IAddress | None:
        """
        Return the client's address.
        """
        return self.peer

    def getHost(self) -> IAddress:
        """
        Return our own address.
        """
        address: IAddress = self.transport.getHost()
        return address

    def isSecure(self) -> bool:
        """
        Return whether the client speaks TLS.
        """
        return self.secure
