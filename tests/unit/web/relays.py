"""
A relay with both ends in hand: the client's and the upstream's.
"""

from typing import Any

from attrs import evolve

from oauthproxy.errors import ProxyError
from oauthproxy.web.relay import Errand, Relay
from oauthproxy.web.request import FrontRequest
from tests.unit.net.upstreams import LIMITS, Upstream
from tests.unit.net.wire import Wire
from tests.unit.web.stage import GET, Stage, answer

ERRAND = Errand(
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    30.0,
    b"X-Ours: 1\r\n",
    frozenset({b"x-auth-request-user"}),
)
TEXT = b"Content-Type: text/plain\r\n"


class Both:
    """
    A site all of whose requests are relayed, and the upstream that gets them.
    """

    def __init__(self, errand: Errand = ERRAND, **limits: Any) -> None:
        self.upstream = Upstream(evolve(LIMITS, **limits))
        self.errand = errand
        self.errors: list[ProxyError] = []
        self.stage = Stage(self._relay)

    def _relay(self, request: FrontRequest) -> None:
        Relay(request, self.upstream.pool, self.errand, self._failed).start()

    def _failed(self, request: FrontRequest, error: ProxyError) -> None:
        self.errors.append(error)
        answer(request, b"sorry", error.status)

    def ask(self, request: bytes = GET) -> tuple[Wire, Wire]:
        """
        Return a client that has asked, and the upstream's end of a new connection.
        """
        client = self.stage.connect()
        client.receive(request)
        return client, self.upstream.accept()

    def wait(self, seconds: float) -> None:
        """
        Let time pass on both sides.
        """
        self.upstream.wait(seconds)
        self.stage.wait(seconds)


def body_of(written: bytes) -> bytes:
    """
    Return what follows a head.
    """
    return written.partition(b"\r\n\r\n")[2]
