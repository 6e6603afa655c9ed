"""
Microsoft Entra ID: tenants, groups beyond the limit of a token, federated credentials.

Rule 1: the issuer of an ID token is a tenant of the public cloud, and one of the
allowed ones where some are listed.
Rule 2: when a token says that its user is in too many groups, Graph is asked for them,
at the login and with each new ID token; what it cannot tell at a refresh stays.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import evolve

from oauthproxy.errors import ProviderRefused, ProviderUnavailable, ProxyError
from oauthproxy.providers import jsontext
from oauthproxy.providers.assertion import JWT_BEARER
from oauthproxy.providers.calls import Pairs, shown
from oauthproxy.providers.client import NEITHER
from oauthproxy.providers.graph import member_of
from oauthproxy.providers.jwt import TokenRefused, read_payload
from oauthproxy.providers.oidc import OIDCProvider
from oauthproxy.providers.provider import Defaults
from oauthproxy.providers.token_endpoint import Grant
from oauthproxy.session.session import Session

TOKEN_FILE = "AZURE_FEDERATED_TOKEN_FILE"  # noqa: S105
GROUPS = "https://graph.microsoft.com/v1.0/me/transitiveMemberOf?$select=id&$top=100"
_ISSUER = re.compile(r"https://login\.microsoftonline\.com/([A-Za-z0-9-]+)/v2\.0")


class EntraIDProvider(OIDCProvider):
    """
    Microsoft Entra ID.
    """

    defaults: ClassVar[Defaults] = Defaults(
        name="Microsoft Entra ID", scope="openid email profile"
    )

    # Federated credentials.

    async def ask_for_tokens(self, form: Pairs) -> Grant:
        """
        Prove who we are by a token of the platform that we run on, or by the secret.
        """
        if not self.settings.types.entra_id_federated_token_auth:
            return await super().ask_for_tokens(form)
        proof = (
            ("client_assertion", self._assertion()),
            ("client_assertion_type", JWT_BEARER),
        )
        url = self.endpoints.redeem
        return await self.token_endpoint.ask_by(NEITHER, url, (*form, *proof))

    def _assertion(self) -> str:
        path = self.surroundings.environment.get(TOKEN_FILE, "")
        try:
            raw = self.read_file(path)
        except OSError as error:
            raise ProxyError(f"{TOKEN_FILE}: {error}") from error
        return raw.decode("utf-8", "replace").strip()

    # Groups.

    async def complete(self, session: Session) -> Session:
        """
        Add the groups that did not fit into the ID token.
        """
        session = await super().complete(session)
        if not overflows(read_payload(session.id_token)):
            return session
        try:
            return await self._with_groups(session)
        except (ProviderUnavailable, ProviderRefused) as error:
            message = f"the groups of {session.email} cannot be read: {error.detail}"
            self.log.error(message)
            return session

    async def refresh(self, session: Session) -> Session | None:
        """
        Renew the tokens, and the groups with a new ID token.
        """
        renewed = await super().refresh(session)
        if renewed is None or renewed.id_token == session.id_token:
            return renewed
        if not overflows(read_payload(renewed.id_token)):
            return renewed
        try:
            return await self._with_groups(renewed)
        except (ProviderUnavailable, ProviderRefused) as error:
            message = f"the groups of {session.email} stay as they were: {error.detail}"
            self.log.error(message)
            return evolve(renewed, groups=session.groups)

    async def _with_groups(self, session: Session) -> Session:
        found = await member_of(self.fetcher, GROUPS, session.access_token, "id")
        return evolve(session, groups=tuple(dict.fromkeys((*session.groups, *found))))

    # Tenants.

    async def validate(self, session: Session) -> bool:
        """
        Return whether the ID token still holds, and is of an allowed tenant.
        """
        try:
            self._check_tenant(read_payload(session.id_token))
        except TokenRefused as error:
            message = f"the ID token of a session is refused: {error.detail}"
            self.log.error(message)
            return False
        return await super().validate(session)

    async def session_from_token(self, token: str) -> Session:
        """
        Return a session for a bearer token of an allowed tenant.
        """
        session = await super().session_from_token(token)
        if self.settings.types.entra_id_allowed_tenants:
            self._check_tenant(read_payload(token))
        return session

    def _check_tenant(self, payload: Mapping[str, Any]) -> None:
        found = tenant(payload.get("iss"))
        allowed = self.settings.types.entra_id_allowed_tenants
        if not found:
            issuer = shown(jsontext.as_text(payload.get("iss")))
            raise TokenRefused(f"{issuer} is no issuer of the public cloud")
        if allowed and found not in allowed:
            raise TokenRefused(f"the tenant {shown(found)} is not allowed")


def tenant(issuer: Any) -> str:
    """
    Return the tenant that an issuer stands for, or the empty text.
    """
    found = _ISSUER.fullmatch(issuer) if type(issuer) is str else None
    return found[1] if found else ""


def overflows(payload: Mapping[str, Any]) -> bool:
    """
    Return whether an ID token leaves the groups to somebody else to tell.
    """
    return jsontext.member(payload, "_claim_names", "groups") is not None
