"""
AD FS, the federation services of Windows Server.
"""

from typing import ClassVar

from attrs import evolve

from oauthproxy.errors import ProviderRefused, ProviderUnavailable
from oauthproxy.providers.jwt import TokenRefused, read_payload
from oauthproxy.providers.oidc import OIDCProvider
from oauthproxy.providers.provider import Defaults, Parameters
from oauthproxy.session.session import Session
from oauthproxy.wire.gourl import escape_query

PRINCIPAL_NAME = "upn"


class ADFSProvider(OIDCProvider):
    """
    AD FS, where people may have no e-mail address but a principal name.
    """

    defaults: ClassVar[Defaults] = Defaults(name="ADFS", scope="openid email profile")

    def default_scope(self) -> str:
        """
        Return the scope; groups do not come with one.
        """
        return self.defaults.scope

    @property
    def scope(self) -> str:
        """
        The scope, whose names AD FS takes to be of a resource.
        """
        scope, resource = super().scope, self.settings.resource
        if not resource:
            return scope
        prefix = resource if resource.endswith("/") else f"{resource}/"
        return scope if scope.startswith(prefix) else prefix + scope

    async def login_url(
        self, redirect_uri: str, state: str, nonce_hash: str, parameters: Parameters
    ) -> str:
        """
        Return the URL of the login, its state encoded twice: AD FS gives it back
        decoded.
        """
        url = await super().login_url(
            redirect_uri, escape_query(state), nonce_hash, parameters
        )
        if not self.settings.types.adfs_skip_scope:
            return url
        base, mark, query = url.partition("?")
        kept = (pair for pair in query.split("&") if not pair.startswith("scope="))
        return base + mark + "&".join(kept)

    def own_parameters(self, nonce_hash: str, parameters: Parameters) -> Parameters:
        """
        Leave out the response mode, which AD FS does not know.
        """
        added = super().own_parameters(nonce_hash, parameters)
        return {name: added[name] for name in added if name != "response_mode"}

    async def find_email(self, session: Session) -> str:
        """
        Return the user's principal name, which looks like an address.
        """
        try:
            payload = read_payload(session.id_token)
        except TokenRefused:
            payload = {}
        claims = self.claims(payload, session.access_token)
        return await claims.text(PRINCIPAL_NAME)

    async def complete(self, session: Session) -> Session:
        """
        Leave it to the rules to refuse a user without a name.
        """
        return session

    async def refresh(self, session: Session) -> Session | None:
        """
        Renew the tokens, and the principal name where it stands for an address.
        """
        renewed = await super().refresh(session)
        if renewed is None or renewed.email:
            return renewed
        try:
            return evolve(renewed, email=await self.find_email(renewed))
        except (ProviderUnavailable, ProviderRefused) as error:
            message = f"{session.email} keeps the name: {error.detail}"
            self.log.error(message)
            return evolve(renewed, email=session.email)
