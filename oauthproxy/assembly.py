"""
Settings in, wired objects out: the only file that knows everybody.
"""

import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from attrs import define, evolve, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import (
    HostnameEndpoint,
    UNIXClientEndpoint,
    wrapClientTLS,
)
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.task import LoopingCall
from twisted.internet.threads import deferToThread

from oauthproxy import __version__
from oauthproxy.access.decision import Rules
from oauthproxy.access.emails import EmailRule, EmailsError, parse_emails
from oauthproxy.access.htpasswd import Htpasswd, HtpasswdError
from oauthproxy.access.identify import Basic, Bearer, BearerVerifier, Identifier
from oauthproxy.access.probes import HealthChecks
from oauthproxy.access.routes import SkipRules
from oauthproxy.access.unauthenticated import LoginWays
from oauthproxy.answer import Answer, Empty, Json, Text
from oauthproxy.errors import (
    ProviderUnavailable,
    ProxyError,
    SettingsError,
    StoreUnavailable,
)
from oauthproxy.login.flow import Login
from oauthproxy.logs.log import Logs
from oauthproxy.metrics import Metrics
from oauthproxy.net.fetch import TreqFetcher
from oauthproxy.net.gate import Gate
from oauthproxy.net.outgoing import OutgoingProxies
from oauthproxy.net.pool import Pool, PoolLimits
from oauthproxy.net.sweep import Sweeper
from oauthproxy.net.trust import ClientTrust
from oauthproxy.pages.renderer import Pages
from oauthproxy.ports import Clock, Vault
from oauthproxy.providers.bearer import BearerIssuer
from oauthproxy.providers.provider import Provider
from oauthproxy.providers.table import make_provider
from oauthproxy.session.cache import SessionCache
from oauthproxy.session.cookie_store import CookieStore
from oauthproxy.session.csrf import CSRFJar
from oauthproxy.session.memory import MemoryVault
from oauthproxy.session.refresh import Refresher
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.session.store import SessionStore
from oauthproxy.session.ticket_store import TicketStore
from oauthproxy.settings.kinds import SECOND
from oauthproxy.settings.model import SecretSource, Settings, UpstreamSettings
from oauthproxy.upstream.cookies import OwnCookies
from oauthproxy.upstream.headers import Injector
from oauthproxy.upstream.hop import Hop
from oauthproxy.upstream.router import Router
from oauthproxy.web.admission import Admission
from oauthproxy.web.assets import StaticResource
from oauthproxy.web.auth import AuthResource, UserInfoResource
from oauthproxy.web.channel import ChannelLimits
from oauthproxy.web.journal import RequestJournal
from oauthproxy.web.login import (
    CallbackResource,
    SignInResource,
    SignOutResource,
    StartResource,
)
from oauthproxy.web.proxy import ProxyParts, ProxyResource
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.resource import Answerer, FixedResource
from oauthproxy.web.session import Known, KnownSessions
from oauthproxy.web.site import FrontSite
from oauthproxy.web.tree import Readiness, ReadyResource, Tree
from oauthproxy.web.upstreams import (
    FileServer,
    HTTPServer,
    Server,
    StaticServer,
    folder,
)
from oauthproxy.wire.cookies import CookieWriter
from oauthproxy.wire.forwarded import Trust, client_field
from oauthproxy.wire.networks import Networks

FLUSH_SECONDS = 0.25
DRAIN_STEP = SECOND // 20
LONGEST_PAUSE = 30 * SECOND


def read_file(path: str) -> bytes:
    """
    Return a file's content; raises OSError.
    """
    return Path(path).read_bytes()


def read_secret(source: SecretSource) -> str:
    """
    Return a secret from where it is kept; raises SettingsError.
    """
    if source.value is not None:
        return source.value.reveal()
    if source.from_env:
        return os.environ.get(source.from_env, "")
    try:
        return read_file(source.from_file).decode("utf-8", "surrogateescape")
    except OSError as cause:
        raise SettingsError([f"cannot read {source.from_file}: {cause}"]) from cause


