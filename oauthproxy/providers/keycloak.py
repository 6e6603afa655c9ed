"""
Keycloak by plain OAuth 2, as in its early days; `keycloak-oidc` is the successor.
"""

from typing import Any, ClassVar

from attrs import evolve

from oauthproxy.errors import ProviderRefused
from oauthproxy.ports import FetchRequest
from oauthproxy.providers import jsontext, members
from oauthproxy.providers.calls import Pairs, ask_json, bearer, plain_bearer
from oauthproxy.providers.membership import MembershipProvider
from oauthproxy.providers.provider import Defaults
from oauthproxy.session.session import Session


class KeycloakProvider(MembershipProvider):
    """
    Keycloak, whose addresses must be configured.
    """

    defaults: ClassVar[Defaults] = Defaults(
        name="Keycloak",
        login_url="https://keycloak.org/oauth/authorize",
        redeem_url="https://keycloak.org/oauth/token",
        validate_url="https://keycloak.org/api/v3/user",
        scope="api",
    )

    def restriction(self) -> frozenset[str]:
        """
        Return the allowed groups, which the reference drops.
        """
        if self.surroundings.drop_allowed_groups:
            return frozenset()
        return super().restriction()

    def own_restriction(self) -> frozenset[str]:
        """
        Return the groups of Keycloak's own option.
        """
        return frozenset(filter(None, self.settings.types.keycloak_groups))

    def token_fields(self, access_token: str) -> Pairs:
        """
        Send access tokens in a header field.
        """
        return bearer(access_token)

    async def complete(self, session: Session) -> Session:
        """
        Add what the profile says.
        """
        profile = await self._profile(session)
        if type(jsontext.member(profile, "email")) is not str:
            raise ProviderRefused("the profile has no e-mail address")
        preferred = members.text(profile, "preferred_username")
        return evolve(
            session,
            user=members.text(profile, "user") or preferred,
            email=members.text(profile, "email"),
            groups=members.texts(profile, "groups"),
            preferred_username=preferred,
        )

    async def ask_again(self, session: Session) -> Session:
        """
        Return the session with the groups of now.
        """
        profile = await self._profile(session)
        return evolve(session, groups=members.texts(profile, "groups"))

    async def _profile(self, session: Session) -> Any:
        url = self.endpoints.profile or self.endpoints.validate
        fields = plain_bearer(session.access_token)
        return await ask_json(self.fetcher, FetchRequest(url=url, fields=fields))
