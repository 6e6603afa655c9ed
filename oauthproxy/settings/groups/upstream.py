"""
The applications behind the proxy.
"""

from attrs import frozen

from oauthproxy.settings.kinds import DURATION, FLAG, SECOND, TEXTS
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class UpstreamOptions:
    """
    The applications behind the proxy.
    """

    upstreams: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="upstream",
        scope="legacy",
        holds="url",
        alpha="upstreamConfig.upstreams[*].{id,path,uri,static,staticCode}",
        help=(
            "Upstream URLs: http(s)://, unix:///path.sock, file:///dir[#/path], "
            'static://CODE. URL path is the routing key (empty becomes "/"); see '
            "configuration.md. No default: without upstreams every authenticated "
            "request gets 404."
        ),
    )
    flush_interval: int = option(
        DURATION,
        1 * SECOND,
        scope="legacy",
        alpha="upstreamConfig.upstreams[*].flushInterval",
        help=(
            "Period between flushes of a streamed upstream response; 0 no periodic "
            "flush, negative flush after each write. Forced to 1s for static "
            "upstreams."
        ),
    )
    upstream_timeout: int = option(
        DURATION,
        30 * SECOND,
        scope="legacy",
        alpha="upstreamConfig.upstreams[*].timeout",
        help=(
            "Longest wait for the upstream's response headers; 0 no limit. Not "
            "applied to WebSocket connections. Forced to 30s for static upstreams."
        ),
    )
    pass_host_header: bool = option(
        FLAG,
        True,
        scope="legacy",
        alpha="upstreamConfig.upstreams[*].passHostHeader",
        help=(
            "true: send the client's Host header to the upstream; false: the host "
            "of the upstream URL."
        ),
    )
    proxy_websockets: bool = option(
        FLAG,
        True,
        scope="legacy",
        alpha="upstreamConfig.upstreams[*].proxyWebSockets",
        help=(
            "true: WebSocket upgrade requests (header Connection exactly "
            '"upgrade", any case, and Upgrade: websocket) go through a separate '
            "proxy without header timeout. false does not block upgrades, the "
            "ordinary proxy forwards them."
        ),
    )
    ssl_upstream_insecure_skip_verify: bool = option(
        FLAG,
        False,
        scope="legacy",
        alpha="upstreamConfig.upstreams[*].insecureSkipTLSVerify",
        help=("Do not verify certificates of https upstreams."),
    )
    disable_keep_alives: bool = option(
        FLAG,
        False,
        scope="legacy",
        alpha="upstreamConfig.upstreams[*].disableKeepAlives",
        help=("Open a new connection for each upstream request."),
    )