def in_background(work: Coroutine[Any, Any, None]) -> Callable[[], None]:
    """
    Let a coroutine go on by itself; the returned function ends it.
    """
    running = Deferred.fromCoroutine(work)
    running.addErrback(lambda why: why.trap(CancelledError) and None)
    return running.cancel


@define(eq=False)
class House:
    """
    A whole running configuration.

    `site` makes the protocols of client connections, `metrics_site` those of scrapes.
    """

    settings: Settings
    site: FrontSite
    metrics: Metrics
    logs: Logs
    clock: Clock
    provider: Provider
    store: SessionStore
    sweeper: Sweeper
    pools: list[Pool]
    fetcher: TreqFetcher
    vault: Any = None
    metrics_site: Any = None
    _flushing: LoopingCall | None = None
    _ends: list[Callable[[], None]] = field(factory=list)

    async def start(self) -> None:
        """
        Begin to learn what is needed for logins; listening does not wait for it.

        Raises ProviderUnavailable only with `exit_without_provider`.
        """
        self._flushing = LoopingCall(self.logs.flush)
        self._flushing.start(FLUSH_SECONDS, now=False)
        if self.vault is not None and hasattr(self.vault, "start"):
            await self.vault.start()
        if self.settings.ours.exit_without_provider:
            await self.provider.prepare()
        else:
            self._ends.append(in_background(self._prepare()))

    async def _prepare(self) -> None:
        pause = SECOND
        while True:
            try:
                await self.provider.prepare()
            except ProxyError as error:
                self.logs.error(
                    "the identity provider is not ready, logins will fail: "
                    f"{error.detail}; trying again in {pause // SECOND} s"
                )
            else:
                return
            await self.clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def live(self) -> int:
        """
        Return how many requests are being answered.
        """
        return self.site.live

    async def drain(self, patience: int) -> None:
        """
        Close idle connections and wait up to `patience` ns for live requests.
        """
        self.site.drain()
        until = self.clock.now() + patience
        while self.site.live and self.clock.now() < until:
            await self.clock.sleep(DRAIN_STEP)

    async def stop(self) -> None:
        """
        Close what is open towards the other side, and write the last log lines.
        """
        for end in self._ends:
            end()
        for pool in self.pools:
            pool.stop()
        await self.fetcher.close()
        if self.vault is not None and hasattr(self.vault, "stop"):
            await self.vault.stop()
        if self._flushing is not None and self._flushing.running:
            self._flushing.stop()
        self.logs.flush()


def assemble(settings: Settings, reactor: Any, *, logs: Logs, clock: Clock) -> House:
    """
    Wire a configuration; raises SettingsError for what only now turns out wrong.
    """
    return _Assembler(settings, reactor, logs, clock).house()


