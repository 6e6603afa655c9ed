"""
OpenID Connect: the ID token, and what it says about the user.

Types that build on it override `default_scope`, `find_email`, `complete`,
`own_parameters`, `claims_fields`, `ask_for_tokens` or whole steps.
"""

import hmac
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from attrs import evolve

from oauthproxy.crypto.nonce import hash_nonce
from oauthproxy.errors import (
    ProviderRefused,
    ProviderUnavailable,
    RefreshRefused,
)
from oauthproxy.ports import Clock, Entropy, Fetcher, FetchRequest, Log, NewGate
from oauthproxy.providers import jsontext
from oauthproxy.providers.calls import Pairs, bearer, encode_query, with_query
from oauthproxy.providers.claims import Claims
from oauthproxy.providers.client import NEITHER, UNSAID
from oauthproxy.providers.discovery import Metadata
from oauthproxy.providers.identity import (
    additional,
    email_claim,
    expiry,
    identified,
)
from oauthproxy.providers.issuer import Issuer
from oauthproxy.providers.jwt import Token, TokenRefused, read_payload
from oauthproxy.providers.provider import Defaults, Endpoints, Parameters, Provider
from oauthproxy.providers.surroundings import Surroundings
from oauthproxy.providers.token_endpoint import (
    FATAL_ERRORS,
    Grant,
    GrantRefused,
)
from oauthproxy.providers.userinfo import ask_userinfo
from oauthproxy.providers.verifier import check_login_token
from oauthproxy.session.session import Session
from oauthproxy.settings.model import ProviderSettings


class NonceRefused(TokenRefused):
    """
    The answer of the identity provider belongs to another login. Please sign in again.
    """

    status = 403


S256 = "S256"


