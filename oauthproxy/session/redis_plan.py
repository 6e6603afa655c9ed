"""
What the options say about Redis, put together from options and URLs.
"""

from collections.abc import Sequence

from attrs import evolve, field, frozen

from oauthproxy.session.redis_url import Endpoint, RedisURL, parse_redis_url
from oauthproxy.settings.groups.session import SessionOptions
from oauthproxy.settings.kinds import SECOND


@frozen(kw_only=True)
class RedisTLS:
    """
    How servers are verified: `server_name` is the name all must have, their own host
    when empty; `ca_path` adds authorities to those of the system. `cert_path` and
    `key_path` are what we show, if anything.
    """

    server_name: str = ""
    skip_verify: bool = False
    ca_path: str = ""
    cert_path: str = ""
    key_path: str = ""


@frozen(kw_only=True)
class RedisPlan:
    """
    Where the servers are and how to talk to them.

    One of three shapes: one server (`servers` has one element), `master_name` with
    `servers` the sentinels, or `cluster` with `servers` some of its nodes.
    """

    servers: tuple[Endpoint, ...]
    cluster: bool = False
    master_name: str = ""
    sentinel_password: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    database: int = 0
    tls: RedisTLS | None = None
    retries: int = 3
    dial_timeout: int = 5 * SECOND
    read_timeout: int = 3 * SECOND
    idle_time: int = 0


def redis_plan(options: SessionOptions) -> RedisPlan:
    """
    Return what the options say; raise ValueError.
    """
    if options.redis_use_sentinel and options.redis_use_cluster:
        raise ValueError("options redis-use-sentinel and redis-use-cluster are mutual")
    if options.redis_use_sentinel:
        plan = _several(options, options.redis_sentinel_connection_urls)
        return evolve(
            plan,
            master_name=options.redis_sentinel_master_name,
            sentinel_password=options.redis_sentinel_password.reveal(),
        )
    if options.redis_use_cluster:
        plan = _several(options, options.redis_cluster_connection_urls)
        return evolve(plan, cluster=True)
    url = parse_redis_url(options.redis_connection_url)
    return evolve(
        _plan(options, url, (url.endpoint,)),
        database=max(url.database, 0),
        retries=url.retries,
        dial_timeout=url.dial_timeout,
        read_timeout=url.read_timeout,
    )


def _several(options: SessionOptions, urls: Sequence[str]) -> RedisPlan:
    """
    Return the plan of several servers: the last URL says how to talk to all of them.
    """
    if not urls:
        raise ValueError("no connection URL is set")
    parsed = [parse_redis_url(url) for url in urls]
    return _plan(options, parsed[-1], tuple(url.endpoint for url in parsed))


def _plan(
    options: SessionOptions, url: RedisURL, servers: tuple[Endpoint, ...]
) -> RedisPlan:
    idle = options.redis_connection_idle_timeout
    return RedisPlan(
        servers=servers,
        username=options.redis_username or url.username,
        password=options.redis_password.reveal() or url.password,
        tls=_tls(options, url),
        idle_time=idle * SECOND if idle > 0 else url.idle_time,
    )


def _tls(options: SessionOptions, url: RedisURL) -> RedisTLS | None:
    asked_for = (
        url.tls
        or options.redis_insecure_skip_tls_verify
        or options.redis_ca_path
        or options.redis_client_cert_file
    )
    if not asked_for:
        return None
    cert_path = options.redis_client_cert_file
    return RedisTLS(
        server_name=url.endpoint.host if url.tls else "",
        skip_verify=url.skip_verify or options.redis_insecure_skip_tls_verify,
        ca_path=options.redis_ca_path,
        cert_path=cert_path,
        key_path=options.redis_client_key_file or cert_path,
    )
