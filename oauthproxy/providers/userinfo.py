"""
Ask the userinfo endpoint about a user (OpenID Connect Core, 5.3).
"""

from collections.abc import Mapping
from typing import Any

from oauthproxy.errors import ProviderRefused
from oauthproxy.ports import Fetcher, FetchRequest, FetchResponse
from oauthproxy.providers import jsontext
from oauthproxy.providers.calls import ask, failure, without_query
from oauthproxy.providers.issuer import Issuer
from oauthproxy.providers.jwt import read


async def ask_userinfo(
    fetcher: Fetcher, issuer: Issuer, request: FetchRequest, subject: Any
) -> Mapping[str, Any]:
    """
    Return the claims about `subject`, who is not compared when None; raises
    ProviderRefused and ProviderUnavailable.
    """
    place = without_query(request.url)
    response = await ask(fetcher, request)
    if response.status != 200:
        raise failure(f"{place} answered {response.status}", response.status)
    payload = await _payload(response, issuer, place)
    if "sub" in payload and subject is not None and payload["sub"] != subject:
        raise ProviderRefused(f"{place} speaks of another user")
    return payload


async def _payload(
    response: FetchResponse, issuer: Issuer, place: str
) -> Mapping[str, Any]:
    if response.field("Content-Type").lower().startswith("application/jwt"):
        token = read(response.body.decode("ascii", "replace").strip())
        await issuer.verify_signature(token)
        return token.payload
    try:
        return jsontext.parse_object(response.body)
    except ValueError as error:
        raise ProviderRefused(f"{place}: {error}") from error
