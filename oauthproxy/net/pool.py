"""
Connections to one upstream: few, kept, bounded.

Rule 1: a request takes the connection that was used last; the oldest ones age and go.
Rule 2: beyond `limit` connections requests wait in line, first come first served, and
no longer than `connect_time`. Tunnels do not count: their clients bound them.
Rule 3: a request is sent a second time only when a kept connection ended before any
byte of the response, and only when the caller says that its request bears it.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from attrs import define, frozen
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import connectProtocol
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.python.failure import Failure

from oauthproxy.errors import ConnectFailed, ProxyError
from oauthproxy.net.sweep import NEVER, Sweeper
from oauthproxy.net.upstream import Exchange, UpstreamConnection


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
    ) -> None:
        self.name = name
        self.sweeper = sweeper
        self._endpoint = endpoint
        self._limits = limits
        self._keep = keep
        self._log_error = log_error
        self._idle: list[UpstreamConnection] = []
        self._all: set[UpstreamConnection] = set()
        self._connecting: dict[Deferred[Any], Passenger] = {}
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
        return len(self._all) + len(self._connecting)

    def carry(self, passenger: Passenger, *, fresh: bool = False) -> None:
        """
        Give `passenger` a connection, now or later; a new one when `fresh`.
        """
        if self._idle and not fresh:
            connection = self._idle.pop()
            connection.deadline = NEVER
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
        for making in [d for d, p in self._connecting.items() if p is passenger]:
            del self._connecting[making]
            making.cancel()

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
        if self._line and reusable and self._keep:
            waiting = self._line.popleft()
            self.sweeper.discard(waiting)
            waiting.passenger.board(connection)
        elif (
            reusable
            and self._keep
            and not self._stopped
            and len(self._idle) < self._limits.idle
        ):
            connection.deadline = self.sweeper.now + self._limits.idle_time
            self._idle.append(connection)
        else:
            connection.transport.loseConnection()

    def lost(self, connection: UpstreamConnection) -> None:
        """
        Forget a connection, and let the next in line have its place.
        """
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._admit()

    def stop(self) -> None:
        """
        Close idle connections now and the others when they become idle.
        """
        self._stopped = True
        for connection in list(self._idle):
            connection.transport.loseConnection()

    def _admit(self) -> None:
        if self._line and self.open < self._limits.limit:
            waiting = self._line.popleft()
            self.sweeper.discard(waiting)
            self._connect(waiting.passenger)

    def _connect(self, passenger: Passenger) -> None:
        connection = UpstreamConnection(self)
        making: Deferred[Any] = connectProtocol(self._endpoint, connection)
        self._connecting[making] = passenger

        def made(_: object) -> None:
            # The passenger may be gone already; the connection is good for others.
            self._all.add(connection)
            if self._connecting.pop(making, None) is None:
                connection.transport.abortConnection()
                return
            passenger.board(connection)

        def failed(why: Failure) -> None:
            if self._connecting.pop(making, None) is not None:
                self._log_error(f"upstream {self.name}: {_reason(why)}")
                passenger.failed(_error(self.name, why), untouched=False)
            self._admit()

        making.addCallbacks(made, failed)
        making.addErrback(_unexpected, self._log_error)


def _reason(why: Failure) -> str:
    text = why.getErrorMessage()
    return f"cannot connect: {text or type(why.value).__name__}"


def _error(name: str, why: Failure) -> ProxyError:
    return ConnectFailed(f"{name}: {_reason(why)}")


def _unexpected(why: Failure, log_error: Callable[[str], None]) -> None:
    log_error(f"unexpected failure in an exchange: {why.getTraceback()}")
