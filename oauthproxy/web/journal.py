"""
Write down what was answered: the request log and the counters.
"""

import time
from collections.abc import Callable

from oauthproxy.logs.log import Logs
from oauthproxy.logs.record import RequestRecord
from oauthproxy.metrics import Metrics
from oauthproxy.scope import Peer
from oauthproxy.web.request import FrontRequest
from oauthproxy.wire.fields import field_text
from oauthproxy.wire.forwarded import log_client
from oauthproxy.wire.kind import FieldKinds

AGENT = 1
_KINDS = FieldKinds({b"user-agent": AGENT})
REASONS = {431: "size", 408: "timeout"}


class RequestJournal:
    """
    A `web.site.Journal` over the logs and the metrics.

    `simple` tells that nobody in front of us can say who the client is. `received`
    and `sent` are bytes of bodies.
    """

    def __init__(self, logs: Logs, metrics: Metrics, *, simple: bool) -> None:
        self._logs = logs
        self._metrics = metrics
        self._simple = simple
        self.received = 0
        self.sent = 0
        self._write: Callable[[RequestRecord], None] = logs.request

    def answered(self, request: FrontRequest) -> None:
        """
        Record a request whose response is out, or that was given up.
        """
        if request.silent:
            return
        duration = time.time_ns() - request.received_at
        method = request.method.decode("ascii")
        self.sent += request.sent
        if request.body is not None:
            self.received += request.body.size
        if not request.health:
            self._metrics.observe(method, request.status, duration / 1e9)
        channel = request.channel
        scope = None if self._simple else request.scope
        agent = b""
        kind_of = _KINDS.of
        for name, value in request.fields:
            if kind_of(name) == AGENT:
                agent = value
                break
        self._write(
            RequestRecord(
                str(channel.client) if scope is None else log_client(scope),
                field_text(request.head.host)
                if scope is None
                else scope.effective.host,
                request.clientproto.decode("ascii"),
                request.request_id,
                request.received_at,
                duration,
                method,
                field_text(request.uri),
                request.sent,
                request.status,
                request.upstream,
                field_text(agent),
                request.username,
                request.health,
            )
        )

    def refused(self, peer: Peer, status: int) -> None:
        """
        Record bytes that were no request.
        """
        self._metrics.connection.refused.add(REASONS.get(status, "head"))
        self._logs.error(f"{peer}: refused what is no request, answered {status}")
