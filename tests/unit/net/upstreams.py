"""
An upstream in the test's hands, and exchanges that write down what they hear.
"""

from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.internet.testing import MemoryReactorClock

from oauthproxy.errors import ProxyError
from oauthproxy.metrics.upstreams import UpstreamMeter
from oauthproxy.net.pool import Pool, PoolLimits
from oauthproxy.net.sweep import Sweeper
from oauthproxy.net.upstream import UpstreamConnection
from oauthproxy.wire.fields import Pair
from oauthproxy.wire.responsehead import ResponseHead
from tests.unit.net.wire import Wire

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LIMITS = PoolLimits(limit=2, idle=2, idle_time=60, connect_time=20)


class Upstream:
    """
    An endpoint whose connections are made when the test says so, and its pool.
    """

    def __init__(self, limits: PoolLimits = LIMITS, *, keep: bool = True) -> None:
        self.reactor = MemoryReactorClock()
        self.sweeper = Sweeper(self.reactor)
        self.asked: list[tuple[Any, Deferred[Any]]] = []
        self.wires: list[Wire] = []
        self.errors: list[str] = []
        self.cancelled = 0
        self.meter: Any = UpstreamMeter("app")
        self.pool = Pool(
            "app",
            self,  # type: ignore[arg-type]  # all that is asked of an endpoint
            self.sweeper,
            limits,
            keep=keep,
            log_error=self.errors.append,
            meter=self.meter,
        )

    def connect(self, factory: Any) -> "Deferred[Any]":
        """
        Be an endpoint.
        """

        def cancel(deferred: "Deferred[Any]") -> None:
            self.cancelled += 1

        made: Deferred[Any] = Deferred(cancel)
        self.asked.append((factory, made))
        return made

    def accept(self) -> Wire:
        """
        Make the oldest connection that was asked for.
        """
        factory, made = self.asked.pop(0)
        protocol = factory.buildProtocol(None)
        wire = Wire(protocol)
        self.wires.append(wire)
        made.callback(protocol)
        return wire

    def refuse(self) -> None:
        """
        Refuse the oldest connection that was asked for.
        """
        _, made = self.asked.pop(0)
        made.errback(ConnectError())

    def wait(self, seconds: float) -> None:
        """
        Let time pass, and the sweeper notice.
        """
        self.reactor.advance(seconds)
        self.sweeper.sweep()


@define(eq=False)
class Told:
    """
    An exchange that writes down what it hears.
    """

    head_only: bool = False
    upgrade: bytes = b""
    response_time: float = 30.0
    request: bytes = REQUEST
    whole: bool = True
    connection: Any = None
    head: ResponseHead | None = None
    body: bytes = b""
    informed_: list[tuple[int, list[Pair]]] = field(factory=list)
    pauses: int = 0
    trailers: list[Pair] | None = None
    switched: tuple[bytes, bytes] | None = None
    failures: list[tuple[ProxyError, bool]] = field(factory=list)

    def board(self, connection: UpstreamConnection) -> None:
        self.connection = connection
        connection.begin(self, self.request, whole=self.whole)

    def informed(self, status: int, fields: list[Pair]) -> None:
        self.informed_.append((status, fields))

    def headed(self, response: ResponseHead) -> None:
        self.head = response

    def received(self, data: bytes) -> None:
        self.body += data

    def paused(self) -> None:
        self.pauses += 1

    def completed(self, trailers: list[Pair]) -> None:
        assert self.trailers is None
        self.trailers = trailers

    def upgraded(self, response: ResponseHead, rest: bytes) -> None:
        self.switched = (response.upgrade, rest)

    def failed(self, error: ProxyError, *, untouched: bool) -> None:
        self.failures.append((error, untouched))

    @property
    def done(self) -> bool:
        return self.trailers is not None

    @property
    def failure(self) -> str:
        """
        The name of the only failure's class.
        """
        [(error, _)] = self.failures
        return type(error).__name__


def asked(told: Told | None = None) -> tuple[Upstream, Wire, Told]:
    """
    Return an upstream, its end of a connection, and the exchange that is on it.
    """
    upstream, told = Upstream(), told or Told()
    upstream.pool.carry(told)
    return upstream, upstream.accept(), told


def kept(upstream: Upstream) -> bool:
    """
    Tell whether the connection went back to the pool.
    """
    return upstream.pool.idle == 1
