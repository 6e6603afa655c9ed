"""
Azure Active Directory, as it was before Entra ID: both versions of its endpoints.

Rule 1: a login URL with "v2.0" in it means version 2, where Graph tells the groups;
version 1 knows a `resource` instead of a scope.
Rule 2: the ID token tells e-mail address and groups, else the access token, else Graph
the address. Whichever it is has a verified signature.
"""

from typing import ClassVar
from urllib.parse import urlsplit

from attrs import evolve

from oauthproxy.errors import ProviderRefused, ProviderUnavailable, RefreshRefused
from oauthproxy.ports import FetchRequest
from oauthproxy.providers import jsontext, members
from oauthproxy.providers.calls import Pairs, ask_json, plain_bearer
from oauthproxy.providers.claims import Claims
from oauthproxy.providers.client import POST
from oauthproxy.providers.discovery import Metadata
from oauthproxy.providers.graph import member_of
from oauthproxy.providers.jwt import TokenRefused, read_payload
from oauthproxy.providers.oidc import OIDCProvider
from oauthproxy.providers.provider import Defaults, Endpoints, Parameters, Provider
from oauthproxy.providers.refreshing import refresh_grant
from oauthproxy.providers.token_endpoint import LAST_SECOND, Grant
from oauthproxy.session.session import Session
from oauthproxy.settings.kinds import SECOND

_HOST = "https://login.microsoftonline.com"
_GROUPS = (
    "/v1.0/me/transitiveMemberOf?$count=true&$filter=securityEnabled+eq+true"
    "&$select=displayName,id"
)


