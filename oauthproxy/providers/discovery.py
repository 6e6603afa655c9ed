"""
What a provider says about itself (OpenID Connect Discovery 1.0).
"""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from oauthproxy.errors import ProviderRefused
from oauthproxy.ports import Fetcher, FetchRequest
from oauthproxy.providers.calls import ask_json, shown
from oauthproxy.providers.client import UNSAID, Announced

WELL_KNOWN = "/.well-known/openid-configuration"


@frozen(kw_only=True)
class Metadata:
    """
    The members of the document that we use; absent ones are empty.
    """

    issuer: str
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    userinfo_endpoint: str = ""
    jwks_uri: str = ""
    end_session_endpoint: str = ""
    code_challenge_methods: tuple[str, ...] = ()
    signing_algorithms: tuple[str, ...] = ()
    client_authentication: Announced = UNSAID
    names_issuer_in_callback: bool = False


async def discover(
    fetcher: Fetcher, issuer: str, *, compare_issuer: bool = True
) -> Metadata:
    """
    Return what the provider says; raises ProviderUnavailable and ProviderRefused.
    """
    url = issuer.removesuffix("/") + WELL_KNOWN
    document = await ask_json(fetcher, FetchRequest(url=url))
    if not isinstance(document, Mapping):
        raise ProviderRefused(f"{url} is not a JSON object")
    metadata = read_metadata(document, issuer)
    if compare_issuer and metadata.issuer != issuer:
        raise ProviderRefused(
            f"the discovery document names the issuer {shown(metadata.issuer)}, "
            f"but {issuer} is configured"
        )
    return metadata


def read_metadata(document: Mapping[str, Any], issuer: str) -> Metadata:
    """
    Return the members of a discovery document; raises ProviderRefused for an
    endpoint that a provider at `issuer` may not name.
    """

    def text(name: str) -> str:
        value = document.get(name)
        return value if type(value) is str else ""

    def texts(name: str) -> tuple[str, ...]:
        value = document.get(name)
        listed = value if isinstance(value, list) else []
        return tuple(each for each in listed if type(each) is str)

    def endpoint(name: str) -> str:
        return _allowed(text(name), name, issuer)

    return Metadata(
        issuer=text("issuer"),
        authorization_endpoint=endpoint("authorization_endpoint"),
        token_endpoint=endpoint("token_endpoint"),
        userinfo_endpoint=endpoint("userinfo_endpoint"),
        jwks_uri=endpoint("jwks_uri"),
        end_session_endpoint=endpoint("end_session_endpoint"),
        code_challenge_methods=texts("code_challenge_methods_supported"),
        signing_algorithms=texts("id_token_signing_alg_values_supported"),
        client_authentication=Announced(
            methods=texts("token_endpoint_auth_methods_supported"),
            algorithms=texts("token_endpoint_auth_signing_alg_values_supported"),
        ),
        names_issuer_in_callback=(
            document.get("authorization_response_iss_parameter_supported") is True
        ),
    )


def _allowed(url: str, name: str, issuer: str) -> str:
    allowed = (
        ("https://",) if issuer.startswith("https://") else ("https://", "http://")
    )
    if url and not url.lower().startswith(allowed):
        raise ProviderRefused(f"discovery: {name} must not be {shown(url)}")
    return url
