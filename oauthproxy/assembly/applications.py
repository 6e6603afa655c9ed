"""
Make what reaches the applications behind the proxy.
"""

from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from twisted.internet.endpoints import (
    HostnameEndpoint,
    UNIXClientEndpoint,
    wrapClientTLS,
)
from twisted.internet.interfaces import IStreamClientEndpoint

from oauthproxy.assembly.inside import Inside
from oauthproxy.errors import FetchError, SettingsError
from oauthproxy.metrics.upstreams import UpstreamMeter
from oauthproxy.net.connect import ConnectEndpoint, proxy_lines
from oauthproxy.net.outgoing import ProxyServer
from oauthproxy.net.pool import Pool, PoolLimits
from oauthproxy.net.sweep import Sweeper
from oauthproxy.net.trust import CertificateRefused, ClientTrust
from oauthproxy.settings.kinds import SECOND
from oauthproxy.settings.model import UpstreamSettings
from oauthproxy.upstream.cookies import OwnCookies
from oauthproxy.upstream.hop import Hop
from oauthproxy.upstream.signature import Signer
from oauthproxy.web.files import FileServer, folder
from oauthproxy.web.resource import Answerer
from oauthproxy.web.upstreams import HTTPServer, Server, StaticServer


class Applications:
    """
    The applications of one configuration, and the pools of connections to them.
    """

    def __init__(self, inside: Inside, sweeper: Sweeper, answerer: Answerer) -> None:
        self._inside = inside
        self._settings = inside.settings
        self._sweeper = sweeper
        self._answerer = answerer
        self._signer = self._make_signer()
        self._hop = self._make_hop()
        self._trust = cache(self._make_trust)
        self.pools: list[Pool] = []

    def servers(self) -> dict[str, Server]:
        """
        Return what serves each upstream, by its id.
        """
        return {u.id: self._server(u) for u in self._settings.upstreams}

    def _make_hop(self) -> Hop:
        own = None
        if not self._settings.ours.pass_own_cookies:
            own = OwnCookies(self._settings.cookie.cookie_name)
        return Hop(self._inside.injector.stripped, own)

    def _make_signer(self) -> Signer | None:
        try:
            return Signer.parse(self._settings.proxy.signature_key)
        except ValueError as cause:
            raise SettingsError([f"signature_key: {cause}"]) from cause

    def _server(self, upstream: UpstreamSettings) -> Server:
        if upstream.static:
            return StaticServer(settings=upstream, answerer=self._answerer)
        ours, uri = self._settings.ours, urlsplit(upstream.uri)
        if uri.scheme == "file":
            return FileServer(
                settings=upstream,
                folder=folder(
                    unquote(uri.path), links_lead_out=ours.insecure_follow_links
                ),
            )
        proxy = self._proxy(upstream)
        asked = proxy if uri.scheme == "http" else None
        pool = self._pool(upstream, proxy)
        self.pools.append(pool)
        return HTTPServer(
            settings=upstream,
            origin=f"http://{uri.netloc}".encode() if asked else b"",
            origin_lines=proxy_lines(asked.credentials) if asked else b"",
            pool=pool,
            hop=self._hop,
            injector=self._inside.injector,
            host=b"" if upstream.pass_host_header else uri.netloc.encode(),
            answerer=self._answerer,
            signer=self._signer,
            websockets=upstream.proxy_websockets or ours.ignore_proxy_websockets,
        )

    def _pool(self, upstream: UpstreamSettings, proxy: ProxyServer | None) -> Pool:
        limits, series = self._settings.limits, self._inside.metrics.upstream
        return Pool(
            upstream.id,
            self._endpoint(upstream, proxy),
            self._sweeper,
            PoolLimits(
                limit=limits.max_upstream_connections,
                idle=limits.max_idle_upstream_connections,
                idle_time=limits.upstream_idle_timeout / SECOND,
                connect_time=limits.upstream_connect_timeout / SECOND,
            ),
            keep=not upstream.disable_keep_alives,
            log_error=self._inside.logs.error,
            meter=UpstreamMeter(
                upstream.id,
                errors=series.errors,
                opened=series.opened,
                seconds=series.seconds.at(upstream.id),
            ),
        )

    def _endpoint(
        self, upstream: UpstreamSettings, proxy: ProxyServer | None
    ) -> IStreamClientEndpoint:
        reactor: Any = self._inside.reactor
        uri = urlsplit(upstream.uri)
        seconds = self._settings.limits.upstream_connect_timeout / SECOND
        if uri.scheme == "unix":
            return UNIXClientEndpoint(reactor, unquote(uri.path), seconds)
        host, port = _place(upstream)
        endpoint: IStreamClientEndpoint
        if proxy is None:
            endpoint = HostnameEndpoint(reactor, host, port, seconds)
        else:
            endpoint = HostnameEndpoint(reactor, proxy.host, proxy.port, seconds)
            if proxy.secure:
                endpoint = self._encrypted(proxy.host, endpoint, upstream)
        if uri.scheme == "http":
            return endpoint
        if proxy is not None:
            endpoint = ConnectEndpoint(endpoint, host, port, proxy.credentials)
        return self._encrypted(host, endpoint, upstream)

    def _encrypted(
        self, host: str, endpoint: IStreamClientEndpoint, upstream: UpstreamSettings
    ) -> IStreamClientEndpoint:
        trust = self._trust(upstream.insecure_skip_tls_verify)
        return wrapClientTLS(trust.creator(host), endpoint)

    def _proxy(self, upstream: UpstreamSettings) -> ProxyServer | None:
        """
        Return the proxy before an upstream, if the environment's count.
        """
        if not self._settings.ours.upstreams_through_proxy or upstream.uri.startswith(
            "unix:"
        ):
            return None
        host, port = _place(upstream)
        secure = upstream.uri.startswith("https:")
        try:
            return self._inside.proxies.choose(secure=secure, host=host, port=port)
        except FetchError as cause:
            raise SettingsError([f"upstreams_through_proxy: {cause}"]) from cause

    def _make_trust(self, skip_verify: bool) -> ClientTrust:
        if not self._settings.ours.upstreams_trust_as_provider:
            return ClientTrust(skip_verify=skip_verify)
        provider = self._settings.providers[0]
        try:
            return ClientTrust(
                ca_files=provider.ca_files,
                use_system_trust_store=provider.use_system_trust_store,
                skip_verify=(
                    skip_verify or self._settings.proxy.ssl_insecure_skip_verify
                ),
            )
        except (OSError, CertificateRefused) as cause:
            raise SettingsError([f"provider_ca_files: {cause}"]) from cause


def _place(upstream: UpstreamSettings) -> tuple[str, int]:
    """
    Return host and port of an upstream that speaks HTTP over TCP.
    """
    uri = urlsplit(upstream.uri)
    return uri.hostname or "", uri.port or (443 if uri.scheme == "https" else 80)
