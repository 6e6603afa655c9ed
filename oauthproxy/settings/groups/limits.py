"""
Sizes and times that bound what one client, upstream or provider can cost.
"""

from attrs import frozen

from oauthproxy.settings.kinds import DURATION, INTEGER, MINUTE, SECOND
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class LimitOptions:
    """
    Sizes and times that bound what one client, upstream or provider can cost.
    """

    max_head_bytes: int = option(
        INTEGER,
        1 << 20,
        ours=True,
        help="Largest request head in bytes; a larger one is answered 431.",
    )
    max_head_fields: int = option(
        INTEGER,
        500,
        ours=True,
        help="Largest number of request header fields; more are answered 431.",
    )
    head_timeout: int = option(
        DURATION,
        MINUTE,
        ours=True,
        help="How long a client may take to send a request head.",
    )
    idle_timeout: int = option(
        DURATION,
        3 * MINUTE,
        ours=True,
        help="How long a client connection may stay open between two requests.",
    )
    body_timeout: int = option(
        DURATION,
        MINUTE,
        ours=True,
        help="How long a client may pause within a request body, or within reading "
        "its response, before the connection is cut.",
    )
    max_client_connections: int = option(
        INTEGER,
        20_000,
        ours=True,
        help="Open client connections; beyond it the longest idle one is closed.",
    )
    max_upstream_connections: int = option(
        INTEGER,
        512,
        ours=True,
        help="Open connections to one upstream; further requests wait for one.",
    )
    max_idle_upstream_connections: int = option(
        INTEGER,
        512,
        ours=True,
        help="Connections to one upstream kept open for later requests.",
    )
    upstream_idle_timeout: int = option(
        DURATION,
        90 * SECOND,
        ours=True,
        help="How long an unused connection to an upstream is kept open.",
    )
    upstream_connect_timeout: int = option(
        DURATION,
        30 * SECOND,
        ours=True,
        help="How long connecting to an upstream may take, its TLS included.",
    )
    provider_timeout: int = option(
        DURATION,
        30 * SECOND,
        ours=True,
        help="How long one call to the identity provider may take.",
    )
    provider_max_bytes: int = option(
        INTEGER,
        1 << 20,
        ours=True,
        help="Largest answer read from the identity provider.",
    )
    store_timeout: int = option(
        DURATION,
        5 * SECOND,
        ours=True,
        help="How long one command to the session store may take.",
    )
    drain_timeout: int = option(
        DURATION,
        30 * SECOND,
        ours=True,
        help="How long running requests may go on after a stop was asked for.",
    )
    session_cache_entries: int = option(
        INTEGER,
        10_000,
        ours=True,
        help="Verified sessions kept in memory; 0 switches the cache off.",
    )