class AzureProvider(OIDCProvider):
    """
    Azure Active Directory; `entra-id` is its successor.
    """

    defaults: ClassVar[Defaults] = Defaults(
        name="Azure",
        login_url=f"{_HOST}/common/oauth2/authorize",
        redeem_url=f"{_HOST}/common/oauth2/token",
        profile_url="https://graph.microsoft.com/v1.0/me",
        scope="openid",
    )

    # Where and what to ask.

    def configured_endpoints(self) -> Endpoints:
        """
        Return the configured endpoints; the default ones are those of the tenant.
        """
        settings, defaults = self.settings, self.defaults
        tenant = f"/{settings.types.azure_tenant or 'common'}/"
        profile = settings.profile_url or defaults.profile_url
        return Endpoints(
            login=settings.login_url or defaults.login_url.replace("/common/", tenant),
            redeem=(
                settings.redeem_url or defaults.redeem_url.replace("/common/", tenant)
            ),
            profile=profile,
            validate=settings.validate_url or profile,
        )

    def discovered_endpoints(self, metadata: Metadata) -> Endpoints:
        """
        Return the endpoints that discovery names, and ours for what it does not.
        """
        profile = metadata.userinfo_endpoint or self.defaults.profile_url
        return evolve(
            super().discovered_endpoints(metadata),
            profile=profile,
            validate=self.settings.validate_url or profile,
        )

    @property
    def is_version_2(self) -> bool:
        """
        Whether these are the newer endpoints.
        """
        return "v2.0" in self.endpoints.login

    def default_scope(self) -> str:
        """
        Return the scope; groups do not come with one.
        """
        return self.defaults.scope

    @property
    def scope(self) -> str:
        """
        The scope, which in version 2 must cover Graph.
        """
        scope = super().scope
        if not self.is_version_2:
            return scope
        graph = f"https://{self._graph_host}/.default"
        scope = scope.replace(" groups", "")
        return scope if graph in scope else f"{scope} {graph}"

    @property
    def _graph_host(self) -> str:
        return urlsplit(self.endpoints.profile).netloc

    def own_parameters(self, nonce_hash: str, parameters: Parameters) -> Parameters:  # noqa: ARG002
        """
        Add the resource that version 1 wants to know.
        """
        return {name: (value,) for name, value in self._resource()}

    def _resource(self) -> Pairs:
        resource = self.settings.resource
        return () if self.is_version_2 or not resource else (("resource", resource),)

    def token_fields(self, access_token: str) -> Pairs:
        """
        Send access tokens as Graph wants them.
        """
        return plain_bearer(access_token)

    # The login.

    async def redeem(
        self,
        redirect_uri: str,
        code: str,
        code_verifier: str,
        nonce: bytes | None = None,
    ) -> Session:
        """
        Return a session for a code.
        """
        await self.prepare()
        form = (
            *self.redeem_form(redirect_uri, code, code_verifier),
            *self._resource(),
        )
        grant = await self.token_endpoint.ask_by(POST, self.endpoints.redeem, form)
        session = Session(
            created_at=self.clock.now(),
            expires_on=expires_on(grant),
            access_token=grant.access_token,
            refresh_token=grant.refresh_token,
            id_token=grant.id_token,
            nonce=nonce,
        )
        return await self._identified(session)

    async def _identified(self, session: Session) -> Session:
        """
        Return the session with e-mail address and groups of the first token that has
        an address; raises ProviderRefused when no token can be read.
        """
        refusal: ProviderRefused | None = None
        readable = False
        for text in dict.fromkeys((session.id_token, session.access_token)):
            if not text:
                continue
            try:
                token = await self.issuer.verify(text)
                found = await self.identify(session, Claims(token.payload))
            except ProviderRefused as error:
                refusal = error
                continue
            readable = True
            session = evolve(session, groups=found.groups or session.groups)
            if found.email:
                return evolve(session, email=found.email)
        if refusal is not None and not readable:
            raise refusal
        return session

    async def find_email(self, session: Session) -> str:
        """
        Ask the profile for an address; raises ProviderRefused when there is none.
        """
        fields = plain_bearer(session.access_token)
        request = FetchRequest(url=self.endpoints.profile, fields=fields)
        profile = await ask_json(self.fetcher, request)
        addresses = (
            members.text(profile, "mail"),
            *members.texts(profile, "otherMails"),
            members.text(profile, "userPrincipalName"),
            members.text(profile, "email"),
        )
        for address in filter(None, addresses):
            return address
        raise ProviderRefused("the profile has no e-mail address")

    async def complete(self, session: Session) -> Session:
        """
        Add the groups that Graph knows.
        """
        if not self.is_version_2:
            return session
        field = self.settings.types.azure_graph_group_field
        selected = f",{field}" if field else ""
        url = f"https://{self._graph_host}{_GROUPS}{selected}"
        token = session.access_token
        found = await member_of(self.fetcher, url, token, field or "id")
        return evolve(session, groups=tuple(dict.fromkeys((*session.groups, *found))))

    # Later.

    async def refresh(self, session: Session) -> Session | None:
        """
        Renew the tokens and, where somebody can tell, the groups.
        """
        if not session.refresh_token:
            return None
        await self.prepare()
        url = self.endpoints.redeem
        grant = await refresh_grant(self.token_endpoint, url, session.refresh_token)
        _check_user(session, grant)
        renewed = evolve(
            session,
            created_at=self.clock.now(),
            expires_on=expires_on(grant),
            access_token=grant.access_token,
            refresh_token=grant.refresh_token or session.refresh_token,
            id_token=grant.id_token or session.id_token,
            refreshed=True,
        )
        try:
            found = await self._identified(evolve(renewed, groups=()))
            found = await self.complete(found)
        except (ProviderUnavailable, ProviderRefused) as error:
            message = f"the groups of {session.email} stay as they were: {error.detail}"
            self.log.error(message)
            return renewed
        return evolve(found, groups=found.groups or self._unknown(session))

    def _unknown(self, session: Session) -> tuple[str, ...]:
        """
        Return the groups to keep when no token names any: those of Graph are fresh.
        """
        return () if self.is_version_2 else session.groups

    async def validate(self, session: Session) -> bool:
        """
        Return whether Graph still takes the access token.
        """
        return await Provider.validate(self, session)


def expires_on(grant: Grant) -> int | None:
    """
    Return when the tokens expire: version 1 tells the moment, as text.
    """
    told = grant.members.get("expires_on")
    if isinstance(told, str) and told.isascii() and told.isdigit():
        seconds = jsontext.seconds(jsontext.Number(told))
        if seconds:
            return min(seconds, LAST_SECOND) * SECOND
    return grant.expires_on


def _check_user(session: Session, grant: Grant) -> None:
    try:
        before = read_payload(session.id_token).get("sub")
        after = read_payload(grant.id_token).get("sub")
    except TokenRefused:
        return
    if before != after:
        raise RefreshRefused("the refreshed ID token is another user's")
