"""
Make what moves bytes: upstreams, resources, the site; and put the house together.
"""

import json
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from oauthproxy.access.hosts import HostRules
from oauthproxy.access.origins import Origins
from oauthproxy.access.probes import HealthChecks
from oauthproxy.answer import Answer, Empty, Json, Text
from oauthproxy.assembly.applications import Applications
from oauthproxy.assembly.gathering import Gathering
from oauthproxy.assembly.house import House
from oauthproxy.assembly.inside import Inside
from oauthproxy.assembly.lasting import Lasting
from oauthproxy.errors import (
    ProviderUnavailable,
    ProxyError,
    SettingsError,
    StoreUnavailable,
)
from oauthproxy.logs.log import Logs
from oauthproxy.metrics import Exposition
from oauthproxy.net.sweep import Sweeper
from oauthproxy.net.watch import FileWatch
from oauthproxy.pages.renderer import Pages
from oauthproxy.pages.retry import try_again
from oauthproxy.ports import Clock
from oauthproxy.settings.files import ReadFile, read_file
from oauthproxy.settings.kinds import SECOND
from oauthproxy.settings.model import Settings
from oauthproxy.upstream.router import Router
from oauthproxy.web.assets import StaticResource
from oauthproxy.web.auth import AuthResource, UserInfoResource
from oauthproxy.web.journal import RequestJournal
from oauthproxy.web.limits import ChannelLimits
from oauthproxy.web.login import (
    CallbackResource,
    SignedOutResource,
    SignInResource,
    SignOutResource,
    StartResource,
)
from oauthproxy.web.proxy import ProxyParts, ProxyResource
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.resource import Answerer, FixedResource
from oauthproxy.web.scrape import NoJournal, ScrapeResource
from oauthproxy.web.site import FrontSite
from oauthproxy.web.tree import Readiness, ReadyResource, Tree
from oauthproxy.wire.fields import field_bytes
from oauthproxy.wire.forwarded import Trust, client_field
from oauthproxy.wire.networks import Networks


def assemble(
    settings: Settings,
    reactor: Any,
    *,
    logs: Logs,
    clock: Clock,
    read_file: ReadFile = read_file,
    lasting: Lasting | None = None,
) -> House:
    """
    Wire a configuration; raises SettingsError for what only now turns out wrong.

    `lasting` is what a configuration takes over from the one before it.
    """
    inside = Inside(settings, reactor, logs, clock, read_file, lasting)
    return _Outside(inside).house()


