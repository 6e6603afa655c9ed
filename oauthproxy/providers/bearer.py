"""
Issuers whose tokens are taken as bearer tokens beside the provider's own
(`extra_jwt_issuers`, "ISSUER=AUDIENCE" each).
"""

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from oauthproxy.errors import SettingsError
from oauthproxy.ports import Clock, Fetcher, NewGate
from oauthproxy.providers.identity import expiry
from oauthproxy.providers.issuer import Issuer
from oauthproxy.providers.jwt import TokenRefused
from oauthproxy.session.session import Session
from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.model import OIDCSettings


class BearerIssuer:
    """
    Make sessions of one issuer's tokens. `oidc` is the provider's configuration, of
    which the audience rules hold here as well.
    """

    def __init__(
        self,
        pair: str,
        oidc: OIDCSettings,
        fetcher: Fetcher,
        clock: Clock,
        read_file: ReadFile,
        new_gate: NewGate,
    ) -> None:
        issuer, equals, audience = pair.partition("=")
        if not issuer or not equals or not audience:
            raise SettingsError([f"extra_jwt_issuers: {pair!r} is not ISSUER=AUDIENCE"])
        settings = OIDCSettings(
            issuer_url=issuer,
            audience_claims=oidc.audience_claims,
            extra_audiences=oidc.extra_audiences,
        )
        self._issuer = Issuer(
            settings,
            audience,
            fetcher,
            clock,
            read_file,
            new_gate,
            needs_document=False,
        )

    async def session_from_token(self, token: str) -> Session:
        """
        Return a session for a token; raises TokenRefused and ProviderUnavailable.
        """
        payload = (await self._issuer.verify(token)).payload
        if payload.get("email_verified") not in (None, True):
            raise TokenRefused("its e-mail address is unverified")
        user = _text(payload, "sub")
        session = Session(
            access_token=token, id_token=token, expires_on=expiry(payload)
        )
        return evolve(
            session,
            user=user,
            email=_text(payload, "email") or user,
            groups=_texts(payload, "groups"),
            preferred_username=_text(payload, "preferred_username"),
        )


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if value is None:
        return ""
    if type(value) is not str:
        raise TokenRefused(f"its claim {name} is not text")
    return value


def _texts(payload: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = payload.get(name)
    listed = [] if value is None else value
    if not isinstance(listed, list) or any(type(each) is not str for each in listed):
        raise TokenRefused(f"its claim {name} is not a list of texts")
    return tuple(listed)
