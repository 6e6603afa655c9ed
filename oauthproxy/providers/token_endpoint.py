"""
Turn a code or a refresh token into tokens (RFC 6749, 3.2 and 5).

Client authentication: where more than one method may work, the one that did is
remembered. The grant is sent a second time only when the client, not the grant, was
refused.
"""

from collections.abc import Mapping
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
from oauthproxy.providers.client import UNSAID, Announced, Client
from oauthproxy.settings.kinds import SECOND

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

    def __init__(self, fetcher: Fetcher, clock: Clock, client: Client) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._client = client
        self._works = ""

    async def ask(self, url: str, form: Pairs, announced: Announced = UNSAID) -> Grant:
        """
        Return the grant for a form, sent with the methods that may work.
        """
        methods = self._methods(announced)
        for method in methods:
            try:
                grant = await self.ask_by(method, url, form, announced)
            except ProviderRefused as error:
                if method == methods[-1] or _is_final(error):
                    raise
            else:
                self._works = method
                return grant
        raise AssertionError("there is always a method")

    async def ask_by(
        self, method: str, url: str, form: Pairs, announced: Announced = UNSAID
    ) -> Grant:
        """
        Return the grant for a form that is sent with one authentication method.
        """
        proof = self._client.proof(method, url, announced)
        request = FetchRequest(
            url=url,
            method="POST",
            fields=proof.fields,
            form=(*form, *proof.form),
        )
        response = await ask(self._fetcher, request)
        return read_grant(response, without_query(url), self._clock.now())

    def _methods(self, announced: Announced) -> tuple[str, ...]:
        methods = self._client.methods(announced)
        if self._works not in methods:
            return methods
        others = (method for method in methods if method != self._works)
        return (self._works, *others)


def _is_final(error: ProviderRefused) -> bool:
    return isinstance(error, GrantRefused) and error.code in _GRANT_ERRORS
