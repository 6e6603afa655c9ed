"""
A site whose clients, clock and answers are in the test's hands.
"""

import re
from collections.abc import Callable
from typing import Any

from attrs import define, field
from twisted.internet.address import IPv4Address
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from oauthproxy.net.sweep import Sweeper
from oauthproxy.scope import Peer
from oauthproxy.web.channel import FrontChannel
from oauthproxy.web.limits import ChannelLimits
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.site import FrontSite
from oauthproxy.wire.forwarded import Trust
from tests.unit.net.wire import Wire

LIMITS = ChannelLimits(
    head_bytes=1 << 16, head_fields=100, head_time=10, idle_time=30, body_time=20
)
GET = b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n"
UPGRADE = ("Connection: Upgrade", "Upgrade: websocket")


def get(target: str = "/", *lines: str, version: str = "1.1") -> bytes:
    """
    Return a request without a body.
    """
    head = [f"GET {target} HTTP/{version}", "Host: app.test", *lines, "", ""]
    return "\r\n".join(head).encode()


def post(body: bytes = b"", *lines: str, length: int | None = None) -> bytes:
    """
    Return a request with a body, or the beginning of one that is `length` long.
    """
    size = len(body) if length is None else length
    head = ["POST / HTTP/1.1", "Host: app.test", f"Content-Length: {size}", *lines]
    return "\r\n".join([*head, "", ""]).encode() + body


def answer(request: FrontRequest, body: bytes = b"ok", status: int = 200) -> None:
    """
    Answer a request whole, the short way.
    """
    head = request.send_head(status, [b"Content-Length: %d\r\n" % len(body)], "length")
    request.channel.write(b"".join([*head, request.frame(body)]))
    request.end()


@define(eq=False)
class Collected:
    """
    Takes a body and writes down what comes.
    """

    data: bytes = b""
    finished: int = 0

    def body_written(self, data: bytes) -> None:
        self.data += data

    def body_finished(self) -> None:
        self.finished += 1


@define(eq=False)
class Notes:
    """
    A journal.
    """

    answered_: list[FrontRequest] = field(factory=list)
    refused_: list[int] = field(factory=list)

    def answered(self, request: FrontRequest) -> None:
        self.answered_.append(request)

    def refused(self, peer: Peer, status: int) -> None:
        self.refused_.append(status)


class Stage:
    """
    A site. Requests are collected in `requests`, or given to `react` at once.
    """

    def __init__(
        self,
        react: Callable[[FrontRequest], object] | None = None,
        *,
        limits: ChannelLimits = LIMITS,
        most_channels: int = 100,
        resource: Any = None,
    ) -> None:
        self.reactor = MemoryReactorClock()
        self.sweeper = Sweeper(self.reactor)
        self.requests: list[FrontRequest] = []
        self.react = react
        self.notes = Notes()
        self.broken: list[Failure] = []
        self._resource = resource or _Given(self)
        self.site = FrontSite(
            lambda _: self._resource,
            reactor=self.reactor,
            sweeper=self.sweeper,
            limits=limits,
            most_channels=most_channels,
            trust=Trust(),
            request_id_field=b"",
            journal=self.notes,
            broke=self._broke,
        )

    def connect(self) -> Wire:
        """
        Return the transport of a new client's channel.
        """
        channel = self.site.buildProtocol(None)
        return Wire(channel, IPv4Address("TCP", "192.0.2.7", 4000))

    def turn(self) -> None:
        """
        Let the reactor do what is due.
        """
        self.reactor.advance(0)

    def wait(self, seconds: float) -> None:
        """
        Let time pass, and the sweeper notice.
        """
        self.reactor.advance(seconds)
        self.sweeper.sweep()

    def _broke(self, request: FrontRequest, why: Failure) -> None:
        self.broken.append(why)
        request.abort()


class _Given(Resource):
    isLeaf = True  # noqa: N815

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def render(self, request: Any) -> int:
        self._stage.requests.append(request)
        if self._stage.react is not None:
            self._stage.react(request)
        return NOT_DONE_YET


def channel_of(wire: Wire) -> FrontChannel:
    """
    Return the channel at a wire.
    """
    channel: FrontChannel = wire.protocol
    return channel


def statuses(written: bytes) -> list[int]:
    """
    Return the statuses of the responses in some bytes.
    """
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", written)]
