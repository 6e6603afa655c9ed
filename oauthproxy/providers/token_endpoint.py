"""
Turn a code or a refresh token into tokens (RFC 6749, 3.2 and 5).

Client authentication: HTTP Basic first, then in the body (RFC 6749, 2.3.1), unless
the provider announces that it takes only the latter. What worked is remembered. The
grant is sent a second time only when the client, not the grant, was refused.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from attrs import field, frozen

from oauthproxy.errors import ProviderRefused
from oauthproxy.ports import Clock, Fetcher, FetchRequest, FetchResponse
from oauthproxy.providers import jsontext
from oauthproxy.providers.calls import (
    Pairs,
    ask,
    is_overloaded,
    shown,
    unwanted,
    without_query,
)
from oauthproxy.settings.kinds import SECOND
from oauthproxy.wire.gourl import escape_query

BASIC = "client_secret_basic"
POST = "client_secret_post"
NEITHER = "none"
LAST_SECOND = 253_402_300_799

_GRANT_ERRORS = frozenset(
    ("invalid_grant", "invalid_scope", "unsupported_grant_type", "access_denied")
)
FATAL_ERRORS = frozenset(("invalid_grant", "invalid_client"))


class GrantRefused(ProviderRefused):
    """
    The identity provider did not accept the login. Please sign in again; if this
    happens repeatedly, tell the administrator of this application.
    """

    def __init__(self, detail: str, code: str) -> None:
        super().__init__(detail)
        self.code = code


@frozen(kw_only=True)
class Grant:
    """
    What a token endpoint gave. `expires_on` is in nanoseconds, None when unknown;
    `members` are all members of the answer.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)
    expires_on: int | None = None
    members: Mapping[str, Any] = field(factory=dict, repr=False)


def read_grant(response: FetchResponse, place: str, now: int) -> Grant:
    """
    Return the grant in an answer; raises GrantRefused, ProviderRefused and
    ProviderUnavailable.
    """
    members = _members(response)
    code = jsontext.as_text(members.get("error") or "")
    if is_overloaded(response) and code not in FATAL_ERRORS | _GRANT_ERRORS:
        raise unwanted(response, place)
    if code:
        reason = jsontext.as_text(members.get("error_description") or "")
        raise GrantRefused(f"{place} refused: {shown(code)} {shown(reason)}", code)
    if not 200 <= response.status < 300:
        raise unwanted(response, place)
    access_token = _text(members, "access_token")
    if not access_token:
        raise ProviderRefused(f"{place} gave no access token")
    return Grant(
        access_token=access_token,
        refresh_token=_text(members, "refresh_token"),
        id_token=_text(members, "id_token"),
        expires_on=_expiry(members.get("expires_in"), now),
        members=members,
    )


def _members(response: FetchResponse) -> Mapping[str, Any]:
    # Some providers call their JSON text/plain, others answer with a form.
    try:
        return jsontext.parse_object(response.body)
    except ValueError:
        text = response.body.decode("utf-8", "replace")
        return {name: values[0] for name, values in parse_qs(text).items()}


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    return value if type(value) is str else ""


def _expiry(value: Any, now: int) -> int | None:
    lasts = jsontext.seconds(
        jsontext.Number(value) if type(value) is str and value.isdecimal() else value
    )
    if not lasts:
        return None
    return min(now + lasts * SECOND, LAST_SECOND * SECOND)


class TokenEndpoint:
    """
    The token endpoint of one provider, and how it wants us to authenticate.
    """

    def __init__(
        self, fetcher: Fetcher, clock: Clock, client_id: str, secret: Callable[[], str]
    ) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._client_id = client_id
        self._secret = secret
        self._works = ""

    async def ask(self, url: str, form: Pairs, announced: Sequence[str] = ()) -> Grant:
        """
        Return the grant for a form; `announced` are the authentication methods that
        discovery named.
        """
        methods = self._methods(announced)
        for method in methods:
            try:
                grant = await self.ask_by(method, url, form)
            except ProviderRefused as error:
                if method == methods[-1] or _is_final(error):
                    raise
            else:
                self._works = method
                return grant
        raise AssertionError("there is always a method")

    async def ask_by(self, method: str, url: str, form: Pairs) -> Grant:
        """
        Return the grant for a form that is sent with one authentication method.
        """
        fields, credentials = self._credentials(method)
        request = FetchRequest(
            url=url,
            method="POST",
            fields=fields,
            form=(*form, *credentials),
        )
        response = await ask(self._fetcher, request)
        return read_grant(response, without_query(url), self._clock.now())

    def _methods(self, announced: Sequence[str]) -> tuple[str, ...]:
        if not self._secret():
            return (NEITHER,)
        if self._works:
            return (self._works, POST if self._works == BASIC else BASIC)
        if POST in announced and BASIC not in announced:
            return (POST, BASIC)
        return (BASIC, POST)

    def _credentials(self, method: str) -> tuple[Pairs, Pairs]:
        client_id, secret = self._client_id, self._secret()
        if method == BASIC:
            pair = f"{escape_query(client_id)}:{escape_query(secret)}"
            return (
                ("Authorization", f"Basic {b64encode(pair.encode()).decode()}"),
            ), ()
        if method == NEITHER:
            return (), (("client_id", client_id),)
        return (), (("client_id", client_id), ("client_secret", secret))


def _is_final(error: ProviderRefused) -> bool:
    return isinstance(error, GrantRefused) and error.code in _GRANT_ERRORS
