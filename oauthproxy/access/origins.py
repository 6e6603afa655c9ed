"""
Let pages of our own sites read that a login is missing (Fetch, 3.2).

Without these fields a script of another origin, such as a page of `app.example.com`
that asks `api.example.com`, sees a network error instead of the 401.
"""

from collections.abc import Iterable

from oauthproxy.answer import Pairs
from oauthproxy.scope import Scope
from oauthproxy.wire import gourl
from oauthproxy.wire.domains import Domain, allowed

VARIES: Pairs = (("Vary", "Origin"),)


class Origins:
    """
    The origins of the domains that users may be sent to after a login.
    """

    def __init__(self, domains: Iterable[str]) -> None:
        self._domains = tuple(map(Domain.parse, domains))

    def fields(self, scope: Scope) -> Pairs:
        """
        Return the fields of an answer that says nothing but that a login is missing.
        """
        if not self._domains:
            return ()
        lines = scope.fields.texts("origin")
        if len(lines) != 1 or not self._is_listed(lines[0]):
            return VARIES
        return (
            ("Access-Control-Allow-Origin", lines[0]),
            ("Access-Control-Allow-Credentials", "true"),
            *VARIES,
        )

    def _is_listed(self, origin: str) -> bool:
        scheme, separator, host = origin.partition("://")
        if scheme not in ("http", "https") or not separator:
            return False
        try:
            written = gourl.parse(origin).host
        except ValueError:
            return False
        return written == host and allowed(host, self._domains)
