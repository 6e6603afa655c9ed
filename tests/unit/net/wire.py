"""
A transport in memory that pauses its producer when told so.
"""

from typing import Any

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IAddress
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure


class Wire(StringTransport):
    """
    One end of a connection. What is written is in `value()`; `reading` tells whether
    our side reads.
    """

    def __init__(self, protocol: Any, peer: IAddress | None = None) -> None:
        super().__init__(peerAddress=peer)
        self.protocol = protocol
        self.aborted = False
        self.gone = False
        protocol.makeConnection(self)

    @property
    def reading(self) -> bool:
        return self.producerState == "producing"

    def take(self) -> bytes:
        """
        Return what was written since the last time.
        """
        written: bytes = self.value()
        self.clear()
        return written

    def receive(self, data: bytes) -> None:
        """
        Let the other side have sent something.
        """
        self.protocol.dataReceived(data)

    def fill(self) -> None:
        """
        Let the other side read no more.
        """
        assert self.producer is not None
        self.producer.pauseProducing()

    def drain(self) -> None:
        """
        Let the other side have read everything.
        """
        assert self.producer is not None
        self.producer.resumeProducing()

    def unregisterProducer(self) -> None:
        self.producer = None

    def abortConnection(self) -> None:
        self.aborted = True

    def lose(self, *, cleanly: bool = True) -> None:
        """
        End the connection, as a transport does it.
        """
        if not self.gone:
            self.gone = True
            self.connected = False
            if self.producer is not None:
                self.producer.stopProducing()
            reason = ConnectionDone() if cleanly else ConnectionLost()
            self.protocol.connectionLost(Failure(reason))
