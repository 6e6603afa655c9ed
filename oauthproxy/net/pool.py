"""
Connections to one upstream: few, kept, bounded.

Rule 1: a request takes the connection that was used last; the oldest ones age and go.
Rule 2: beyond `limit` connections requests wait in line, first come first served, and
no longer than `connect_time`. Tunnels do not count: their clients bound them.
Rule 3: a connection that is about to end is given to nobody.
Rule 4: a request is sent a second time only when a kept connection ended before any
byte of the response, and only when the caller says that its request bears it.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from attrs import define, frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import connectProtocol
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.python.failure import Failure

from oauthproxy.errors import ConnectFailed, ProxyError
from oauthproxy.metrics.upstreams import UpstreamMeter
from oauthproxy.net.exchange import Exchange
from oauthproxy.net.sweep import NEVER, Sweeper
from oauthproxy.net.upstream import UpstreamConnection


@frozen(kw_only=True)
class PoolLimits:
    """
    Numbers of connections, times in seconds.
    """

    limit: int = 512
    idle: int = 64
    idle_time: float = 90.0
    connect_time: float = 30.0


class Passenger(Exchange, Protocol):
    """
    An exchange that can be given a connection.
    """

    def board(self, connection: UpstreamConnection) -> None:
        """
        Send the request on `connection`.
        """


@define(eq=False)
class Waiting:
    """
    A request in line; the sweeper ends its wait.
    """

    passenger: Passenger
    pool: "Pool"
    deadline: float

    def expired(self) -> None:
        """
        Give up waiting.
        """
        self.pool.gave_up(self)


@define(eq=False)
class Attempt:
    """
    A connection that is being made for somebody; the sweeper ends it. The endpoint
    has times of its own, but not for looking up a name.
    """

    passenger: Passenger | None
    making: "Deferred[Any]"
    deadline: float

    def expired(self) -> None:
        """
        Give up.
        """
        self.deadline = NEVER
        self.making.cancel()


class Pool:
    """
    The connections to one upstream.
    """

    def __init__(
        self,
        name: str,
        endpoint: IStreamClientEndpoint,
        sweeper: Sweeper,
        limits: PoolLimits,
        *,
        keep: bool = True,
        log_error: Callable[[str], None],
        meter: UpstreamMeter | None = None,
    ) -> None:
        self.name = name
        self.sweeper = sweeper
        self.connect_time = limits.connect_time
        self.meter = meter or UpstreamMeter(name)
        self._endpoint = endpoint
        self._limits = limits
        self._keep = keep
        self._log_error = log_error
        self._idle: dict[UpstreamConnection, None] = {}
        self._all: set[UpstreamConnection] = set()
        self._attempts: set[Attempt] = set()
        self._line: deque[Waiting] = deque()
        self._stopped = False

    def __repr__(self) -> str:
        return (
            f"<Pool {self.name}: {len(self._all)} open, {len(self._idle)} idle, "
            f"{len(self._line)} waiting>"
        )

    @property
    def open(self) -> int:
        """
        How many connections there are, being made ones included.
        """
        return len(self._all) + len(self._attempts)

    @property
    def idle(self) -> int:
        """
        How many connections wait for a request.
        """
        return len(self._idle)

    def carry(self, passenger: Passenger, *, fresh: bool = False) -> None:
        """
        Give `passenger` a connection, now or later; a new one when `fresh`.
        """
        if self._idle and not fresh:
            connection, _ = self._idle.popitem()
            passenger.board(connection)
        elif self.open < self._limits.limit:
            self._connect(passenger)
        else:
            until = self.sweeper.now + self._limits.connect_time
            waiting = Waiting(passenger, self, until)
            self._line.append(waiting)
            self.sweeper.add(waiting)

    def leave(self, passenger: Passenger) -> None:
        """
        Forget a passenger that has no connection yet.
        """
        for waiting in [w for w in self._line if w.passenger is passenger]:
            self._line.remove(waiting)
            self.sweeper.discard(waiting)
        for attempt in [a for a in self._attempts if a.passenger is passenger]:
            attempt.passenger = None
            attempt.making.cancel()

    def gave_up(self, waiting: Waiting) -> None:
        """
        End one wait in line.
        """
        self.sweeper.discard(waiting)
        if waiting in self._line:
            self._line.remove(waiting)
            error = ConnectFailed(f"{self.name}: all connections stayed busy")
            waiting.passenger.failed(error, untouched=False)

    def released(self, connection: UpstreamConnection, *, reusable: bool) -> None:
        """
        Take a connection back after an exchange.
        """
        if not (reusable and self._keep):
            connection.loseConnection()
        elif self._line:
            waiting = self._line.popleft()
            self.sweeper.discard(waiting)
            waiting.passenger.board(connection)
        elif self._stopped or len(self._idle) >= self._limits.idle:
            connection.loseConnection()
        else:
            connection.deadline = self.sweeper.now + self._limits.idle_time
            self._idle[connection] = None

    def retired(self, connection: UpstreamConnection) -> None:
        """
        Give a connection to nobody any more: it is about to end.
        """
        self._idle.pop(connection, None)

    def lost(self, connection: UpstreamConnection) -> None:
        """
        Forget a connection, and let the next in line have its place.
        """
        self._all.discard(connection)
        self._idle.pop(connection, None)
        self._admit()

    def stop(self) -> None:
        """
        Close idle connections now and the others when they become idle.
        """
        self._stopped = True
        for connection in list(self._idle):
            connection.loseConnection()

    def _admit(self) -> None:
        if self._line and self.open < self._limits.limit:
            waiting = self._line.popleft()
            self.sweeper.discard(waiting)
            self._connect(waiting.passenger)

    def _connect(self, passenger: Passenger) -> None:
        connection = UpstreamConnection(self)
        making: Deferred[Any] = connectProtocol(self._endpoint, connection)
        attempt = Attempt(
            passenger, making, self.sweeper.now + 2 * self._limits.connect_time
        )
        self._attempts.add(attempt)
        self.sweeper.add(attempt)
        making.addCallbacks(
            lambda _: self._made(attempt, connection),
            lambda why: self._not_made(attempt, why),
        )
        making.addErrback(self._broke, connection, passenger)

    def _end(self, attempt: Attempt) -> Passenger | None:
        self._attempts.discard(attempt)
        self.sweeper.discard(attempt)
        return attempt.passenger

    def _made(self, attempt: Attempt, connection: UpstreamConnection) -> None:
        self._all.add(connection)
        self.meter.connected()
        passenger = self._end(attempt)
        if passenger is None:
            self.released(connection, reusable=True)
        else:
            passenger.board(connection)

    def _not_made(self, attempt: Attempt, why: Failure) -> None:
        passenger = self._end(attempt)
        if passenger is not None:
            error = ConnectFailed(f"{self.name}: {_reason(why)}")
            passenger.failed(error, untouched=False)
        self._admit()

    def _broke(
        self, why: Failure, connection: UpstreamConnection, passenger: Passenger
    ) -> None:
        self._log_error(f"unexpected failure in an exchange: {why.getTraceback()}")
        if connection in self._all:
            connection.cut()
        passenger.failed(ProxyError(type(why.value).__name__), untouched=False)


def _reason(why: Failure) -> str:
    if why.check(CancelledError):
        return "cannot connect: not in time"
    text = why.getErrorMessage()
    return f"cannot connect: {text or type(why.value).__name__}"
