"""
Keycloak by OpenID Connect: groups as anywhere, and roles from the access token.

Rule 1: a role is the group "role:NAME", or "role:CLIENT:NAME" for a client's role.
Rule 2: roles are those of the latest access token: what it no longer has is gone.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from attrs import evolve

from oauthproxy.errors import ProviderRefused, ProviderUnavailable, RefreshRefused
from oauthproxy.providers import jsontext
from oauthproxy.providers.jwt import read
from oauthproxy.providers.oidc import OIDCProvider
from oauthproxy.providers.provider import Defaults
from oauthproxy.session.session import Session

ROLE = "role:"


class KeycloakOIDCProvider(OIDCProvider):
    """
    Keycloak, and Red Hat's build of it.
    """

    defaults: ClassVar[Defaults] = Defaults(
        name="Keycloak OIDC", scope="openid email profile"
    )

    def restriction(self) -> frozenset[str]:
        """
        Return the allowed groups and roles: one of either is enough.
        """
        roles = filter(None, self.settings.types.keycloak_roles)
        return super().restriction() | {ROLE + role for role in roles}

    def own_restriction(self) -> frozenset[str]:
        """
        Return the groups of Keycloak's own option.
        """
        if self.surroundings.drop_allowed_groups:
            return frozenset()
        return frozenset(filter(None, self.settings.types.keycloak_groups))

    async def complete(self, session: Session) -> Session:
        """
        Add the roles to the groups of a new login.
        """
        return await self._with_roles(await super().complete(session))

    async def refresh(self, session: Session) -> Session | None:
        """
        Renew the roles with the tokens.
        """
        renewed = await super().refresh(session)
        if renewed is None:
            return None
        try:
            return await self._with_roles(renewed)
        except ProviderUnavailable as error:
            message = f"the roles of {renewed.email} stay as they were: {error.detail}"
            self.log.error(message)
            roles = [each for each in session.groups if each.startswith(ROLE)]
            return evolve(renewed, groups=_joined(_without_roles(renewed), roles))
        except ProviderRefused as error:
            raise RefreshRefused(error.detail) from error

    async def session_from_token(self, token: str) -> Session:
        """
        Return a session for a bearer token, with its roles.
        """
        session = await super().session_from_token(token)
        found = tuple(roles(read(token).payload))
        return evolve(session, groups=_joined(session.groups, found))

    async def _with_roles(self, session: Session) -> Session:
        token = read(session.access_token)
        await self.issuer.verify_signature(token)
        subject = token.payload.get("sub")
        if subject is not None and subject != session.user:
            raise ProviderRefused("the access token is another user's")
        found = tuple(roles(token.payload))
        kept = _without_roles(session) if session.refreshed else session.groups
        return evolve(session, groups=_joined(kept, found))


def roles(payload: Mapping[str, Any]) -> Iterator[str]:
    """
    Yield the groups that the roles in an access token make, the realm's first.
    """
    for role in _texts(jsontext.member(payload, "realm_access", "roles")):
        yield ROLE + role
    clients = payload.get("resource_access")
    for client, access in clients.items() if isinstance(clients, Mapping) else ():
        for role in _texts(jsontext.member(access, "roles")):
            yield f"{ROLE}{client}:{role}"


def _texts(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else []
    return [each for each in listed if type(each) is str]


def _without_roles(session: Session) -> tuple[str, ...]:
    return tuple(each for each in session.groups if not each.startswith(ROLE))


def _joined(*groups: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for listed in groups for each in listed))
