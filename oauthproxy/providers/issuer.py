"""
One OpenID provider: what it says about itself, learned when first needed, and the
verifier that follows from it.

Rule 1: many may need it at once, one asks.
Rule 2: a provider that fails is asked again, but not at every login.
"""

from attrs import frozen

from oauthproxy.errors import (
    ProviderRefused,
    ProviderUnavailable,
    SettingsError,
)
from oauthproxy.ports import Clock, Fetcher, NewGate
from oauthproxy.providers.discovery import Metadata, discover
from oauthproxy.providers.flight import Flight
from oauthproxy.providers.jwt import Token
from oauthproxy.providers.keys import FixedKeys, KeySet, RemoteKeys
from oauthproxy.providers.retry import BackOff
from oauthproxy.providers.verifier import Expected, Verifier, algorithms
from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.model import OIDCSettings

JWKS = "/.well-known/jwks.json"


@frozen(kw_only=True)
class Known:
    """
    What is known about a provider once it was asked.
    """

    metadata: Metadata
    verifier: Verifier


class Issuer:
    """
    Learn about one OpenID provider and check its tokens.

    Raises SettingsError when it is configured in a way that cannot work. One that
    `needs_document` False may do without discovery and publish only its keys.
    """

    def __init__(
        self,
        settings: OIDCSettings,
        client_id: str,
        fetcher: Fetcher,
        clock: Clock,
        read_file: ReadFile,
        new_gate: NewGate,
        *,
        needs_document: bool = True,
    ) -> None:
        if not settings.issuer_url:
            raise SettingsError(["oidc_issuer_url is missing"])
        self._settings = settings
        self._client_ids = frozenset((client_id, *settings.extra_audiences))
        self._fetcher = fetcher
        self._clock = clock
        self._new_gate = new_gate
        self._needs_document = needs_document
        self._files = [_read(read_file, path) for path in settings.public_key_files]
        self._flight: Flight[Known] = Flight(new_gate)
        self._back_off = BackOff()
        self._known: Known | None = None
        algorithms(settings.enabled_signing_algs, settings.enabled_signing_algs)
        if settings.skip_discovery:
            self._known = self._settle(Metadata(issuer=settings.issuer_url))

    @property
    def client_ids(self) -> frozenset[str]:
        """
        The audiences that are us.
        """
        return self._client_ids

    @property
    def metadata(self) -> Metadata | None:
        """
        What the provider said, or None before it was asked.
        """
        return self._known.metadata if self._known else None

    async def learn(self) -> Known:
        """
        Return what is known, asking the provider the first time; raises
        ProviderUnavailable.
        """
        if self._known is not None:
            return self._known
        if not self._flight.running:
            self._back_off.check(self._clock.now())
        return await self._flight.join(self._ask)

    async def verify(self, text: str) -> Token:
        """
        Return a verified token; raises TokenRefused and ProviderUnavailable.
        """
        return await (await self.learn()).verifier.verify(text)

    async def verify_signature(self, token: Token) -> None:
        """
        Raise TokenRefused unless the provider signed a token.
        """
        await (await self.learn()).verifier.verify_signature(token)

    async def _ask(self) -> Known:
        try:
            self._known = self._settle(await self._metadata())
        except (ProviderUnavailable, ProviderRefused, SettingsError) as error:
            unavailable = ProviderUnavailable(f"discovery failed: {error}")
            self._back_off.failed(unavailable, self._clock.now())
            raise unavailable from error
        self._back_off.succeeded()
        return self._known

    async def _metadata(self) -> Metadata:
        settings = self._settings
        try:
            return await discover(
                self._fetcher,
                settings.issuer_url,
                compare_issuer=not settings.insecure_skip_issuer_verification,
            )
        except ProviderRefused:
            if self._needs_document:
                raise
        issuer = settings.issuer_url
        return Metadata(issuer=issuer, jwks_uri=issuer.removesuffix("/") + JWKS)

    def _settle(self, metadata: Metadata) -> Known:
        settings = self._settings
        checked = not settings.insecure_skip_issuer_verification
        expected = Expected(
            issuer=settings.issuer_url if checked else None,
            audiences=self._client_ids,
            audience_claims=settings.audience_claims or ("aud",),
            algorithms=algorithms(
                settings.enabled_signing_algs, metadata.signing_algorithms
            ),
        )
        verifier = Verifier(self._keys(metadata), expected, self._clock)
        return Known(metadata=metadata, verifier=verifier)

    def _keys(self, metadata: Metadata) -> KeySet:
        url = metadata.jwks_uri
        if self._settings.skip_discovery:
            url = self._settings.jwks_url
        if not url and self._files:
            return FixedKeys(self._files)
        if not url:
            raise SettingsError(["the provider has no keys: neither a URL nor files"])
        return RemoteKeys(url, self._fetcher, self._clock, self._new_gate)


def _read(read_file: ReadFile, path: str) -> bytes:
    try:
        return read_file(path)
    except OSError as error:
        raise SettingsError([f"oidc_public_key_files: {error}"]) from error