class _Assembler:
    """
    Makes each part once, in the order of the floors.
    """

    def __init__(
        self, settings: Settings, reactor: Any, logs: Logs, clock: Clock
    ) -> None:
        self.settings = settings
        self.reactor = reactor
        self.logs = logs
        self.clock = clock
        self.as_reference = settings.ours.reference_behaviour
        self.metrics = Metrics(now=clock.now)
        self.sweeper = Sweeper(reactor)
        self.trust = _trust(settings)
        self.vault: Any = None
        self.pools: list[Pool] = []

    def house(self) -> House:
        settings, logs = self.settings, self.logs
        self.fetcher = self._fetcher()
        self.provider = self._provider()
        self.secrets = self._secrets()
        self.cache: SessionCache[Known] = SessionCache(
            settings.limits.session_cache_entries
        )
        self.store = self._store()
        self.htpasswd = self._htpasswd()
        self.rules = self._rules()
        self.refresher = self._refresher()
        self.login = self._login()
        self.injector = self._injector()
        self.known = self._known()
        self.admission = self._admission()
        self.pages = Pages(settings.templates, settings.proxy.proxy_prefix, log=logs)
        self.answerer = Answerer(self.pages, logs, self._error_answer)
        tree = self._tree()
        site = self._site(tree)
        shortest = min(
            site.limits.head_time, site.limits.idle_time, site.limits.body_time, 4.0
        )
        self.sweeper.start(shortest)
        return House(
            settings=settings,
            site=site,
            metrics=self.metrics,
            logs=logs,
            clock=self.clock,
            provider=self.provider,
            store=self.store,
            sweeper=self.sweeper,
            pools=self.pools,
            fetcher=self.fetcher,
            vault=self.vault,
        )

    # --- towards providers and stores

    def _fetcher(self) -> TreqFetcher:
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

    def _provider(self) -> Provider:
        return make_provider(
            self.settings.providers[0],
            self.fetcher,
            self.clock,
            os.urandom,
            self.logs,
            read_file,
            Gate,
        )

    def _secrets(self) -> CookieSecrets:
        ours = self.settings.ours
        try:
            return CookieSecrets.from_options(
                self.settings.cookie, ours.cookie_secret_previous, read_file
            )
        except (ValueError, OSError) as cause:
            raise SettingsError([str(cause)]) from cause

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
        self.vault = self._vault(session.session_store_type)
        if hasattr(self.vault, "watch"):
            self.vault.watch(self.cache)
        else:
            self.cache.lost()
        return TicketStore(self.vault, cookie, self.secrets, self.clock, os.urandom)

    def _vault(self, kind: str) -> Vault:
        if kind == "memory":
            return MemoryVault(self.clock)
        if kind == "redis":
            from oauthproxy.net.redis.vault import make_vault

            made: Vault = make_vault(
                self.reactor, self.settings.session, self.settings.limits, self.logs
            )
            return made
        raise SettingsError([f"session_store_type: {kind!r} is not known"])

    def _refresher(self) -> Refresher:
        ours = self.settings.ours
        return Refresher(
            self.store,
            self.provider,
            self.clock,
            self.settings.cookie,
            self.logs,
            new_gate=Gate,
            background=in_background,
            enforce_expiry=not getattr(ours, "insecure_skip_session_expiry", False),
        )

    # --- decisions

    def _htpasswd(self) -> Htpasswd | None:
        path = self.settings.access.htpasswd_file
        if not path:
            return None
        try:
            return Htpasswd.parse(read_file(path), os.urandom)
        except (OSError, HtpasswdError) as cause:
            raise SettingsError([f"htpasswd_file: {path}: {cause}"]) from cause

    def _rules(self) -> Rules:
        access = self.settings.access
        listed: frozenset[str] = frozenset()
        if access.authenticated_emails_file:
            try:
                listed = parse_emails(read_file(access.authenticated_emails_file))
            except (OSError, EmailsError) as cause:
                raise SettingsError([f"authenticated_emails_file: {cause}"]) from cause
        try:
            skip = SkipRules.compile(
                access,
                trusted_ips=self.settings.proxy.trusted_ips,
                any_options=self.as_reference,
            )
        except ValueError as cause:
            raise SettingsError([str(cause)]) from cause
        return Rules(
            skip=skip,
            email_allowed=EmailRule.of(access.email_domains, listed).admits,
            authorized=self.provider.authorize,
        )

    def _login(self) -> Login:
        settings = self.settings
        jar = CSRFJar(
            settings.cookie,
            self.secrets,
            CookieWriter(settings.cookie, self.logs.error),
            self.clock,
            os.urandom,
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
            self.htpasswd,
        )

    def _injector(self) -> Injector:
        return Injector(
            self.settings.inject_request_headers,
            self.settings.inject_response_headers,
            read_secret,
            as_reference=self.as_reference,
        )

    @property
    def _only_stored(self) -> bool:
        access = self.settings.access
        return not (access.skip_jwt_bearer_tokens or access.htpasswd_file)

    def _known(self) -> KnownSessions:
        cookie = self.settings.cookie
        return KnownSessions(
            cookie.cookie_name,
            cookie.cookie_expire,
            self.cache,
            self.store,
            self.rules,
            self.injector,
            self.refresher.due_at,
            headers_decide=not self._only_stored,
        )

    def _admission(self) -> Admission:
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
            only_stored=self._only_stored,
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
                read_file,
                Gate,
            )
            for pair in access.extra_jwt_issuers
        )
        return Bearer(verifiers, self.logs, fallback=access.bearer_token_login_fallback)

    def _basic(self) -> Basic | None:
        htpasswd, access = self.htpasswd, self.settings.access
        if htpasswd is None:
            return None

        async def check(user: str, password: str) -> bool:
            return bool(await deferToThread(htpasswd.check, user, password))

        return Basic(check, self.logs, access.htpasswd_user_groups)

    def _error_answer(self, request: FrontRequest, error: ProxyError) -> Answer:
        scope = request.scope
        status = error.status
        if self.login_ways.answer_to(scope) == "json401":
            return Json(status=status, body="{}")
        retry = isinstance(error, StoreUnavailable | ProviderUnavailable)
        page = self.login.error_page(
            scope, status, "" if status == 500 else error.sentence, detail=error.detail
        )
        return evolve(page, fields=(("Retry-After", "5"),)) if retry else page

    # --- towards the browser

    def _tree(self) -> Tree:
        settings = self.settings
        prefix = settings.proxy.proxy_prefix.encode()
        answerer = self.answerer
        checks = HealthChecks.of(settings.probes)
        return Tree(
            answerer=answerer,
            leaves=self._leaves(prefix),
            static=StaticResource(answerer, self.pages, prefix + b"/static/"),
            static_prefix=prefix + b"/static/",
            proxy=self._proxy(),
            probes=checks,
            probe_paths=frozenset(path.encode() for path in checks.paths),
            health=FixedResource(answerer, Text(body="OK")),
            ready_path=settings.probes.ready_path.encode(),
            ready=ReadyResource(
                answerer,
                self.store,
                Readiness({self.provider.name: self.provider}),
            ),
            bad_target=FixedResource(
                answerer, Text(status=400, body="400 Bad Request", nosniff=True)
            ),
            server_wide=FixedResource(answerer, Empty()),
            https_port=self._https_port(),
        )

    def _leaves(self, prefix: bytes) -> Mapping[bytes, Any]:
        answerer, login, admission = self.answerer, self.login, self.admission
        robots = Text(body=self.pages.robots.decode())
        return {
            b"/robots.txt": FixedResource(answerer, robots),
            prefix + b"/auth": AuthResource(answerer, admission, self.known),
            prefix + b"/sign_in": SignInResource(answerer, login, admission),
            prefix + b"/start": StartResource(answerer, login, admission),
            prefix + b"/callback": CallbackResource(answerer, login, admission),
            prefix + b"/userinfo": UserInfoResource(answerer, admission),
            prefix + b"/sign_out": SignOutResource(answerer, login, admission),
        }

    def _https_port(self) -> str | None:
        if not self.settings.proxy.force_https:
            return None
        return self.settings.server.secure_bind_address.rpartition(":")[2]

    def _proxy(self) -> ProxyResource:
        settings, access = self.settings, self.settings.access
        try:
            self.login_ways = LoginWays.compile(
                api_routes=access.api_routes,
                force_json=settings.proxy.force_json_errors,
                skip_button=settings.proxy.skip_provider_button,
                redirect_anyone=self.as_reference,
            )
            router = Router.compile(settings.upstreams, settings.proxy_raw_path)
        except ValueError as cause:
            raise SettingsError([str(cause)]) from cause
        hop = Hop(
            self.injector.stripped,
            None
            if settings.ours.pass_own_cookies
            else OwnCookies(settings.cookie.cookie_name),
        )
        parts = ProxyParts(
            answerer=self.answerer,
            known=self.known,
            admission=self.admission,
            ways=self.login_ways,
            login=self.login,
            router=router,
            servers={u.id: self._server(u, hop) for u in settings.upstreams},
            force_json=settings.proxy.force_json_errors,
        )
        return ProxyResource("", 0, b"", self.reactor, parts)

    def _server(self, upstream: UpstreamSettings, hop: Hop) -> Server:
        if upstream.static:
            return StaticServer(settings=upstream, answerer=self.answerer)
        uri = urlsplit(upstream.uri)
        if uri.scheme == "file":
            return FileServer(
                settings=upstream,
                folder=folder(unquote(uri.path)),
                answerer=self.answerer,
            )
        pool = self._pool(upstream)
        self.pools.append(pool)
        return HTTPServer(
            settings=upstream,
            pool=pool,
            hop=hop,
            injector=self.injector,
            host=b"" if upstream.pass_host_header else uri.netloc.encode(),
            failed=self.answerer.fail,
        )

    def _pool(self, upstream: UpstreamSettings) -> Pool:
        limits = self.settings.limits
        return Pool(
            upstream.id,
            self._endpoint(upstream),
            self.sweeper,
            PoolLimits(
                limit=limits.max_upstream_connections,
                idle=limits.max_idle_upstream_connections,
                idle_time=limits.upstream_idle_timeout / SECOND,
                connect_time=limits.upstream_connect_timeout / SECOND,
            ),
            keep=not upstream.disable_keep_alives,
            log_error=self.logs.error,
        )

    def _endpoint(self, upstream: UpstreamSettings) -> IStreamClientEndpoint:
        uri = urlsplit(upstream.uri)
        seconds = self.settings.limits.upstream_connect_timeout / SECOND
        if uri.scheme == "unix":
            return UNIXClientEndpoint(self.reactor, unquote(uri.path), seconds)
        host = uri.hostname or ""
        port = uri.port or (443 if uri.scheme == "https" else 80)
        endpoint = HostnameEndpoint(self.reactor, host, port, seconds)
        if uri.scheme == "http":
            return endpoint
        trust = ClientTrust(skip_verify=upstream.insecure_skip_tls_verify)
        return wrapClientTLS(trust.creator(host), endpoint)

    def _site(self, tree: Tree) -> FrontSite:
        limits = self.settings.limits
        return FrontSite(
            tree.locate,
            reactor=self.reactor,
            sweeper=self.sweeper,
            limits=ChannelLimits(
                head_bytes=limits.max_head_bytes,
                head_fields=limits.max_head_fields,
                head_time=limits.head_timeout / SECOND,
                idle_time=limits.idle_timeout / SECOND,
                body_time=limits.body_timeout / SECOND,
            ),
            most_channels=limits.max_client_connections,
            trust=self.trust,
            request_id_field=self.settings.proxy.request_id_header.encode(),
            journal=RequestJournal(
                self.logs, self.metrics, simple=not self.trust.reverse_proxy
            ),
        )


def _trust(settings: Settings) -> Trust:
    proxy = settings.proxy
    as_reference = settings.ours.reference_behaviour
    try:
        return Trust(
            reverse_proxy=proxy.reverse_proxy,
            networks=Networks.parse(proxy.trusted_proxy_ips),
            client_field=client_field(proxy.real_client_ip_header),
            client_from_anyone=as_reference,
            first_of_repeated=as_reference,
        )
    except ValueError as cause:
        raise SettingsError([str(cause)]) from cause


def console_logs(settings: Settings, clock: Clock) -> Logs:
    """
    Return logs that write to standard output and standard error.
    """
    return Logs(
        settings.logging,
        clock,
        out=_whole(sys.stdout.buffer),
        err=_whole(sys.stderr.buffer),
        form=settings.ours.logging_format,
        prefix=settings.proxy.proxy_prefix,
    )


def _whole(stream: BinaryIO) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        stream.write(data)
        stream.flush()

    return write
