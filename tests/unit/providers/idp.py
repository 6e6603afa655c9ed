"""
A scriptable OpenID provider behind the Fetcher port, and tokens it signs.
"""

import json
from functools import cache
from typing import Any

from attrs import Factory, define, evolve
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from oauthproxy.errors import FetchError
from oauthproxy.ports import FetchRequest, FetchResponse
from oauthproxy.settings.groups.oidc import OIDCOptions
from oauthproxy.settings.groups.provider import ProviderOptions
from oauthproxy.settings.groups.provider_types import ProviderTypeOptions
from oauthproxy.settings.legacy import LegacyOptions, provider
from oauthproxy.settings.model import ProviderSettings
from tests.unit.providers.flat import options

ISSUER = "https://idp.test"
OWN = (
    "token_endpoint_auth_method",
    "client_assertion_key_file",
    "client_assertion_key_id",
)
"""Options that are ours, and so not among those that are converted."""

JSON_TYPE = (("Content-Type", "application/json"),)


@cache
def rsa_key(name: str = "k1", size: int = 2048) -> JWK:
    """
    Return an RSA key with this id; the same one each time.
    """
    return JWK.generate(kty="RSA", size=size, kid=name)


@cache
def ec_key(name: str = "e1", curve: str = "P-256") -> JWK:
    """
    Return an elliptic-curve key with this id; the same one each time.
    """
    return JWK.generate(kty="EC", crv=curve, kid=name)


def public(key: JWK) -> dict[str, Any]:
    """
    Return a key as it stands in a key set.
    """
    exported: dict[str, Any] = key.export_public(as_dict=True)
    return exported


def sign(claims: dict[str, Any], key: JWK | None = None, **header: Any) -> str:
    """
    Return a signed token; header members that are None are left out.
    """
    key = key or rsa_key()
    algorithm = "RS256" if key["kty"] == "RSA" else "ES256"
    given = {"alg": algorithm, "kid": key["kid"], "typ": "JWT"} | header
    used = {name: value for name, value in given.items() if value is not None}
    token = JWS(json.dumps(claims).encode())
    token.allowed_algs = [used["alg"]]
    token.add_signature(key, protected=json.dumps(used))
    serialized: str = token.serialize(compact=True)
    return serialized


def json_answer(value: Any, status: int = 200) -> FetchResponse:
    """
    Return an answer in JSON.
    """
    return FetchResponse(
        status=status, fields=JSON_TYPE, body=json.dumps(value).encode()
    )


def metadata(issuer: str = ISSUER, **more: Any) -> dict[str, Any]:
    """
    Return a discovery document.
    """
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/keys",
    } | more


def tokens(id_token: str | None = None, **more: Any) -> FetchResponse:
    """
    Return the answer of a token endpoint.
    """
    members = {"access_token": "AT", "token_type": "Bearer", "expires_in": 300}
    if id_token is not None:
        members["id_token"] = id_token
    return json_answer(members | more)


@define
class IdP:
    """
    Answer by "METHOD URL", the last of several answers again and again; what is not
    scripted does not answer.
    """

    answers: dict[str, list[FetchResponse]] = Factory(dict)
    requests: list[FetchRequest] = Factory(list)

    @classmethod
    def usual(cls, issuer: str = ISSUER, **more: Any) -> "IdP":
        """
        Return a provider with a discovery document and one key.
        """
        idp = cls()
        document = f"{issuer.removesuffix('/')}/.well-known/openid-configuration"
        idp.at(document, metadata(issuer, **more))
        idp.at(f"{issuer}/keys", {"keys": [public(rsa_key())]})
        return idp

    def at(self, url: str, *values: Any, method: str = "GET") -> None:
        """
        Script the answers of a URL: whole ones, or JSON values.
        """
        self.answers[f"{method} {url}"] = [
            value if isinstance(value, FetchResponse) else json_answer(value)
            for value in values
        ]

    def asked(self, url: str) -> list[FetchRequest]:
        """
        Return the requests for a URL.
        """
        return [request for request in self.requests if request.url == url]

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        self.requests.append(request)
        scripted = self.answers.get(f"{request.method} {request.url}")
        if not scripted:
            raise FetchError("connection refused")
        return scripted.pop(0) if len(scripted) > 1 else scripted[0]


def provider_settings(**flat: Any) -> ProviderSettings:
    """
    Return settings from options by their configuration names.
    """
    usual = {
        "provider": "oidc",
        "client_id": "cid",
        "client_secret": "secret",
        "oidc_issuer_url": ISSUER,
        **flat,
    }
    settings = provider(
        LegacyOptions(
            provider=options(ProviderOptions, usual),
            oidc=options(OIDCOptions, usual),
            provider_types=options(ProviderTypeOptions, usual),
        )
    )
    own = {name: usual[name] for name in OWN if name in usual}
    return evolve(settings, **own)
