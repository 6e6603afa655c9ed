"""
One request and its response, as the connection that carries them sees it.
"""

from typing import Any, Protocol

from oauthproxy.errors import ProxyError
from oauthproxy.wire.fields import Pair
from oauthproxy.wire.responsehead import ResponseHead


class ResponseTaker(Protocol):
    """
    Who hears what a response consists of.
    """

    head_only: bool
    upgrade: bytes

    def informed(self, status: int, fields: list[Pair]) -> None:
        """
        Take an informational response (1xx).
        """

    def headed(self, response: ResponseHead) -> None:
        """
        Take the head of the final response.
        """

    def received(self, data: bytes) -> None:
        """
        Take body bytes.
        """


class Exchange(ResponseTaker, Protocol):
    """
    A request on its way. `head_only` tells that its response has no body, `upgrade` is
    the protocol that it asks for, `response_time` are the seconds that its response
    may take to begin, 0 for any.
    """

    response_time: float

    def paused(self) -> None:
        """
        Learn that all bytes that came so far were passed on and more will come.
        """

    def completed(self, trailers: list[Pair]) -> None:
        """
        Learn that the response is whole.
        """

    def upgraded(self, response: ResponseHead, rest: bytes) -> None:
        """
        Take over: the upstream has switched protocols.
        """

    def failed(self, error: ProxyError, *, untouched: bool) -> None:
        """
        Learn that there will be no (more) response. `untouched`: a kept connection
        ended before any byte of the response came.
        """


class Owner(Protocol):
    """
    The pool, as its connections see it. `connect_time` are the seconds that a TLS
    handshake may take.
    """

    sweeper: Any
    connect_time: float

    def released(self, connection: Any, *, reusable: bool) -> None:
        """
        Take a connection back.
        """

    def retired(self, connection: Any) -> None:
        """
        Give a connection to nobody any more: it is about to end.
        """

    def lost(self, connection: Any) -> None:
        """
        Forget a connection.
        """
