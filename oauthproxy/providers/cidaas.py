"""
cidaas: groups with roles from the userinfo endpoint.

Rule 1: a role in a group is the group "GROUP:ROLE", a role of its own "cidaas:ROLE".
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from attrs import evolve

from oauthproxy.errors import ProviderRefused, ProviderUnavailable
from oauthproxy.providers import members
from oauthproxy.providers.jwt import read_payload
from oauthproxy.providers.oidc import OIDCProvider
from oauthproxy.providers.provider import Defaults
from oauthproxy.session.session import Session

ROLE = "cidaas:"


class CidaasProvider(OIDCProvider):
    """
    cidaas.
    """

    defaults: ClassVar[Defaults] = Defaults(
        name="CIDAAS", scope="openid email profile roles groups"
    )

    def default_scope(self) -> str:
        """
        Return the scope, in which the groups are anyway.
        """
        return self.defaults.scope

    async def complete(self, session: Session) -> Session:
        """
        Put the groups of userinfo in the place of the token's.
        """
        try:
            session = await self._ask_again(session)
        except (ProviderUnavailable, ProviderRefused) as error:
            message = f"the groups of {session.email} cannot be read: {error.detail}"
            self.log.error(message)
        return await super().complete(session)

    async def refresh(self, session: Session) -> Session | None:
        """
        Renew the groups with the tokens.
        """
        renewed = await super().refresh(session)
        if renewed is None:
            return None
        try:
            return await self._ask_again(renewed)
        except (ProviderUnavailable, ProviderRefused) as error:
            message = f"the groups of {session.email} stay as they were: {error.detail}"
            self.log.error(message)
            return evolve(renewed, groups=session.groups)

    async def _ask_again(self, session: Session) -> Session:
        if not self.endpoints.profile:
            return session
        subject = read_payload(session.id_token).get("sub")
        userinfo = await self.userinfo(session.access_token, subject)
        groups = tuple(group_roles(userinfo, self.settings.oidc.groups_claim))
        email = session.email or members.text(userinfo, self.email_claim)
        return evolve(session, email=email, groups=groups)


def group_roles(userinfo: Any, claim: str) -> Iterator[str]:
    """
    Yield the groups that a user's roles make.
    """
    for entry in members.objects(userinfo, claim):
        group = members.text(entry, "groupId")
        for role in members.texts(entry, "roles"):
            yield f"{group}:{role}"
    for role in members.texts(userinfo, "roles"):
        yield ROLE + role
