"""
The demo's identity provider: OpenID Connect with the authorization code flow.

Rule 1: it keeps everything in memory and forgets it when the demo ends.
Rule 2: a code works once and for a minute; tokens live for an hour.
Rule 3: what it remembers is bounded; the oldest goes first.
"""

import json
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from oauthproxy.demo.authorization import Client, LoginRequest, client_credentials
from oauthproxy.demo.people import User
from oauthproxy.ports import Clock, Entropy

SECOND = 1_000_000_000
CODE_SECONDS = 60
TOKEN_SECONDS = 3600
REMEMBERED = 10_000

Json = dict[str, Any]


class TokenRefused(Exception):
    """
    A token request was wrong; `code` is its error code (RFC 6749, 5.2).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@frozen(kw_only=True)
class Grant:
    """
    What a user granted, kept under a code or a token until `expires` (nanoseconds).
    """

    user: User
    request: LoginRequest
    signed_in: int
    expires: int


@define
class Remembered:
    """
    Grants by what they are kept under ("code …", "access …", "refresh …"), at most
    REMEMBERED of them.
    """

    _grants: OrderedDict[str, Grant] = field(factory=OrderedDict)

    def keep(self, key: str, grant: Grant) -> None:
        """
        Remember a grant, and forget the oldest where there are too many.
        """
        self._grants[key] = grant
        if len(self._grants) > REMEMBERED:
            self._grants.popitem(last=False)

    def find(self, key: str, now: int) -> Grant | None:
        """
        Return the grant under a key, if it is still good.
        """
        grant = self._grants.get(key)
        return grant if grant is not None and now < grant.expires else None

    def take(self, key: str, now: int) -> Grant | None:
        """
        Return the grant under a key and forget it.
        """
        grant = self.find(key, now)
        self._grants.pop(key, None)
        return grant


@define(kw_only=True)
class IdentityProvider:
    """
    Sign users in and give out tokens about them.
    """

    issuer: str
    client: Client
    clock: Clock
    entropy: Entropy
    key: JWK = field(
        factory=lambda: JWK.generate(kty="RSA", size=2048, kid="demo", use="sig")
    )
    _grants: Remembered = field(factory=Remembered)

    def discovery(self) -> Json:
        """
        Return the discovery document (OpenID Connect Discovery, 3).
        """
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/end_session",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile", "email", "groups"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
            ],
        }

    def keys(self) -> Json:
        """
        Return the key set that verifies the ID tokens.
        """
        return {"keys": [{**self.key.export_public(as_dict=True), "alg": "RS256"}]}

    def admit(self, request: LoginRequest, user: User) -> str:
        """
        Sign a user in; return where the browser goes next.
        """
        now = self.clock.now()
        expires = now + CODE_SECONDS * SECOND
        code = self._fresh()
        grant = Grant(user=user, request=request, signed_in=now, expires=expires)
        self._grants.keep(f"code {code}", grant)
        return request.answer(code=code)

    def redeem(self, form: Mapping[str, str], authorization: str) -> Json:
        """
        Answer a token request; raises TokenRefused.
        """
        if not self.client.proves(*client_credentials(form, authorization)):
            raise TokenRefused("invalid_client")
        now = self.clock.now()
        match form.get("grant_type"):
            case "authorization_code":
                grant = self._grants.take(f"code {form.get('code')}", now)
                if grant is None or not _fits(grant.request, form):
                    raise TokenRefused("invalid_grant")
            case "refresh_token":
                grant = self._grants.take(f"refresh {form.get('refresh_token')}", now)
                if grant is None:
                    raise TokenRefused("invalid_grant")
            case _:
                raise TokenRefused("unsupported_grant_type")
        return self._tokens_for(grant, now)

    def userinfo(self, authorization: str) -> Json | None:
        """
        Return the claims of the user whose access token this is, if it is one.
        """
        scheme, _, token = authorization.partition(" ")
        grant = self._grants.find(f"access {token}", self.clock.now())
        if scheme.lower() != "bearer" or grant is None:
            return None
        return grant.user.claims()

    def _tokens_for(self, grant: Grant, now: int) -> Json:
        access, refresh = self._fresh(), self._fresh()
        kept = Grant(
            user=grant.user,
            request=grant.request,
            signed_in=grant.signed_in,
            expires=now + TOKEN_SECONDS * SECOND,
        )
        self._grants.keep(f"access {access}", kept)
        self._grants.keep(f"refresh {refresh}", kept)
        return {
            "access_token": access,
            "refresh_token": refresh,
            "id_token": self._id_token(kept, now),
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
        }

    def _id_token(self, grant: Grant, now: int) -> str:
        claims = {
            "iss": self.issuer,
            "aud": self.client.client_id,
            "iat": now // SECOND,
            "exp": now // SECOND + TOKEN_SECONDS,
            "auth_time": grant.signed_in // SECOND,
            **grant.user.claims(),
        }
        if grant.request.nonce:
            claims["nonce"] = grant.request.nonce
        token = JWS(json.dumps(claims))
        token.add_signature(self.key, protected={"alg": "RS256", "kid": "demo"})
        return str(token.serialize(compact=True))

    def _fresh(self) -> str:
        return urlsafe_b64encode(self.entropy(32)).rstrip(b"=").decode()


def _fits(request: LoginRequest, form: Mapping[str, str]) -> bool:
    if form.get("redirect_uri") != request.redirect_uri:
        return False
    return request.unlocked_by(form.get("code_verifier", ""))
