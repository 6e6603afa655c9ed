"""
Google: the user from the ID token, groups from the directory of the organisation.

Rule 1: an ID token is verified with Google's keys, though it came from Google.
Rule 2: groups are asked for at the login and at each refresh. With `google_groups` a
session keeps those of them that the user is in, without it all groups of the user.
"""

from functools import cached_property
from typing import Any, ClassVar

from attrs import evolve

from oauthproxy.errors import (
    ProviderRefused,
    ProviderUnavailable,
    RefreshRefused,
    SettingsError,
)
from oauthproxy.providers import jsontext, members
from oauthproxy.providers.client import POST
from oauthproxy.providers.google_credentials import (
    ServiceAccount,
    default_credentials,
)
from oauthproxy.providers.google_delegation import (
    DelegatedToken,
    ImpersonatingSigner,
    KeySigner,
    Signer,
)
from oauthproxy.providers.google_directory import Directory
from oauthproxy.providers.google_federation import CLOUD
from oauthproxy.providers.issuer import Issuer
from oauthproxy.providers.jwt import TokenRefused, read_payload
from oauthproxy.providers.nonces import check_nonce
from oauthproxy.providers.oidc import S256
from oauthproxy.providers.provider import Defaults, Parameters, Provider
from oauthproxy.providers.refreshing import refresh_grant
from oauthproxy.providers.token_endpoint import Grant
from oauthproxy.providers.verifier import check_login_token
from oauthproxy.session.session import Session
from oauthproxy.settings.model import OIDCSettings

ISSUER = "https://accounts.google.com"
KEYS = "https://www.googleapis.com/oauth2/v3/certs"

_DIRECTORY = "https://www.googleapis.com/auth/admin.directory."
_GROUP_SCOPES = ("group.member.readonly", "group.readonly", "group.member", "group")
_FILE_OPTION = "google_service_account_json"


