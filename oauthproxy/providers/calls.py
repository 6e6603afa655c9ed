"""
Calls to the identity provider: what an answer must be, and what may be said of it.

Rule 1: no token, code or secret gets into an error or a log line.
Rule 2: no answer, or one that says the provider is overloaded or broken, is
`ProviderUnavailable`; an answer that cannot be accepted is `ProviderRefused`.
"""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from oauthproxy.errors import FetchError, ProviderRefused, ProviderUnavailable
from oauthproxy.ports import Fetcher, FetchRequest, FetchResponse
from oauthproxy.providers import jsontext
from oauthproxy.wire.fields import field_bytes
from oauthproxy.wire.gourl import escape_query

_USERINFO = re.compile(r"^([^/]*//)[^/]*@")
_SHOWN = 200
_KEPT = 5

Pairs = tuple[tuple[str, str], ...]


def bearer(token: str) -> Pairs:
    """
    Return the fields that most interfaces want with an access token.
    """
    return (*plain_bearer(token), ("Accept", "application/json"))


def plain_bearer(token: str) -> Pairs:
    """
    Return the one field that carries an access token (RFC 6750, 2.1).
    """
    return (("Authorization", f"Bearer {token}"),)


async def ask(fetcher: Fetcher, request: FetchRequest) -> FetchResponse:
    """
    Return the answer whatever its status; raises ProviderUnavailable.
    """
    try:
        return await fetcher.fetch(request)
    except FetchError as error:
        place = without_query(request.url)
        raise ProviderUnavailable(f"{place} does not answer: {error}") from error


async def ask_json(fetcher: Fetcher, request: FetchRequest) -> Any:
    """
    Return the JSON value of an answer with status 200; raises ProviderUnavailable
    and ProviderRefused.
    """
    response = await ask(fetcher, request)
    return read_json(response, without_query(request.url))


def read_json(response: FetchResponse, place: str) -> Any:
    """
    Return the JSON value of an answer with status 200; raises ProviderUnavailable
    and ProviderRefused.
    """
    if response.status != 200:
        raise unwanted(response, place)
    try:
        return jsontext.parse(response.body)
    except ValueError as error:
        raise ProviderRefused(f"{place} did not answer in JSON: {error}") from error


def unwanted(
    response: FetchResponse, place: str
) -> ProviderRefused | ProviderUnavailable:
    """
    Return the error that fits an answer with an unwanted status.
    """
    detail = f"{place} answered {response.status}"
    if is_overloaded(response):
        return ProviderUnavailable(detail)
    return failure(detail, response.status)


def failure(detail: str, status: int) -> ProviderRefused | ProviderUnavailable:
    """
    Return the error that fits an unwanted status.
    """
    if status >= 500 or status == 429:
        return ProviderUnavailable(detail)
    return ProviderRefused(detail)


def is_overloaded(response: FetchResponse) -> bool:
    """
    Return whether an answer only says that nobody can tell now; GitHub and Google
    answer 403 to a client that asked too often.
    """
    status = response.status
    limited = response.field("Retry-After") or (
        response.field("X-RateLimit-Remaining") == "0"
    )
    return status >= 500 or status == 429 or (status == 403 and bool(limited))


def shown(text: str) -> str:
    """
    Return foreign text as it may stand in a log line: quoted, escaped and short.
    """
    return json.dumps(text[:_SHOWN])


def without_query(url: str) -> str:
    """
    Return a URL up to its query, which may hold a token, and without a password.
    """
    return _USERINFO.sub(r"\1…@", url.partition("?")[0])


def encode_query(pairs: list[tuple[str, str]]) -> str:
    """
    Return a query string, its keys sorted, as Go's url.Values writes it.
    """
    ordered = sorted(pairs, key=lambda pair: field_bytes(pair[0]))
    return "&".join(f"{escape_query(n)}={escape_query(v)}" for n, v in ordered)


def with_query(url: str, query: str) -> str:
    """
    Return a URL with more query behind the one it has.
    """
    base, mark, fragment = url.partition("#")
    joint = "&" if "?" in base else "?"
    return f"{base}{joint}{query}{mark}{fragment}" if query else url


def redact(url: str) -> str:
    """
    Return a URL with the better part of its access token cut away.
    """
    base, _, query = url.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    if not any(name == "access_token" and value for name, value in pairs):
        return url
    return f"{base}?{encode_query([(n, _cut(n, v)) for n, v in pairs])}"


def _cut(name: str, value: str) -> str:
    if name != "access_token":
        return value
    return value[: min(_KEPT, len(value) // 2)] + "..."
