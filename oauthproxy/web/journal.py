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

_KINDS = FieldKinds({b"user-agent": 1})
Asked = tuple[str, str, str, str]
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
        self.sent += request.sent
        if request.body is not None:
            self.received += request.body.size
        method = request.method.decode("ascii")
        if not request.health:
            self._metrics.observe(method, request.status, duration / 1e9)
        memo = request.head.memo
        asked: Asked | None = memo.get(self)
        if asked is None:
            asked = memo[self] = self._asked(request)
        client, host, protocol, agent = asked
        self._write(
            RequestRecord(
                client,
                host,
                protocol,
                request.request_id,
                request.received_at,
                duration,
                method,
                field_text(request.uri),
                request.sent,
                request.status,
                request.upstream,
                agent,
                request.username,
                request.health,
            )
        )

    def _asked(self, request: FrontRequest) -> Asked:
        """
        Return client, host, protocol and kind of browser.
        """
        client, host = str(request.channel.client), field_text(request.head.host)
        if not self._simple:
            scope = request.scope
            client, host = log_client(scope), scope.effective.host
        agent, kind_of = b"", _KINDS.of
        for name, value in request.fields:
            if kind_of(name):
                agent = value
                break
        return client, host, request.clientproto.decode("ascii"), field_text(agent)

    def refused(self, peer: Peer, status: int) -> None:
        """
        Record bytes that were no request.
        """
        self._metrics.connection.refused.add(REASONS.get(status, "head"))
        self._logs.error(f"{peer}: refused what is no request, answered {status}")
