"""
The way out to a client: written to at once as long as the client keeps up.

Rule 1: an outlet is its transport's producer from the first byte to the last, so that
a client that does not read is noticed whoever writes.
Rule 2: a producer that waits to be asked for each piece, as stock files do, is asked
as long as the client keeps up, and no longer.
"""

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.abstract import FileDescriptor
from twisted.internet.interfaces import IPullProducer, IPushProducer
from zope.interface import implementer

from oauthproxy.net.prompt import PromptWriter

AT_ONCE = 4
"""How often a waiting producer is asked in one turn of the reactor."""

Later = Callable[[Callable[[], None]], None]
"""Call something at the reactor's next turn."""


class Reader(Protocol):
    """
    The channel, as it hears how its client reads.
    """

    def client_behind(self) -> None:
        """
        Learn that more was written than the client takes.
        """

    def client_caught_up(self) -> None:
        """
        Learn that the client has taken everything.
        """


@implementer(IPushProducer)
class Outlet(PromptWriter):
    """
    Writes to one client. `behind` tells that the client does not keep up.
    """

    __slots__ = ("_producer", "_reader", "_unsent", "behind")

    def __init__(self, transport: Any, reader: Reader) -> None:
        super().__init__(transport)
        self._reader = reader
        self._producer: Any = None
        self._unsent = 0
        self.behind = False
        transport.registerProducer(self, True)

    # --- who writes

    def register(self, producer: IPushProducer) -> None:
        """
        Let the client's slowness pause `producer`.
        """
        self._producer = producer
        if self.behind:
            producer.pauseProducing()

    def pump(
        self, producer: IPullProducer, later: Later, broken: Callable[[], None]
    ) -> None:
        """
        Ask `producer` for pieces as long as the client keeps up; `broken` is called
        when it cannot read what it should give.
        """
        self._producer = pump = Pump(producer, later, broken)
        if not self.behind:
            pump.resumeProducing()

    def unregister(self) -> None:
        """
        Forget the producer.
        """
        producer, self._producer = self._producer, None
        if isinstance(producer, Pump):
            producer.pauseProducing()

    # --- the transport's side

    def pauseProducing(self) -> None:
        """
        The client does not keep up.
        """
        if not self.behind:
            self.behind = True
            self._reader.client_behind()
        if self._producer is not None:
            self._producer.pauseProducing()

    def resumeProducing(self) -> None:
        """
        The client has caught up.
        """
        self.drained()
        self.behind = False
        if self._producer is not None:
            self._producer.resumeProducing()
        if not self.behind:
            self._reader.client_caught_up()

    def stopProducing(self) -> None:
        """
        The client is gone.
        """
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.stopProducing()

    # --- the end

    def release(self) -> None:
        """
        Leave the transport to somebody else.
        """
        self._transport.unregisterProducer()

    def close(self) -> None:
        """
        End the connection behind what was written.
        """
        self.release()
        self._transport.loseConnection()

    def half_close(self) -> None:
        """
        End our side behind what was written; where there are no sides, everything.
        """
        self.release()
        if isinstance(self._transport, FileDescriptor):
            self._transport.loseWriteConnection()
        else:
            self._transport.loseConnection()

    def moved(self) -> bool:
        """
        Tell whether there are unsent bytes, of which some went out since the last
        question.
        """
        below = self._transport
        while not isinstance(below, FileDescriptor):
            below = getattr(below, "transport", None)
            if below is None:
                return False
        before, self._unsent = self._unsent, len(below.dataBuffer) - below.offset
        return 0 < self._unsent != before


@implementer(IPushProducer)
class Pump:
    """
    Asks a producer for one piece after the other until it is paused.
    """

    def __init__(
        self, producer: IPullProducer, later: Later, broken: Callable[[], None]
    ) -> None:
        self._producer = producer
        self._later = later
        self._broken = broken
        self._going = False
        self._scheduled = False

    def resumeProducing(self) -> None:
        """
        Ask from now on.
        """
        self._going = True
        if not self._scheduled:
            self._turn()

    def pauseProducing(self) -> None:
        """
        Ask no more.
        """
        self._going = False

    def stopProducing(self) -> None:
        """
        End the producer.
        """
        self._going = False
        self._producer.stopProducing()

    def _turn(self) -> None:
        self._scheduled = True
        try:
            for _ in range(AT_ONCE):
                if not self._going:
                    break
                self._producer.resumeProducing()
        except OSError:
            self.stopProducing()
            self._broken()
        self._scheduled = self._going
        if self._going:
            self._later(self._turn)
