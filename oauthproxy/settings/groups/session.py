"""
Where sessions are kept.
"""

from attrs import frozen

from oauthproxy.crypto.secret import Secret
from oauthproxy.settings.kinds import FLAG, INTEGER, SECRET, TEXT, TEXTS
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class SessionOptions:
    """
    Where sessions are kept.
    """

    session_store_type: str = option(
        TEXT,
        "cookie",
        accepted=("cookie", "redis", "memory"),
        help=(
            'Where sessions are kept: "cookie", "redis", or "memory" of this one '
            "process, where they end with it."
        ),
    )
    session_cookie_minimal: bool = option(
        FLAG,
        False,
        help=(
            "Leave the tokens out of the session (cookie store only). Excludes "
            "headers that need a token, and cookie-refresh."
        ),
    )
    redis_connection_url: str = option(
        TEXT,
        "",
        holds="redis-url",
        help=(
            "redis://, rediss:// or unix:// URL for a single Redis server; path is "
            "the database number, e.g. redis://127.0.0.1:6379/1. Used when neither "
            "sentinel nor cluster is on."
        ),
    )
    redis_username: str = option(
        TEXT,
        "",
        help=("Redis ACL user name; overrides the one in the URL(s) when not empty."),
    )
    redis_password: Secret = option(
        SECRET,
        Secret(""),
        holds="secret",
        help=("Redis password; overrides the one in the URL(s) when not empty."),
    )
    redis_use_sentinel: bool = option(
        FLAG,
        False,
        help=("Find the master through Redis Sentinel; excludes redis-use-cluster."),
    )
    redis_sentinel_password: Secret = option(
        SECRET,
        Secret(""),
        holds="secret",
        help=("Password for the sentinel servers only."),
    )
    redis_sentinel_master_name: str = option(
        TEXT,
        "",
        help=("Master name asked from the sentinels."),
    )
    redis_sentinel_connection_urls: tuple[str, ...] = option(
        TEXTS,
        (),
        holds="redis-url",
        help=(
            "URLs of the sentinels. User, password and TLS come from the last one; "
            "numbers of databases are ignored."
        ),
    )
    redis_use_cluster: bool = option(
        FLAG,
        False,
        help=("Use Redis Cluster; excludes redis-use-sentinel."),
    )
    redis_cluster_connection_urls: tuple[str, ...] = option(
        TEXTS,
        (),
        holds="redis-url",
        help="URLs of nodes of the cluster; same rules as for sentinels.",
    )
    redis_ca_path: str = option(
        TEXT,
        "",
        holds="path",
        help=(
            "PEM file of extra CA certificates added to the system ones for Redis. "
            "Setting it turns TLS on even for redis:// URLs."
        ),
    )
    redis_client_cert_file: str = option(
        TEXT,
        "",
        holds="path",
        ours=True,
        help=(
            "PEM file of the certificate, with its chain, that is shown to Redis "
            "servers which ask for one. Setting it turns TLS on."
        ),
    )
    redis_client_key_file: str = option(
        TEXT,
        "",
        holds="path",
        ours=True,
        help=(
            "PEM file of the client certificate's key, if it is not in the same file."
        ),
    )
    redis_insecure_skip_tls_verify: bool = option(
        FLAG,
        False,
        help=(
            "Do not verify the Redis server certificate. Setting it turns TLS on "
            "even for redis:// URLs."
        ),
    )
    redis_connection_idle_timeout: int = option(
        INTEGER,
        0,
        holds="seconds",
        help=(
            "Idle seconds after which pooled Redis connections are closed; 0 or "
            "less keeps the client default."
        ),
    )
