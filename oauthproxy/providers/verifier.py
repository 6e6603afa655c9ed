"""
Check a signed token: who issued it, for whom, when, and that its signature holds.

Rule 1: the algorithm is one of a list made before the token came; `none` and the
symmetric ones are never on it.
Rule 2: times are compared with our clock, in seconds, in numbers of any size.
Rule 3: a signature that held holds for a minute: a login looks at its ID token twice,
and a script sends its bearer token with each request. Everything else is looked at each
time.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen
from jwcrypto.common import JWException
from jwcrypto.jws import JWS

from oauthproxy.crypto.base64 import encode_raw_url
from oauthproxy.errors import SettingsError
from oauthproxy.ports import Clock
from oauthproxy.providers import jsontext
from oauthproxy.providers.calls import shown
from oauthproxy.providers.jwt import Token, TokenRefused, read
from oauthproxy.providers.keys import KeySet
from oauthproxy.session.recent import Recent
from oauthproxy.settings.kinds import MINUTE, SECOND

ASYMMETRIC = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
SYMMETRIC = ("HS256", "HS384", "HS512")
DEFAULT_ALGORITHM = "RS256"
SKEW = 5 * MINUTE
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

REMEMBERED = 1024
REMEMBERED_FOR = MINUTE
"""Signatures that held, and for how long, in nanoseconds."""

_GOOGLE = "https://accounts.google.com"


def algorithms(enabled: Sequence[str], discovered: Sequence[str]) -> tuple[str, ...]:
    """
    Return the algorithms to accept; raises SettingsError when none is left.
    """
    unknown = [name for name in enabled if name not in (*ASYMMETRIC, *SYMMETRIC)]
    if unknown:
        raise SettingsError([f"oidc_enabled_signing_algs: {unknown[0]} is unknown"])
    announced = discovered or enabled or (DEFAULT_ALGORITHM,)
    wanted = enabled or announced
    accepted = (name for name in wanted if name in announced and name in ASYMMETRIC)
    found = tuple(dict.fromkeys(accepted))
    if not found:
        raise SettingsError(
            ["oidc_enabled_signing_algs: the provider offers none of these algorithms"]
        )
    return found


@frozen(kw_only=True)
class Expected:
    """
    What a token must say. `issuer` None is not compared; the first of the
    `audience_claims` that a token has must name one of the `audiences`.
    """

    issuer: str | None
    audiences: frozenset[str]
    audience_claims: tuple[str, ...] = ("aud",)
    algorithms: tuple[str, ...] = (DEFAULT_ALGORITHM,)


class Verifier:
    """
    Check tokens of one issuer.
    """

    def __init__(self, keys: KeySet, expected: Expected, clock: Clock) -> None:
        self._keys = keys
        self._expected = expected
        self._clock = clock
        self._signed: Recent[str, bool] = Recent(REMEMBERED)
        self._jws = JWS()  # made once, because it copies all that it knows

    async def verify(self, text: str) -> Token:
        """
        Return a token whose claims and signature hold; raises TokenRefused, and
        ProviderUnavailable when the keys cannot be had.
        """
        token = read(text)
        self._check_sources(token.payload)
        self._check_issuer(token.payload)
        self._check_times(token.payload)
        self._check_kind(token)
        await self.verify_signature(token)
        self._check_audience(token.payload)
        return token

    async def verify_signature(self, token: Token) -> None:
        """
        Raise TokenRefused unless a key of the issuer made the signature.
        """
        algorithm = token.algorithm
        if algorithm not in self._expected.algorithms:
            raise TokenRefused(f"the algorithm {shown(algorithm)} is not accepted")
        now = self._clock.now()
        if self._signed.get(token.text, now):
            return
        if await self._holds(token) or (
            await self._keys.renew() and await self._holds(token)
        ):
            self._signed.put(token.text, value=True, until=now + REMEMBERED_FOR)
            return
        raise TokenRefused("no key of the provider verifies the signature")

    async def _holds(self, token: Token) -> bool:
        keys = await self._keys.candidates(token.key_id, token.algorithm)
        return any(signature_holds(self._jws, token, key.jwk) for key in keys)

    def _check_sources(self, payload: Mapping[str, Any]) -> None:
        names = payload.get("_claim_names")
        sources = payload.get("_claim_sources")
        for source in names.values() if isinstance(names, Mapping) else ():
            listed = sources if isinstance(sources, Mapping) else {}
            if type(source) is not str or source not in listed:
                raise TokenRefused("a distributed claim has no source")

    def _check_issuer(self, payload: Mapping[str, Any]) -> None:
        expected = self._expected.issuer
        issuer = payload.get("iss")
        if expected is None or issuer == expected:
            return
        if expected == _GOOGLE and issuer == _GOOGLE.removeprefix("https://"):
            return
        raise TokenRefused(f"it was issued by {shown(str(issuer))}, not {expected}")

    def _check_times(self, payload: Mapping[str, Any]) -> None:
        now = self._clock.now()
        expiry = jsontext.seconds(payload.get("exp"))
        if expiry is None or expiry * SECOND < now:
            raise TokenRefused("it is expired or has no usable expiry")
        if "nbf" in payload:
            start = jsontext.seconds(payload["nbf"])
            if start is None or start * SECOND > now + SKEW:
                raise TokenRefused("it is not valid yet")

    def _check_kind(self, token: Token) -> None:
        events = token.payload.get("events")
        is_logout = isinstance(events, Mapping) and LOGOUT_EVENT in events
        if is_logout or token.kind == "logout+jwt":
            raise TokenRefused("it is a logout token")
        if "crit" in token.header:
            raise TokenRefused("it demands extensions that are not known")

    def _check_audience(self, payload: Mapping[str, Any]) -> None:
        for claim in self._expected.audience_claims:
            if claim in payload:
                named = payload[claim]
                break
        else:
            raise TokenRefused("it names no audience")
        listed = named if isinstance(named, list) else [named]
        if not any(
            type(each) is str and each in self._expected.audiences for each in listed
        ):
            raise TokenRefused(
                f"it is for {shown(jsontext.as_text(named))}, not for us"
            )


def signature_holds(signed: JWS, token: Token, key: Any) -> bool:
    """
    Return whether a key made the signature of a token; `signed` is what to use for it.
    """
    signed.allowed_algs = [token.algorithm]
    try:
        signed.deserialize(token.text)
        signed.verify(key, alg=token.algorithm)
    except (JWException, ValueError, TypeError):
        return False
    return True


def half_hash(algorithm: str, value: str) -> str:
    """
    Return the left half of a hash in base64url, as at_hash is made (OpenID Connect
    Core, 3.1.3.6).
    """
    size = algorithm[2:] if algorithm[2:].isdecimal() else "512"
    digest = hashlib.new(f"sha{size}", value.encode()).digest()
    return encode_raw_url(digest[: len(digest) // 2])


def check_login_token(
    token: Token, client_ids: frozenset[str], access_token: str, now: int
) -> None:
    """
    Raise TokenRefused unless a verified token is a complete ID token for us, and
    goes with the access token it came with (OpenID Connect Core, 2 and 3.1.3.7).
    """
    payload = token.payload
    if token.kind == "at+jwt":
        raise TokenRefused("it is an access token, not an ID token")
    if not payload.get("sub") or type(payload["sub"]) is not str:
        raise TokenRefused("it has no subject")
    issued = jsontext.seconds(payload.get("iat"))
    if issued is None or issued * SECOND > now + SKEW:
        raise TokenRefused("it does not say when it was issued, or says a later time")
    several = isinstance(payload.get("aud"), list) and len(payload["aud"]) > 1
    if several and payload.get("azp") is not None and payload["azp"] not in client_ids:
        raise TokenRefused("it was issued to another client")
    half = payload.get("at_hash")
    if half is not None and access_token:
        right = half_hash(token.algorithm, access_token)
        if not hmac.compare_digest(jsontext.as_text(half).encode(), right.encode()):
            raise TokenRefused("it does not belong to the access token")