class _Outside:
    """
    Makes the parts that move bytes around an inside.
    """

    def __init__(self, inside: Inside) -> None:
        settings = inside.settings
        self.inside = inside
        self.settings = settings
        self.logs = inside.logs
        self.metrics = inside.metrics
        self.sweeper = Sweeper(inside.reactor)
        self.trust = _trust(settings)
        self.pages = Pages(
            settings.templates, settings.proxy.proxy_prefix, log=inside.logs
        )
        self.answerer = Answerer(
            self.pages, inside.logs, self._error_answer, inside.turnstile.passage
        )
        self.applications = Applications(inside, self.sweeper, self.answerer)

    def house(self) -> House:
        inside, metrics = self.inside, self.metrics
        journal = RequestJournal(
            self.logs, metrics, simple=not self.trust.reverse_proxy
        )
        site = self._site(self._tree(), journal)
        pools, known = self.applications.pools, inside.known
        gathering = Gathering(metrics, site, pools, known, journal)
        metrics.before_scrape.append(gathering)
        limits = site.limits
        self.sweeper.start(
            min(limits.head_time, limits.idle_time, limits.body_time, 4.0)
        )
        return House(
            settings=self.settings,
            site=site,
            metrics=metrics,
            logs=self.logs,
            clock=inside.clock,
            provider=inside.provider,
            store=inside.store,
            sweeper=self.sweeper,
            pools=pools,
            fetcher=inside.fetcher,
            vault=inside.vault,
            background=inside.background,
            watch=FileWatch(inside.reactor, inside.watched, inside.files_changed),
            metrics_site=self._metrics_site(limits),
        )

    def _metrics_site(self, limits: ChannelLimits) -> FrontSite:
        scrape = ScrapeResource(Exposition(self.metrics))
        return FrontSite(
            lambda _: scrape,
            reactor=self.inside.reactor,
            sweeper=self.sweeper,
            limits=limits,
            most_channels=self.settings.limits.max_client_connections,
            trust=Trust(),
            request_id_field=b"",
            journal=NoJournal(),
            broke=self.answerer.broke,
        )

    def _tree(self) -> Tree:
        settings = self.settings
        prefix = field_bytes(settings.proxy.proxy_prefix)
        answerer = self.answerer
        checks = HealthChecks.of(settings.probes)
        return Tree(
            answerer=answerer,
            leaves=self._leaves(prefix),
            static=StaticResource(answerer, self.pages, prefix + b"/static/"),
            static_prefix=prefix + b"/static/",
            proxy=self._proxy(),
            probes=checks,
            probe_paths=frozenset(map(field_bytes, checks.paths)),
            health=FixedResource(answerer, Text(body="OK")),
            ready_path=field_bytes(settings.probes.ready_path),
            ready=ReadyResource(
                answerer,
                self.inside.store,
                Readiness({self.inside.provider.name: self.inside.provider}),
            ),
            bad_target=FixedResource(
                answerer, Text(status=400, body="400 Bad Request", nosniff=True)
            ),
            server_wide=FixedResource(answerer, Empty()),
            https_port=self._https_port(),
            semicolons=settings.proxy.allow_query_semicolons,
            hosts=HostRules(
                settings.ours.allowed_hosts, settings.ours.websocket_origins
            ),
        )

    def _leaves(self, prefix: bytes) -> Mapping[bytes, Any]:
        inside, answerer = self.inside, self.answerer
        login, admission = inside.login, inside.admission
        robots = Text(body=self.pages.robots.decode())
        returned = SignedOutResource(answerer, login, admission)
        at_provider = self.settings.ours.sign_out_at_provider
        return {
            **({prefix + b"/signed_out": returned} if at_provider else {}),
            b"/robots.txt": FixedResource(answerer, robots),
            prefix + b"/auth": AuthResource(answerer, admission, inside.known),
            prefix + b"/sign_in": SignInResource(
                answerer, login, admission, inside.ways
            ),
            prefix + b"/start": StartResource(answerer, login, admission, inside.ways),
            prefix + b"/callback": CallbackResource(answerer, login, admission),
            prefix + b"/userinfo": UserInfoResource(answerer, admission),
            prefix + b"/sign_out": SignOutResource(answerer, login, admission),
        }

    def _error_answer(self, request: FrontRequest, error: ProxyError) -> Answer:
        scope = request.scope
        status = error.status
        later = isinstance(error, StoreUnavailable | ProviderUnavailable)
        fields = (("Retry-After", "5"),) if later else ()
        if self.inside.ways.answer_to(scope) == "json401":
            said = {"error": error.sentence, "request_id": scope.request_id}
            return Json(status=status, body=json.dumps(said), fields=fields)
        page = self.inside.login.error_page(
            scope, status, "" if status == 500 else error.sentence, detail=error.detail
        )
        button = try_again(status, scope.method, scope.effective.uri)
        return evolve(page, values={**page.values, **button}, fields=fields)

    def _https_port(self) -> str | None:
        if not self.settings.proxy.force_https:
            return None
        return self.settings.server.secure_bind_address.rpartition(":")[2]

    def _proxy(self) -> ProxyResource:
        settings, inside = self.settings, self.inside
        try:
            router = Router.compile(settings.upstreams, settings.proxy_raw_path)
        except ValueError as cause:
            raise SettingsError([str(cause)]) from cause
        parts = ProxyParts(
            answerer=self.answerer,
            known=self.inside.known,
            admission=self.inside.admission,
            ways=inside.ways,
            origins=Origins(self.settings.access.whitelist_domains),
            login=self.inside.login,
            router=router,
            servers=self.applications.servers(),
            force_json=settings.proxy.force_json_errors,
        )
        return ProxyResource("", 0, b"", self.inside.reactor, parts)

    def _site(self, tree: Tree, journal: RequestJournal) -> FrontSite:
        limits = self.settings.limits
        return FrontSite(
            tree.locate,
            reactor=self.inside.reactor,
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
            request_id_field=field_bytes(self.settings.proxy.request_id_header),
            journal=journal,
            broke=self.answerer.broke,
        )


def _trust(settings: Settings) -> Trust:
    proxy = settings.proxy
    ours = settings.ours
    try:
        field = b""
        if proxy.reverse_proxy:
            field = client_field(proxy.real_client_ip_header)
        return Trust(
            reverse_proxy=proxy.reverse_proxy,
            networks=Networks.parse(proxy.trusted_proxy_ips),
            client_field=field,
            client_from_anyone=ours.insecure_client_address_from_anyone,
            first_of_repeated=ours.insecure_believe_repeated_forwarding,
        )
    except ValueError as cause:
        raise SettingsError([str(cause)]) from cause
