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
            "URLs of the applications: http(s)://HOST, unix:///PATH, "
            "file:///FOLDER[#/PATH], static://STATUS. The path of a URL is the path "
            'it serves, empty means "/"; a path ending in "/" serves everything '
            "below. Without any, everything is answered 404."
        ),
    )
    flush_interval: int = option(
        DURATION,
        1 * SECOND,
        scope="legacy",
        alpha="upstreamConfig.upstreams[*].flushInterval",
        help=(
            "How often oauth2-proxy flushes a response. Accepted, but each part of a "
            "response is passed on here as it comes."
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
            "Pass WebSocket upgrades on; false sends such requests on without their "
            "upgrade, unless reference-behaviour is on."
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
