"""
Make what decides: provider, session store, rules, login.
"""

import os
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any

from oauthproxy import __version__
from oauthproxy.access.decision import Rules
from oauthproxy.access.files import EmailFile, PasswordFile
from oauthproxy.access.identify import Basic, Bearer, BearerVerifier, Identifier
from oauthproxy.access.routes import SkipRules
from oauthproxy.access.unauthenticated import LoginWays
from oauthproxy.assembly.lasting import Lasting
from oauthproxy.assembly.sources import ReadFile, read_secret
from oauthproxy.errors import SettingsError
from oauthproxy.login.flow import Login
from oauthproxy.logs.log import Logs
from oauthproxy.net.aside import Aside
from oauthproxy.net.background import Background
from oauthproxy.net.fetch import TreqFetcher
from oauthproxy.net.gate import Gate
from oauthproxy.net.outgoing import OutgoingProxies
from oauthproxy.net.trust import CertificateRefused, ClientTrust
from oauthproxy.ports import Clock, Index, Vault
from oauthproxy.providers.bearer import BearerIssuer
from oauthproxy.providers.provider import Provider
from oauthproxy.providers.surroundings import Surroundings
from oauthproxy.providers.table import make_provider
from oauthproxy.session.cache import SessionCache
from oauthproxy.session.cookie_store import CookieStore
from oauthproxy.session.csrf import CSRFJar
from oauthproxy.session.memory import MemoryVault
from oauthproxy.session.refresh import Refresher
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.session.store import SessionStore
from oauthproxy.session.ticket_store import TicketStore
from oauthproxy.settings.model import Settings
from oauthproxy.upstream.headers import Injector
from oauthproxy.web.admission import Admission
from oauthproxy.web.session import Known, KnownSessions
from oauthproxy.wire.cookies import CookieWriter


