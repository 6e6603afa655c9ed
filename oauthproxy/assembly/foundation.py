"""
Make what deciding stands on: the provider, and where sessions are kept.
"""

import os
from functools import cached_property
from typing import Any

from oauthproxy import __version__
from oauthproxy.assembly.lasting import Lasting
from oauthproxy.assembly.metering import (
    Meter,
    MeteredFetcher,
    MeteredRenewer,
    MeteredStore,
)
from oauthproxy.errors import SettingsError
from oauthproxy.logs.log import Logs
from oauthproxy.metrics import Metrics
from oauthproxy.net.background import Background
from oauthproxy.net.fetch import TreqFetcher
from oauthproxy.net.gate import Gate
from oauthproxy.net.outgoing import OutgoingProxies
from oauthproxy.net.trust import CertificateRefused, ClientTrust
from oauthproxy.net.turnstile import Turnstile
from oauthproxy.ports import Clock, Fetcher, Index, Vault
from oauthproxy.providers.provider import Provider
from oauthproxy.providers.surroundings import Surroundings
from oauthproxy.providers.table import make_provider
from oauthproxy.session.cache import SessionCache
from oauthproxy.session.cookie_store import CookieStore
from oauthproxy.session.memory import MemoryVault
from oauthproxy.session.refresh import Refresher
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.session.store import SessionStore
from oauthproxy.session.ticket_store import TicketStore
from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.model import Settings
from oauthproxy.web.session import Known
from oauthproxy.wire.cookies import CookieWriter


class Foundation:
    """
    The parts that others stand on, each made once, when somebody asks for it.

    Everything that is counted about them is counted by wrappers put on here.
    """

    def __init__(
        self,
        settings: Settings,
        reactor: Any,
        logs: Logs,
        clock: Clock,
        read_file: ReadFile,
        lasting: Lasting | None = None,
    ) -> None:
        self.lasting = Lasting() if lasting is None else lasting
        self.read_file = read_file
        self.settings = settings
        self.reactor = reactor
        self.logs = logs
        self.clock = clock
        self.background = Background()
        self.turnstile = Turnstile(reactor)
        self.metrics = Metrics(now=clock.now, program=self.lasting.program)
        self.meter = Meter(self.metrics, clock, settings.providers[0].id)
        self.vault: Any = None
        self.cache: SessionCache[Known] = SessionCache(
            settings.limits.session_cache_entries
        )

    @cached_property
    def fetcher(self) -> TreqFetcher:
        """
        What makes calls to the provider.
        """
        provider, limits = self.settings.providers[0], self.settings.limits
        try:
            trust = ClientTrust(
                ca_files=provider.ca_files,
                use_system_trust_store=provider.use_system_trust_store,
                skip_verify=self.settings.proxy.ssl_insecure_skip_verify,
            )
        except (OSError, CertificateRefused) as cause:
            raise SettingsError([f"provider_ca_files: {cause}"]) from cause
        return TreqFetcher(
            self.reactor,
            timeout_ns=limits.provider_timeout,
            max_bytes=limits.provider_max_bytes,
            trust=trust,
            user_agent=f"oauthproxy/{__version__}",
            proxies=self.proxies,
            turnstile=self.turnstile,
        )

    @cached_property
    def proxies(self) -> OutgoingProxies:
        """
        The proxies that the environment names.
        """
        return OutgoingProxies.from_environment(os.environ)

    @cached_property
    def calls(self) -> Fetcher:
        """
        The same, counted.
        """
        return MeteredFetcher(self.fetcher, self.meter)

    @cached_property
    def provider(self) -> Provider:
        """
        The identity provider.
        """
        ours = self.settings.ours
        return make_provider(
            self.settings.providers[0],
            self.calls,
            self.clock,
            os.urandom,
            self.logs,
            self.read_file,
            Gate,
            Surroundings(
                environment=dict(os.environ),
                drop_allowed_groups=ours.insecure_drop_allowed_groups,
                skip_google_signature=ours.insecure_skip_google_signature,
                skip_id_token_checks=ours.insecure_skip_id_token_checks,
                believe_unverified=ours.insecure_believe_unverified_addresses,
            ),
        )

    @cached_property
    def secrets(self) -> CookieSecrets:
        """
        The keys of our cookies.
        """
        ours = self.settings.ours
        try:
            return CookieSecrets.from_options(
                self.settings.cookie, ours.cookie_secret_previous, self.read_file
            )
        except (ValueError, OSError) as cause:
            raise SettingsError([str(cause)]) from cause

    @cached_property
    def store(self) -> SessionStore:
        """
        Where sessions are kept.
        """
        return MeteredStore(self._store(), self.meter)

    def _store(self) -> SessionStore:
        cookie, session = self.settings.cookie, self.settings.session
        if session.session_store_type == "cookie":
            return CookieStore(
                cookie,
                self.secrets,
                self.clock,
                os.urandom,
                self.logs,
                minimal=session.session_cookie_minimal,
            )
        self.vault, index = self._vault(session.session_store_type)
        self.vault.watch(self.cache)
        return TicketStore(
            self.vault,
            cookie,
            self.secrets,
            self.clock,
            os.urandom,
            writer=CookieWriter(cookie, self.logs.error),
            index=index,
        )

    def _vault(self, kind: str) -> tuple[Vault, Index]:
        if kind == "memory":
            memory = self.lasting.memory
            if memory is None:
                memory = self.lasting.memory = MemoryVault(self.clock)
            return memory, memory
        if kind != "redis":
            raise SettingsError([f"session_store_type: {kind!r} is not known"])
        from oauthproxy.net.redis.vault import make_vault

        try:
            redis = make_vault(
                self.reactor,
                self.settings.session,
                self.settings.limits,
                self.logs,
                prefix=f"{self.settings.cookie.cookie_name}-",
            )
        except (ValueError, OSError, CertificateRefused) as cause:
            raise SettingsError([f"Redis: {cause}"]) from cause
        return redis, redis.index

    @cached_property
    def refresher(self) -> Refresher:
        """
        What keeps sessions in step with the provider.
        """
        ours = self.settings.ours
        return Refresher(
            self.store,
            MeteredRenewer(self.provider, self.meter),
            self.clock,
            self.settings.cookie,
            self.logs,
            new_gate=Gate,
            background=self.background,
            enforce_expiry=not ours.insecure_skip_session_expiry,
        )
