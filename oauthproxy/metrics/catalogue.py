"""
Everything that is counted, by subject.

Labels are names from the configuration or from short fixed lists, never what a client
sent. Times are in seconds, as Prometheus wants them.
"""

import platform
from collections.abc import Callable, Iterator

from attrs import define, field
from prometheus_client.core import GaugeMetricFamily, Metric

from oauthproxy import __version__
from oauthproxy.metrics.requests import RequestSeries
from oauthproxy.metrics.seen import Seen
from oauthproxy.metrics.series import Counter, Gauge, Histogram


class LoginSeries:
    """
    Logins and decisions. Results: "started", "succeeded", "denied", "failed".
    Decisions: "allowed", "login", "denied".
    """

    def __init__(self) -> None:
        self.logins = Counter(
            "oauthproxy_logins",
            "Logins by provider and result.",
            ("provider", "result"),
        )
        self.seconds = Histogram(
            "oauthproxy_login_seconds",
            "Time from the start of a login to its callback.",
            ("provider",),
        )
        self.decisions = Counter(
            "oauthproxy_decisions",
            "Requests by what was decided about them.",
            ("decision",),
        )
        self.passwords = Counter(
            "oauthproxy_password_logins",
            "Form and basic logins by result.",
            ("kind", "result"),
        )
        self.sign_outs = Counter(
            "oauthproxy_sign_outs", "Sign-outs by provider.", ("provider",)
        )


class SessionSeries:
    """
    Sessions and where they are kept. Operations: "load", "save", "clear", "lock".
    """

    def __init__(self) -> None:
        self.refreshes = Counter(
            "oauthproxy_session_refreshes",
            "Refreshes by provider and result.",
            ("provider", "result"),
        )
        self.cache = Counter(
            "oauthproxy_session_cache",
            "Sessions asked of the cache, by result (hit, miss).",
            ("result",),
        )
        self.store_seconds = Histogram(
            "oauthproxy_session_store_seconds",
            "Time the session store took.",
            ("operation",),
        )
        self.store_errors = Counter(
            "oauthproxy_session_store_errors",
            "Operations the session store failed.",
            ("operation",),
        )
        self.lock_seconds = Histogram(
            "oauthproxy_session_lock_wait_seconds",
            "Time spent waiting for another's refresh.",
        )


class ProviderSeries:
    """
    Calls to identity providers, by provider and endpoint ("token", "userinfo",
    "keys", "discovery" …).
    """

    def __init__(self) -> None:
        self.seconds = Histogram(
            "oauthproxy_provider_seconds",
            "Time a provider took to answer.",
            ("provider", "endpoint"),
        )
        self.errors = Counter(
            "oauthproxy_provider_errors",
            "Calls to a provider that failed.",
            ("provider", "endpoint"),
        )


class UpstreamSeries:
    """
    Applications behind the proxy, by their ids. Reasons: "connect", "timeout",
    "response", "aborted".
    """

    def __init__(self) -> None:
        self.seconds = Histogram(
            "oauthproxy_upstream_seconds",
            "Time until an upstream's response began.",
            ("upstream",),
        )
        self.errors = Counter(
            "oauthproxy_upstream_errors",
            "Requests an upstream failed.",
            ("upstream", "reason"),
        )
        self.connections = Gauge(
            "oauthproxy_upstream_connections",
            "Open connections to upstreams.",
            ("upstream", "state"),
        )
        self.opened = Counter(
            "oauthproxy_upstream_connections_opened",
            "Connections opened to upstreams.",
            ("upstream",),
        )


class ConnectionSeries:
    """
    Clients. Reasons for refusing: "head", "timeout", "size", "limit".
    """

    def __init__(self) -> None:
        self.open = Gauge("oauthproxy_client_connections", "Open client connections.")
        self.accepted = Counter(
            "oauthproxy_client_connections_accepted", "Connections accepted."
        )
        self.refused = Counter(
            "oauthproxy_requests_refused",
            "Requests refused before they were routed.",
            ("reason",),
        )
        self.tunnels = Gauge("oauthproxy_tunnels", "Open tunnels (WebSockets).")
        self.tunnels_opened = Counter("oauthproxy_tunnels_opened", "Tunnels opened.")
        self.received = Counter("oauthproxy_received_bytes", "Bytes of request bodies.")
        self.sent = Counter("oauthproxy_sent_bytes", "Bytes of response bodies.")


class ProgramSeries:
    """
    The program itself, whatever its configuration. Results: "succeeded", "failed".
    """

    def __init__(self) -> None:
        self.reloads = Counter(
            "oauthproxy_configuration_reloads",
            "Configuration reloads by result.",
            ("result",),
        )
        self.loaded_at = Gauge(
            "oauthproxy_configuration_loaded_timestamp_seconds",
            "When the configuration in use was loaded.",
        )
        self.lag = Gauge(
            "oauthproxy_event_loop_lag_seconds",
            "How late the last timer of the event loop was.",
        )
        self.lost_lines = Gauge(
            "oauthproxy_log_lines_lost", "Log lines that could not be written."
        )
        self.info = Gauge(
            "oauthproxy_build_info",
            "Always 1; the labels say what runs.",
            ("version", "python"),
        )
        self.info.set(1, __version__, platform.python_version())


@define(eq=False, kw_only=True)
class Metrics:
    """
    All series of the program. `now` tells nanoseconds since the epoch; what is in
    `before_scrape` is called before the numbers are read, to set gauges.
    """

    now: Callable[[], int]
    requests: RequestSeries = field(factory=RequestSeries)
    login: LoginSeries = field(factory=LoginSeries)
    session: SessionSeries = field(factory=SessionSeries)
    provider: ProviderSeries = field(factory=ProviderSeries)
    upstream: UpstreamSeries = field(factory=UpstreamSeries)
    connection: ConnectionSeries = field(factory=ConnectionSeries)
    program: ProgramSeries = field(factory=ProgramSeries)
    seen: Seen = field(factory=Seen)
    before_scrape: list[Callable[[], None]] = field(factory=list)

    def observe(self, method: str, status: int, seconds: float) -> None:
        """
        Count a finished request.
        """
        self.requests.observe(method, status, seconds)

    def collect(self) -> Iterator[Metric]:
        """
        Yield everything, as a collector of prometheus-client.
        """
        for prepare in self.before_scrape:
            prepare()
        yield from self.requests.collect()
        for group in (
            self.login,
            self.session,
            self.provider,
            self.upstream,
            self.connection,
            self.program,
        ):
            for series in vars(group).values():
                yield from series.collect()
        yield GaugeMetricFamily(
            "oauthproxy_sessions_seen",
            "Different sessions seen in the last quarter of an hour or two.",
            value=self.seen.count(self.now()),
        )
