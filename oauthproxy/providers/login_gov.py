"""
login.gov: the client proves itself by an assertion, people by verified addresses.

Rule 1: each login has a nonce of its own, and its ID token must carry it.
Rule 2: an ID token is verified with the key that it names, and its issuer and audience
are compared.
"""

from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlsplit

from jwcrypto.jwk import JWK

from oauthproxy.errors import ProviderRefused, SettingsError
from oauthproxy.ports import FetchRequest
from oauthproxy.providers import members
from oauthproxy.providers.assertion import (
    JWT_BEARER,
    Signer,
    client_claims,
    read_rsa_key,
)
from oauthproxy.providers.calls import Pairs, ask, ask_json, bearer, plain_bearer
from oauthproxy.providers.jwt import Token, TokenRefused
from oauthproxy.providers.keys import RemoteKeys
from oauthproxy.providers.nonces import check_nonce
from oauthproxy.providers.provider import Defaults, Parameters, Provider
from oauthproxy.providers.token_endpoint import Grant, read_grant
from oauthproxy.providers.verifier import Expected, Verifier, check_login_token
from oauthproxy.session.session import Session

ASSURANCE = "http://idmanagement.gov/ns/assurance/loa/1"

_HOST = "https://secure.login.gov"
_USERINFO = f"{_HOST}/api/openid_connect/userinfo"


class LoginGovProvider(Provider):
    """
    login.gov.
    """

    defaults: ClassVar[Defaults] = Defaults(
        name="login.gov",
        login_url=f"{_HOST}/openid_connect/authorize",
        redeem_url=f"{_HOST}/api/openid_connect/token",
        profile_url=_USERINFO,
        validate_url=_USERINFO,
        scope="email openid",
    )

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._signer = Signer(key=self._read_key())

    def own_parameters(self, nonce_hash: str, parameters: Parameters) -> Parameters:
        """
        Add the nonce, and the level of assurance when none is configured.
        """
        nonce: Parameters = {"nonce": (nonce_hash,)}
        if any(parameters.get("acr_values", ())):
            return nonce
        return {**nonce, "acr_values": (ASSURANCE,)}

    def token_fields(self, access_token: str) -> Pairs:
        """
        Send access tokens in a header field.
        """
        return bearer(access_token)

    async def redeem(
        self,
        redirect_uri: str,
        code: str,
        code_verifier: str,
        nonce: bytes | None = None,
    ) -> Session:
        """
        Return a session for a code, told by a verified ID token and the profile.
        """
        form = self.redeem_form(redirect_uri, code, code_verifier)
        sent = tuple(pair for pair in form if pair[0] != "redirect_uri")
        grant = await self._grant(sent)
        token = await self._verified(grant)
        if nonce is not None:
            check_nonce(token.payload, nonce)
        return Session(
            created_at=self.clock.now(),
            expires_on=grant.expires_on,
            access_token=grant.access_token,
            id_token=grant.id_token,
            nonce=nonce,
            email=await self._email(grant.access_token, token.payload["sub"]),
        )

    async def _grant(self, form: Pairs) -> Grant:
        url = self.endpoints.redeem
        proof = (
            ("client_assertion", self._assertion(url)),
            ("client_assertion_type", JWT_BEARER),
        )
        request = FetchRequest(url=url, method="POST", form=(*form, *proof))
        return read_grant(await ask(self.fetcher, request), url, self.clock.now())

    def _assertion(self, audience: str) -> str:
        client, now = self.settings.client_id, self.clock.now()
        return self._signer.sign(client_claims(client, [audience], now, self.entropy))

    async def _verified(self, grant: Grant) -> Token:
        if not grant.id_token:
            raise ProviderRefused("the token endpoint gave no ID token")
        token = await self.verifier.verify(grant.id_token)
        audiences = frozenset((self.settings.client_id,))
        check_login_token(token, audiences, grant.access_token, self.clock.now())
        if self._expects_issuer and not self._is_issuer(token.payload.get("iss")):
            raise TokenRefused("it is of another issuer")
        return token

    @property
    def _expects_issuer(self) -> bool:
        return not self.settings.oidc.insecure_skip_issuer_verification

    def _is_issuer(self, issuer: Any) -> bool:
        """
        Compare with the configured issuer, else with where the token endpoint is; a
        slash at the end does not matter.
        """
        redeem = urlsplit(self.endpoints.redeem)
        origin = f"{redeem.scheme}://{redeem.netloc}"
        expected = self.settings.oidc.issuer_url or origin
        return type(issuer) is str and issuer.rstrip("/") == expected.rstrip("/")

    @cached_property
    def verifier(self) -> Verifier:
        """
        The published keys, and whom tokens must be for.
        """
        url = self.settings.types.login_gov_pubjwk_url
        if not url:
            raise ProviderRefused("pubjwk_url is not configured")
        keys = RemoteKeys(url, self.fetcher, self.clock, self.new_gate)
        audiences = frozenset((self.settings.client_id,))
        return Verifier(keys, Expected(issuer=None, audiences=audiences), self.clock)

    async def _email(self, access_token: str, subject: str) -> str:
        request = FetchRequest(
            url=self.endpoints.profile, fields=plain_bearer(access_token)
        )
        profile = await ask_json(self.fetcher, request)
        if members.text(profile, "sub") not in ("", subject):
            raise ProviderRefused("the profile is another user's")
        email = members.text(profile, "email")
        if not email or not members.flag(profile, "email_verified"):
            raise ProviderRefused("the profile has no verified e-mail address")
        return email

    def _read_key(self) -> JWK:
        own = self.settings.types
        if own.login_gov_jwt_key:
            return read_rsa_key(own.login_gov_jwt_key.reveal().encode(), "jwt_key")
        try:
            pem = self.read_file(own.login_gov_jwt_key_file)
        except OSError as error:
            raise SettingsError([f"jwt_key_file: {error}"]) from error
        return read_rsa_key(pem, "jwt_key_file")
