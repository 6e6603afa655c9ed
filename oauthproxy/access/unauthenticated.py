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


@frozen(kw_only=True)
class LoginWays:
    """
    How logins are asked for.

    `redirect_anyone` is the reference's way: also a script's request, which cannot
    show a login, is sent to the identity provider.
    """

    force_json: bool = False
    skip_button: bool = False
    api_routes: tuple[Pattern, ...] = ()
    redirect_anyone: bool = False

    @classmethod
    def compile(
        cls,
        *,
        api_routes: Iterable[str] = (),
        force_json: bool = False,
        skip_button: bool = False,
        redirect_anyone: bool = False,
    ) -> "LoginWays":
        """
        Return the ways of the configuration; raises ValueError naming a bad pattern.
        """
        return cls(
            force_json=force_json,
            skip_button=skip_button,
            api_routes=tuple(map(Pattern.compile, api_routes)),
            redirect_anyone=redirect_anyone,
        )

    def answer_to(self, scope: Scope) -> Answering:
        """
        Return what a request without a login gets: a 401 with JSON, the sign-in page,
        or the start of a login at the identity provider.
        """
        if self.force_json or wants_json(scope) or self.is_api(scope):
            return "json401"
        if not self.skip_button:
            return "sign_in_page"
        if not self.redirect_anyone and cannot_show_login(scope):
            return "json401"
        return "login"

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
    Tell whether a request was made by a script, for a part of a page or for a
    WebSocket: a login cannot be shown there, and starting one only piles up cookies.
    """
    fields = scope.fields
    mode = fields.first(b"sec-fetch-mode")
    return (
        (mode is not None and mode != b"navigate")
        or (fields.first(b"x-requested-with") or b"").lower() == b"xmlhttprequest"
        or (fields.first(b"upgrade") or b"").lower() == b"websocket"
    )
