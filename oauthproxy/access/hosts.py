"""
Decide which hosts are served, and whose pages may open WebSockets.
"""

from collections.abc import Iterable

from oauthproxy.answer import Answer, Text
from oauthproxy.scope import Scope
from oauthproxy.wire.domains import Domain
from oauthproxy.wire.gourl import split_port

MISDIRECTED = Text(status=421, body="421 Misdirected Request\n", nosniff=True)
FOREIGN_ORIGIN = Text(status=403, body="403 Forbidden\n", nosniff=True)


class HostRules:
    """
    The hosts that may be named, and the origins of WebSockets. Without entries there
    is no rule.

    A WebSocket carries the browser's cookies whichever page opens it, and no other
    origin rule of browsers applies to it (RFC 6455, 10.2).
    """

    def __init__(self, hosts: Iterable[str], origins: Iterable[str]) -> None:
        self._hosts = tuple(Domain.parse(entry.lower()) for entry in hosts)
        self._origins = tuple(Domain.parse(entry.lower()) for entry in origins)

    def __bool__(self) -> bool:
        return bool(self._hosts or self._origins)

    def refusal(self, scope: Scope, *, websocket: bool) -> Answer | None:
        """
        Return the answer to a request that breaks a rule, or None.
        """
        host = scope.effective.host
        if self._hosts and not self._among(host, self._hosts):
            return MISDIRECTED
        if websocket and self._origins and not self._may_open(scope, host):
            return FOREIGN_ORIGIN
        return None

    def _may_open(self, scope: Scope, host: str) -> bool:
        origins = scope.fields.texts("origin")
        if not origins:
            return True  # not a browser
        if len(origins) > 1:
            return False
        named = origins[0].partition("://")[2]
        return named.lower() == host.lower() or self._among(named, self._origins)

    @staticmethod
    def _among(host: str, domains: Iterable[Domain]) -> bool:
        """
        Tell whether a host is listed; an entry without a port allows every port.
        """
        name, port = split_port(host.lower())
        name = name.removesuffix(".")
        return any(d.matches(name, port) or d.matches(name, "") for d in domains)
