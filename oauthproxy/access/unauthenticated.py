"""
Decide how a request that needs a login is answered.
"""

from collections.abc import Iterable
from typing import Literal

from attrs import frozen

from oauthproxy.scope import Scope
from oauthproxy.wire.patterns import Pattern, searchable

Answering = Literal["json401", "sign_in_page", "login"]

JSON = "application/json"
PAGES = frozenset((b"document", b"embed", b"frame", b"iframe", b"object"))
"""Where browsers put whole pages."""


@frozen(kw_only=True)
class LoginWays:
    """
    How logins are asked for.

    `show_anyone` is the reference's way: also a script's request, which cannot show a
    login, gets the sign-in page or is sent to the identity provider.
    """

    force_json: bool = False
    skip_button: bool = False
    api_routes: tuple[Pattern, ...] = ()
    show_anyone: bool = False

    @classmethod
    def compile(
        cls,
        *,
        api_routes: Iterable[str] = (),
        force_json: bool = False,
        skip_button: bool = False,
        show_anyone: bool = False,
    ) -> "LoginWays":
        """
        Return the ways of the configuration; raises ValueError naming a bad pattern.
        """
        return cls(
            force_json=force_json,
            skip_button=skip_button,
            api_routes=tuple(map(Pattern.compile, api_routes)),
            show_anyone=show_anyone,
        )

    def answer_to(self, scope: Scope) -> Answering:
        """
        Return what a request without a login gets: a 401 with JSON, the sign-in page,
        or the start of a login at the identity provider.
        """
        if self.force_json or wants_json(scope) or self.is_api(scope):
            return "json401"
        if not self.can_show_login(scope):
            return "json401"
        return "login" if self.skip_button else "sign_in_page"

    def can_show_login(self, scope: Scope) -> bool:
        """
        Tell whether a login may be shown in answer to a request.
        """
        return self.show_anyone or not cannot_show_login(scope)

    def is_api(self, scope: Scope) -> bool:
        """
        Tell whether an API route is found in the effective URI, query included.
        """
        if not self.api_routes:
            return False
        subject = searchable(scope.effective.uri)
        return any(route.found_in(subject) for route in self.api_routes)


def wants_json(scope: Scope) -> bool:
    """
    Tell whether a client names exactly `application/json` among what it accepts.
    """
    return any(
        item.strip() == JSON
        for line in scope.fields.texts("accept")
        for item in line.split(",")
    )


def cannot_show_login(scope: Scope) -> bool:
    """
    Tell whether a request says that a script made it, or that it is for a part of a
    page or a WebSocket: a login cannot be shown there, and starting one only piles up
    cookies.
    """
    fields = scope.fields
    return (
        not _navigates(scope)
        or (fields.first(b"x-requested-with") or b"").lower() == b"xmlhttprequest"
        or (fields.first(b"upgrade") or b"").lower() == b"websocket"
    )


def _navigates(scope: Scope) -> bool:
    """
    Tell whether a browser that says what it will do with the answer opens a page
    (Fetch Metadata, 2.1 and 2.2); older browsers do not say.
    """
    mode = scope.fields.first(b"sec-fetch-mode")
    if mode is not None:
        return mode == b"navigate"
    destination = scope.fields.first(b"sec-fetch-dest")
    return destination is None or destination in PAGES
