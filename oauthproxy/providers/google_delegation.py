"""
Tokens by which Google's directory is asked in the name of an administrator
(domain-wide delegation).

Rule 1: a token is kept until it is nearly over, and asked for once at a time.
Rule 2: of several scopes that would do, the narrowest that was granted is used.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from attrs import define, field, frozen

from oauthproxy.errors import ProviderRefused
from oauthproxy.ports import Clock, Fetcher, FetchRequest, NewGate
from oauthproxy.providers import members
from oauthproxy.providers.calls import ask_json, bearer
from oauthproxy.providers.flight import Flight
from oauthproxy.providers.google_credentials import (
    TOKEN_URL,
    Credentials,
    ServiceAccount,
    ask_for_token,
    bearer_claims,
)
from oauthproxy.providers.token_endpoint import Grant
from oauthproxy.settings.kinds import MINUTE

IAM = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"


class Signer(Protocol):
    """
    Sign claims as a service account; both raise ProviderRefused and
    ProviderUnavailable.
    """

    @property
    def token_url(self) -> str:
        """
        Where tokens for its assertions are.
        """

    async def address(self) -> str:
        """
        Return the address of the account.
        """

    async def sign(self, claims: Mapping[str, Any]) -> str:
        """
        Return a signed token.
        """


@frozen
class KeySigner:
    """
    Sign with the key of the account.
    """

    account: ServiceAccount

    @property
    def token_url(self) -> str:
        """
        What the key file says.
        """
        return self.account.token_url

    async def address(self) -> str:
        """
        Return the address in the key file.
        """
        return self.account.address

    async def sign(self, claims: Mapping[str, Any]) -> str:
        """
        Sign here.
        """
        return self.account.assertion(claims)


@frozen(kw_only=True)
class ImpersonatingSigner:
    """
    Let Google sign for an account that our credentials may impersonate; `target` is
    its address, empty for that of the credentials themselves.
    """

    credentials: Credentials
    target: str
    fetcher: Fetcher
    token_url: str = TOKEN_URL

    async def address(self) -> str:
        """
        Return the address of the account.
        """
        address = self.target or await self.credentials.email()
        if not address:
            raise ProviderRefused(
                "google_target_principal is needed: the default credentials are no "
                "service account's"
            )
        return address

    async def sign(self, claims: Mapping[str, Any]) -> str:
        """
        Ask the IAM credentials interface to sign.
        """
        grant = await self.credentials.grant()
        fields = (
            *bearer(grant.access_token),
            ("Content-Type", "application/json"),
        )
        body = json.dumps({"payload": json.dumps(claims)}).encode()
        url = f"{IAM}/{claims['iss']}:signJwt"
        request = FetchRequest(url=url, method="POST", fields=fields, body=body)
        signed = members.text(await ask_json(self.fetcher, request), "signedJwt")
        if not signed:
            raise ProviderRefused(f"{url} signed nothing")
        return signed


@define(eq=False, repr=False)
class DelegatedToken:
    """
    A token in the name of `subject`, with the first of the scopes that is granted.
    """

    signer: Signer
    subject: str
    scopes: Sequence[str]
    fetcher: Fetcher
    clock: Clock
    new_gate: NewGate
    _flight: Flight[Grant] | None = field(default=None, init=False)
    _grant: Grant | None = field(default=None, init=False)

    async def get(self) -> str:
        """
        Return a token that is good for a minute; raises ProviderRefused and
        ProviderUnavailable.
        """
        grant = self._grant
        if grant is None or self._ends_soon(grant):
            self._flight = self._flight or Flight(self.new_gate)
            grant = await self._flight.join(self._ask)
        return grant.access_token

    def _ends_soon(self, grant: Grant) -> bool:
        end = grant.expires_on
        return end is None or end - self.clock.now() < MINUTE

    async def _ask(self) -> Grant:
        reasons = []
        for scope in self.scopes:
            try:
                self._grant = await self._ask_for(scope)
            except ProviderRefused as error:
                reasons.append(error.detail)
            else:
                return self._grant
        raise ProviderRefused(
            f"no scope for the directory is granted to {self.subject}: {reasons[-1:]}"
        )

    async def _ask_for(self, scope: str) -> Grant:
        signer = self.signer
        claims = bearer_claims(
            await signer.address(),
            scope,
            signer.token_url,
            self.clock.now(),
            self.subject,
        )
        assertion = await signer.sign(claims)
        return await ask_for_token(
            self.fetcher, signer.token_url, assertion, self.clock
        )