class OIDCProvider(Provider):
    """
    A provider that speaks OpenID Connect.
    """

    defaults: ClassVar[Defaults] = Defaults(
        name="OpenID Connect", scope="openid email profile"
    )

    def __init__(
        self,
        settings: ProviderSettings,
        fetcher: Fetcher,
        clock: Clock,
        entropy: Entropy,
        log: Log,
        read_file: Callable[[str], bytes],
        new_gate: NewGate,
        surroundings: Surroundings | None = None,
    ) -> None:
        super().__init__(
            settings, fetcher, clock, entropy, log, read_file, new_gate, surroundings
        )
        self.issuer = Issuer(
            settings.oidc, settings.client_id, fetcher, clock, read_file, new_gate
        )
        self._prepared = settings.oidc.skip_discovery

    def default_scope(self) -> str:
        """
        Ask for the groups too when they decide.
        """
        scope = self.defaults.scope
        return f"{scope} groups" if any(self.settings.allowed_groups) else scope

    @property
    def email_claim(self) -> str:
        """
        The claim that holds the e-mail address.
        """
        return email_claim(self.settings.oidc)

    # The start.

    async def prepare(self) -> None:
        """
        Ask the provider about itself, once; raises ProviderUnavailable.
        """
        if self._prepared:
            return
        known = await self.issuer.learn()
        self.endpoints = self.discovered_endpoints(known.metadata)
        self._prepared = True

    async def code_challenge_method(self) -> str:
        """
        Return the configured method, or S256 where the provider announces it or the
        client has no secret; raises ProviderUnavailable.
        """
        configured = await super().code_challenge_method()
        if not configured and self.settings.token_endpoint_auth_method == NEITHER:
            # Without it anybody could redeem a stolen code (RFC 9700, 2.1.1).
            return S256
        if configured or not self.settings.pkce_if_announced:
            return configured
        await self.prepare()
        metadata = self.issuer.metadata
        announced = () if metadata is None else metadata.code_challenge_methods
        return S256 if S256 in announced else ""

    @property
    def ready(self) -> bool:
        """
        Whether the provider told about itself, or need not.
        """
        return self._prepared

    def discovered_endpoints(self, metadata: Metadata) -> Endpoints:
        """
        Return the endpoints that discovery names. They win over configured ones,
        which only stand in for the login and token endpoints.
        """
        configured = self.configured_endpoints()
        return Endpoints(
            login=metadata.authorization_endpoint or configured.login,
            redeem=metadata.token_endpoint or configured.redeem,
            profile=metadata.userinfo_endpoint,
            validate=configured.validate,
        )

    def accepts_issuer(self, issuer: str | None) -> bool:
        """
        Compare the issuer of a callback with ours; it may be missing only where the
        provider did not announce it.
        """
        metadata = self.issuer.metadata
        if self.settings.oidc.insecure_skip_issuer_verification or metadata is None:
            return True
        if issuer is None:
            return not metadata.names_issuer_in_callback
        return issuer == metadata.issuer

    def is_issuer(self, issuer: str) -> bool:
        """
        Compare an issuer with the configured one, or what it calls itself.
        """
        metadata = self.issuer.metadata
        named = metadata.issuer if metadata else ""
        return issuer in (self.settings.oidc.issuer_url, named) and issuer != ""

    # The login.

    def own_parameters(self, nonce_hash: str, parameters: Parameters) -> Parameters:
        """
        Add the nonce unless it is switched off.
        """
        added = super().own_parameters(nonce_hash, parameters)
        if self.settings.oidc.insecure_skip_nonce:
            return added
        return {**added, "nonce": (nonce_hash,)}

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
        await self.prepare()
        form = self.redeem_form(redirect_uri, code, code_verifier)
        grant = await self.ask_for_tokens(form)
        if not grant.id_token.strip():
            raise ProviderRefused("the token endpoint gave no ID token")
        token = await self.verify_id_token(grant)
        session = Session(
            created_at=self.clock.now(),
            expires_on=grant.expires_on,
            access_token=grant.access_token,
            refresh_token=grant.refresh_token,
            id_token=grant.id_token,
            nonce=nonce,
        )
        if nonce is not None and not self.nonce_holds(session, token):
            raise NonceRefused("the ID token was made for another login")
        claims = self.claims(token.payload, grant.access_token)
        session = await self.identify(session, claims)
        more = await additional(claims, self.settings.additional_claims, self.log)
        return evolve(session, additional_claims=more)

    async def ask_for_tokens(self, form: Pairs) -> Grant:
        """
        Return the tokens for a code or a refresh token.
        """
        metadata = self.issuer.metadata
        announced = metadata.client_authentication if metadata else UNSAID
        return await self.token_endpoint.ask(self.endpoints.redeem, form, announced)

    async def verify_id_token(self, grant: Grant) -> Token:
        """
        Return the verified ID token of a grant; raises TokenRefused.
        """
        token = await self.issuer.verify(grant.id_token)
        if not self.surroundings.skip_id_token_checks:
            check_login_token(
                token, self.issuer.client_ids, grant.access_token, self.clock.now()
            )
        return token

    async def complete(self, session: Session) -> Session:
        """
        Insist on an e-mail address.
        """
        if not session.email:
            raise ProviderRefused(
                "neither the ID token nor the userinfo endpoint has an e-mail address"
                f" (claim {self.email_claim})"
            )
        return session

    # Claims.

    def claims(self, payload: Mapping[str, Any], access_token: str) -> Claims:
        """
        Return the claims of a token, and of userinfo where it can be asked.
        """
        if not (
            access_token
            and self.endpoints.profile
            and not self.settings.skip_claims_from_profile_url
        ):
            return Claims(payload)

        async def userinfo() -> Mapping[str, Any]:
            return await self.userinfo(access_token, payload.get("sub"))

        return Claims(payload, userinfo)

    def claims_fields(self, access_token: str) -> Pairs:
        """
        Return the header fields of a userinfo request.
        """
        return bearer(access_token)

    def token_fields(self, access_token: str) -> Pairs:
        """
        Send access tokens in a header field, never in a query.
        """
        return bearer(access_token)

    async def userinfo(self, access_token: str, subject: Any) -> Mapping[str, Any]:
        """
        Return what the userinfo endpoint says about `subject`; raises ProviderRefused
        and ProviderUnavailable.
        """
        request = FetchRequest(
            url=self.endpoints.profile, fields=self.claims_fields(access_token)
        )
        return await ask_userinfo(self.fetcher, self.issuer, request, subject)

    async def identify(self, session: Session, claims: Claims) -> Session:
        """
        Return a session with the identity that claims tell; raises ProviderRefused.
        """
        return await identified(session, claims, self.settings.oidc)

    # Later.

    async def validate(self, session: Session) -> bool:
        """
        Return whether the ID token still holds. Tokens that were renewed in this
        request were just verified: only the validate URL is asked about them.
        """
        if session.refreshed:
            return not self.endpoints.validate or await super().validate(session)
        try:
            token = await self.issuer.verify(session.id_token)
        except TokenRefused as error:
            message = f"the ID token of a session is refused: {error}"
            self.log.error(message)
            return False
        # A session may have been made by the reference, which asks for no nonce.
        return "nonce" not in token.payload or self.nonce_holds(session, token)

    def nonce_holds(self, session: Session, token: Token) -> bool:
        """
        Return whether an ID token was made for the login that made the session.
        """
        if self.settings.oidc.insecure_skip_nonce:
            return True
        expected = hash_nonce(session.nonce)
        nonce = jsontext.as_text(token.payload.get("nonce", ""))
        return bool(expected) and hmac.compare_digest(
            nonce.encode("utf-8", "replace"), expected.encode()
        )

    async def refresh(self, session: Session) -> Session | None:
        """
        Return the session with new tokens, or None without a refresh token. A new ID
        token renews the identity, without one it stays.
        """
        if not session.refresh_token:
            return None
        await self.prepare()
        grant = await self._refresh_grant(session.refresh_token)
        renewed = evolve(
            session,
            created_at=self.clock.now(),
            expires_on=grant.expires_on,
            access_token=grant.access_token,
            refresh_token=grant.refresh_token or session.refresh_token,
            refreshed=True,
        )
        if not grant.id_token.strip():
            return renewed
        try:
            token = await self._refreshed_token(session, grant)
            claims = self.claims(token.payload, grant.access_token)
            return await self.identify(evolve(renewed, id_token=grant.id_token), claims)
        except ProviderUnavailable as error:
            # The old refresh token may be used up: the new one must not be lost.
            message = f"the identity could not be renewed: {error.detail}"
            self.log.error(message)
            return renewed

    async def _refresh_grant(self, refresh_token: str) -> Grant:
        form = (("grant_type", "refresh_token"), ("refresh_token", refresh_token))
        try:
            return await self.ask_for_tokens(form)
        except GrantRefused as error:
            if error.code in FATAL_ERRORS:
                raise RefreshRefused(error.detail) from error
            raise

    async def _refreshed_token(self, session: Session, grant: Grant) -> Token:
        """
        Return the new ID token; its user must be the old one's (OpenID Connect Core,
        12.2).
        """
        try:
            token = await self.verify_id_token(grant)
        except TokenRefused as error:
            raise RefreshRefused(f"the refreshed ID token: {error}") from error
        try:
            subject = read_payload(session.id_token).get("sub")
        except TokenRefused:
            subject = None
        if subject is not None and subject != token.payload.get("sub"):
            raise RefreshRefused("the refreshed ID token is another user's")
        return token

    async def sign_out_url(self, session: Session, return_uri: str, state: str) -> str:
        """
        Return the URL that ends the provider's session (OpenID Connect RP-Initiated
        Logout 1.0, 2).
        """
        url = (await self.issuer.learn()).metadata.end_session_endpoint
        if not url:
            return ""
        pairs = [
            ("id_token_hint", session.id_token),
            ("client_id", self.settings.client_id),
            ("post_logout_redirect_uri", return_uri),
            ("state", state),
        ]
        return with_query(url, encode_query([pair for pair in pairs if pair[1]]))

    async def session_from_token(self, token: str) -> Session:
        """
        Return a session for a bearer token of this provider, without asking it.
        """
        verified = await self.issuer.verify(token)
        session = Session(
            expires_on=expiry(verified.payload), access_token=token, id_token=token
        )
        session = await self.identify(session, Claims(verified.payload))
        return evolve(session, email=session.email or session.user)