class Inside:
    """
    The parts that decide, each made once, when somebody asks for it.
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
        self.vault: Any = None
        self.cache: SessionCache[Known] = SessionCache(
            settings.limits.session_cache_entries
        )
        self.as_reference = settings.ours.reference_behaviour

    @cached_property
    def fetcher(self) -> TreqFetcher:
        """
        What makes calls to the provider.
        """
        provider, limits = self.settings.providers[0], self.settings.limits
        trust = ClientTrust(
            ca_files=provider.ca_files,
            use_system_trust_store=provider.use_system_trust_store,
            skip_verify=self.settings.proxy.ssl_insecure_skip_verify,
        )
        return TreqFetcher(
            self.reactor,
            timeout_ns=limits.provider_timeout,
            max_bytes=limits.provider_max_bytes,
            trust=trust,
            user_agent=f"oauthproxy/{__version__}",
            proxies=OutgoingProxies.from_environment(os.environ),
        )

    @cached_property
    def provider(self) -> Provider:
        """
        The identity provider.
        """
        ours = self.settings.ours
        return make_provider(
            self.settings.providers[0],
            self.fetcher,
            self.clock,
            os.urandom,
            self.logs,
            self.read_file,
            Gate,
            Surroundings(
                environment=dict(os.environ),
                drop_allowed_groups=ours.insecure_drop_allowed_groups,
                skip_google_signature=ours.insecure_skip_google_signature,
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
            self.provider,
            self.clock,
            self.settings.cookie,
            self.logs,
            new_gate=Gate,
            background=self.background,
            enforce_expiry=not ours.insecure_skip_session_expiry,
        )

    @cached_property
    def htpasswd(self) -> PasswordFile | None:
        """
        The users of the htpasswd file, if there is one.
        """
        path = self.settings.access.htpasswd_file
        if not path:
            return None
        return PasswordFile(path, self.read_file, os.urandom, self.logs)

    @cached_property
    def check_password(self) -> Callable[[str, str], Awaitable[bool]] | None:
        """
        What tells whether a password is a user's, if there is an htpasswd file.
        """
        htpasswd, aside = self.htpasswd, Aside(self.reactor)
        if htpasswd is None:
            return None
        return lambda user, password: aside.run(htpasswd.check, user, password)

    @cached_property
    def emails(self) -> EmailFile:
        """
        The addresses that may come in.
        """
        access = self.settings.access
        return EmailFile(
            access.authenticated_emails_file,
            access.email_domains,
            self.read_file,
            self.logs,
        )

    def files_changed(self) -> None:
        """
        Read again what can change while the program runs.
        """
        if self.htpasswd is not None:
            self.htpasswd.changed()
        if self.emails.path:
            self.emails.changed()
            self.rules.version += 1

    @property
    def watched(self) -> tuple[str, ...]:
        """
        The files whose changes are noticed.
        """
        access = self.settings.access
        paths = (access.htpasswd_file, access.authenticated_emails_file)
        return tuple(path for path in paths if path)

    @cached_property
    def rules(self) -> Rules:
        """
        Who may pass.
        """
        try:
            skip = SkipRules.compile(
                self.settings.access,
                trusted_ips=self.settings.proxy.trusted_ips,
                any_options=self.settings.ours.insecure_skip_any_options,
            )
        except ValueError as cause:
            raise SettingsError([str(cause)]) from cause
        return Rules(
            skip=skip,
            email_allowed=self.emails.admits,
            authorized=self.provider.authorize,
        )

    @cached_property
    def login(self) -> Login:
        """
        The login.
        """
        settings = self.settings
        jar = CSRFJar(
            settings.cookie,
            self.secrets,
            CookieWriter(settings.cookie, self.logs.error),
            self.clock,
            os.urandom,
            unlimited=settings.ours.unlimited_login_cookies,
        )
        return Login(
            self.provider,
            jar,
            self.store,
            settings,
            self.rules,
            self.clock,
            os.urandom,
            self.logs,
            self.check_password,
        )

    @cached_property
    def injector(self) -> Injector:
        """
        What says who is signed in.
        """
        return Injector(
            self.settings.inject_request_headers,
            self.settings.inject_response_headers,
            read_secret,
            as_reference=self.as_reference,
        )

    @property
    def only_stored(self) -> bool:
        """
        Whether nothing but the session cookie identifies anybody.
        """
        access = self.settings.access
        return not (access.skip_jwt_bearer_tokens or access.htpasswd_file)

    @cached_property
    def known(self) -> KnownSessions:
        """
        The browsers seen lately.
        """
        cookie = self.settings.cookie
        return KnownSessions(
            cookie.cookie_name,
            cookie.cookie_expire,
            self.cache,
            self.store,
            self.rules,
            self.injector,
            self.refresher.due_at,
            headers_decide=not self.only_stored,
        )

    @cached_property
    def admission(self) -> Admission:
        """
        The full way of identifying and deciding.
        """
        identifier = Identifier(
            store=self.store,
            refresher=self.refresher,
            log=self.logs,
            bearer=self._bearer(),
            basic=self._basic(),
        )
        return Admission(
            identifier,
            self.rules,
            self.store,
            self.known,
            self.logs,
            only_stored=self.only_stored,
        )

    def _bearer(self) -> Bearer | None:
        access = self.settings.access
        if not access.skip_jwt_bearer_tokens:
            return None
        verifiers: list[BearerVerifier] = [self.provider]
        verifiers += (
            BearerIssuer(
                pair,
                self.settings.providers[0].oidc,
                self.fetcher,
                self.clock,
                self.read_file,
                Gate,
            )
            for pair in access.extra_jwt_issuers
        )
        return Bearer(verifiers, self.logs, fallback=access.bearer_token_login_fallback)

    def _basic(self) -> Basic | None:
        check = self.check_password
        if check is None:
            return None
        return Basic(
            check,
            self.logs,
            self.settings.access.htpasswd_user_groups,
            self.settings.prefer_email_to_user,
        )

    @cached_property
    def ways(self) -> LoginWays:
        """
        How requests without a login are answered.
        """
        settings, access = self.settings, self.settings.access
        try:
            return LoginWays.compile(
                api_routes=access.api_routes,
                force_json=settings.proxy.force_json_errors,
                skip_button=settings.proxy.skip_provider_button,
                show_anyone=settings.ours.show_login_to_scripts,
            )
        except ValueError as cause:
            raise SettingsError([str(cause)]) from cause