class GoogleProvider(Provider):
    """
    Google accounts.
    """

    defaults: ClassVar[Defaults] = Defaults(
        name="Google",
        login_url="https://accounts.google.com/o/oauth2/auth?access_type=offline",
        redeem_url="https://www.googleapis.com/oauth2/v3/token",
        validate_url="https://www.googleapis.com/oauth2/v1/tokeninfo",
        scope="profile email",
    )

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.directory = self._directory()

    # What decides.

    def restriction(self) -> frozenset[str]:
        """
        Return the allowed groups, whose place the reference gives to Google's own.
        """
        if self.surroundings.drop_allowed_groups and self.own_restriction():
            return frozenset()
        return super().restriction()

    def own_restriction(self) -> frozenset[str]:
        """
        Return the groups of Google's own option.
        """
        return frozenset(filter(None, self.settings.types.google_groups))

    # What a login needs.

    @property
    def is_asked_directly(self) -> bool:
        """
        Whether logins go to Google itself, which knows PKCE and nonces.
        """
        return self.endpoints.login == self.defaults.login_url

    async def code_challenge_method(self) -> str:
        """
        Return the configured PKCE method, else the one that Google announces.
        """
        configured = await super().code_challenge_method()
        if configured or not self.settings.pkce_if_announced:
            return configured
        return S256 if self.is_asked_directly else ""

    def own_parameters(self, nonce_hash: str, parameters: Parameters) -> Parameters:
        """
        Add the nonce unless it is switched off.
        """
        added = super().own_parameters(nonce_hash, parameters)
        return {**added, "nonce": (nonce_hash,)} if self._uses_nonce else added

    @property
    def _uses_nonce(self) -> bool:
        return self.is_asked_directly and not self.settings.oidc.insecure_skip_nonce

    # Tokens.

    async def redeem(
        self,
        redirect_uri: str,
        code: str,
        code_verifier: str,
        nonce: bytes | None = None,
    ) -> Session:
        """
        Return a session for a code, told by a verified ID token.
        """
        form = self.redeem_form(redirect_uri, code, code_verifier)
        grant = await self.token_endpoint.ask_by(POST, self.endpoints.redeem, form)
        payload = await self._payload(grant)
        if nonce is not None and self._uses_nonce:
            check_nonce(payload, nonce)
        if not members.flag(payload, "email_verified"):
            raise ProviderRefused("the e-mail address at Google is unverified")
        session = Session(
            created_at=self.clock.now(),
            expires_on=grant.expires_on,
            access_token=grant.access_token,
            refresh_token=grant.refresh_token,
            id_token=grant.id_token,
            nonce=nonce,
            user=members.text(payload, "sub"),
            email=members.text(payload, "email"),
        )
        if not session.email:
            raise ProviderRefused("Google's ID token has no e-mail address")
        return session

    async def refresh(self, session: Session) -> Session | None:
        """
        Renew tokens and groups, or return None without a refresh token.
        """
        if not session.refresh_token:
            return None
        url = self.endpoints.redeem
        grant = await refresh_grant(self.token_endpoint, url, session.refresh_token)
        renewed = evolve(
            session,
            created_at=self.clock.now(),
            expires_on=grant.expires_on,
            access_token=grant.access_token,
            refresh_token=grant.refresh_token or session.refresh_token,
            refreshed=True,
        )
        if grant.id_token:
            await self._check_user(grant, session)
            renewed = evolve(renewed, id_token=grant.id_token)
        return await self._with_groups_of_now(renewed)

    async def _check_user(self, grant: Grant, session: Session) -> None:
        try:
            payload = await self._payload(grant)
        except TokenRefused as error:
            raise RefreshRefused(f"the refreshed ID token: {error}") from error
        if session.user and payload.get("sub") != session.user:
            raise RefreshRefused("the refreshed ID token is another user's")

    async def _payload(self, grant: Grant) -> Any:
        if self.surroundings.skip_google_signature:
            return read_payload(grant.id_token)
        token = await self.issuer.verify(grant.id_token)
        check_login_token(
            token, self.issuer.client_ids, grant.access_token, self.clock.now()
        )
        return token.payload

    @cached_property
    def issuer(self) -> Issuer:
        """
        Google's keys; or, where an issuer is configured, those of that issuer.
        """
        oidc = self.settings.oidc
        known = not oidc.issuer_url or oidc.jwks_url or oidc.public_key_files
        keys = "" if oidc.public_key_files else oidc.jwks_url or KEYS
        settings: OIDCSettings = evolve(
            oidc,
            issuer_url=oidc.issuer_url or ISSUER,
            skip_discovery=bool(known),
            jwks_url=keys if known else "",
        )
        return Issuer(
            settings,
            self.settings.client_id,
            self.fetcher,
            self.clock,
            self.read_file,
            self.new_gate,
        )

    # The directory.

    async def complete(self, session: Session) -> Session:
        """
        Add the groups of a new login, and the organisation's name for the user.
        """
        directory = self.directory
        if directory is None:
            return session
        session = evolve(session, groups=await self._groups(directory, session.email))
        if not self.settings.types.google_use_organization_id:
            return session
        name = await directory.organization_id(session.email)
        return evolve(session, preferred_username=name)

    async def _with_groups_of_now(self, session: Session) -> Session:
        if self.directory is None:
            return session
        try:
            groups = await self._groups(self.directory, session.email)
        except (ProviderUnavailable, ProviderRefused) as error:
            message = f"the groups of {session.email} stay as they were: {error.detail}"
            self.log.error(message)
            return session
        if self.own_groups and self.own_groups.isdisjoint(groups):
            raise RefreshRefused("the user is in none of google_groups any more")
        return evolve(session, groups=groups)

    async def _groups(self, directory: Directory, user: str) -> tuple[str, ...]:
        if not self.own_groups:
            return await self._all_groups(directory, user)
        asked = sorted(self.own_groups | self.allowed_groups)
        return await directory.held(user, asked)

    async def _all_groups(self, directory: Directory, user: str) -> tuple[str, ...]:
        try:
            return await directory.groups(user)
        except ProviderRefused as error:
            if self.allowed_groups:
                raise
            # Nobody asked for groups: a directory closed to us keeps no one out.
            message = f"the groups of {user} cannot be read: {error.detail}"
            self.log.error(message)
            return ()

    def _directory(self) -> Directory | None:
        own = self.settings.types
        file = own.google_service_account_json
        if not file and not own.google_use_application_default_credentials:
            return None
        token = DelegatedToken(
            signer=self._signer(file),
            subject=own.google_admin_email,
            scopes=self._scopes(),
            fetcher=self.fetcher,
            clock=self.clock,
            new_gate=self.new_gate,
        )
        return Directory(self.fetcher, token)

    def _signer(self, file: str) -> Signer:
        if file:
            return KeySigner(ServiceAccount.read(self._key_file(file), _FILE_OPTION))
        credentials = default_credentials(
            self.surroundings.environment, self.read_file, self.fetcher, self.clock
        )
        return ImpersonatingSigner(
            credentials=credentials,
            target=self.settings.types.google_target_principal,
            fetcher=self.fetcher,
        )

    def _key_file(self, path: str) -> Any:
        try:
            return jsontext.parse_object(self.read_file(path))
        except OSError as error:
            raise SettingsError([f"{_FILE_OPTION}: {error}"]) from error
        except ValueError:
            raise SettingsError([f"{_FILE_OPTION}: not a JSON object"]) from None

    def _scopes(self) -> tuple[str, ...]:
        own = self.settings.types
        added = ""
        if own.google_use_organization_id:
            added = " " + user_scope(own.google_admin_api_user_scope)
        return tuple(f"{_DIRECTORY}{scope}{added}" for scope in _GROUP_SCOPES)


def user_scope(name: str) -> str:
    """
    Return the scope by which users of the directory are read.
    """
    match name.lower():
        case "cloud":
            return CLOUD
        case "user":
            return f"{_DIRECTORY}user"
    return f"{_DIRECTORY}user.readonly"
