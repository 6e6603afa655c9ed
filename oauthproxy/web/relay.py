"""
Carry one request to an upstream and its response back.

Rule 1: what one read of the upstream gave goes out in one write, the head with it.
Rule 2: both directions have back-pressure; the response's is set up only when one read
was not enough.
Rule 3: a request is repeated once, on a new connection, when a kept one ended before
any byte of the response, the method is idempotent, and there is no body (RFC 9110,
9.2.2).
Rule 4: after the first byte to the client a failure cuts the connection.
Rule 5: a head without a type waits for the first byte of its body, which tells it, but
not for long.
"""

from collections.abc import Callable
from time import monotonic

from attrs import frozen

from oauthproxy.errors import ConnectFailed, ProxyError, UpstreamTimeout
from oauthproxy.net.pool import Pool
from oauthproxy.net.sweep import NEVER
from oauthproxy.net.tunnel import Tunnel
from oauthproxy.net.upstream import UpstreamConnection
from oauthproxy.web.inflation import Inflation, Outcome
from oauthproxy.web.request import BODYLESS, FrontRequest, status_line
from oauthproxy.wire.fields import Pair
from oauthproxy.wire.requesthead import CHUNKED
from oauthproxy.wire.responsehead import ResponseHead
from oauthproxy.wire.sniff import content_type

IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"})
NOT_TRAILERS = frozenset(
    {b"content-length", b"transfer-encoding", b"host", b"set-cookie", b"trailer"}
)
SNIFF_SECONDS = 1.0


@frozen
class Errand:
    """
    What to send to the upstream, and what to add to its response.

    `head` is the whole request head; `lines` are response fields with line ends that
    go before the upstream's; those of its fields whose lower-case name is in
    `replaced` are left out. `unzip`: we asked for gzip, the client did not. `body`: the
    request body where it was read already.
    """

    head: bytes
    response_time: float
    lines: bytes = b""
    replaced: frozenset[bytes] = frozenset()
    unzip: bool = False
    upgrade: bytes = b""
    body: bytes | None = None


class Relay:
    """
    One errand on its way.
    """

    def __init__(
        self,
        request: FrontRequest,
        pool: Pool,
        errand: Errand,
        failed: Callable[[FrontRequest, ProxyError], None],
    ) -> None:
        self.head_only = request.method == b"HEAD"
        self.upgrade = errand.upgrade
        self.response_time = errand.response_time
        self._request = request
        self._pool = pool
        self._errand = errand
        self._on_failure = failed
        self._connection: UpstreamConnection | None = None
        self._out: list[bytes] = []
        self._began = 0.0
        self.deadline = NEVER
        self._unsniffed: ResponseHead | None = None
        self._inflation: Inflation | None = None
        self._trailers: list[Pair] = []
        self._streaming = False
        self._repeated = False
        request.abandoned = self.client_left

    def start(self) -> None:
        """
        Find a connection.
        """
        self._pool.carry(self)

    def client_left(self) -> None:
        """
        Free the upstream connection: nobody waits for its response.
        """
        self._wait_no_more()
        connection, self._connection = self._connection, None
        if connection is None:
            self._pool.leave(self)
        else:
            connection.cut()

    # --- the request

    def board(self, connection: UpstreamConnection) -> None:
        """
        Send the request on `connection`.
        """
        if self._request.finished:
            self._pool.released(connection, reusable=True)
            return
        self._connection = connection
        self._began = monotonic()
        body, read = self._request.body, self._errand.body
        head = self._errand.head
        if read is not None:
            connection.begin(self, head + read, whole=True)
            return
        connection.begin(self, head, whole=body is None)
        if body is not None:
            connection.feed_from(body)
            body.deliver(self)

    def body_written(self, data: bytes) -> None:
        """
        Pass request body bytes on.
        """
        connection, body = self._connection, self._request.body
        if connection is not None and body is not None:
            if body.length == CHUNKED:
                data = b"%x\r\n%b\r\n" % (len(data), data)
            connection.write(data)

    def body_finished(self) -> None:
        """
        End the request.
        """
        connection, body = self._connection, self._request.body
        if connection is not None and body is not None:
            if body.length == CHUNKED:
                connection.write(b"0\r\n\r\n")
            connection.feed_from(None)
            connection.sent_all()

    # --- the response

    def informed(self, status: int, fields: list[Pair]) -> None:
        """
        Pass an informational response on.
        """
        if self._request.clientproto == b"HTTP/1.1":
            lines = b"".join(b"%b: %b\r\n" % pair for pair in fields)
            self._request.channel.write(status_line(status) + lines + b"\r\n")

    def headed(self, response: ResponseHead) -> None:
        """
        Make the head that the client gets, now or when the first bytes tell its type.
        """
        self._pool.meter.seconds.add(monotonic() - self._began)
        bodyless = self.head_only or response.status in BODYLESS
        if not bodyless:
            zipped = self._errand.unzip and response.encoding == b"gzip"
            if zipped and response.length != 0:
                self._start_inflating(response)
            elif not (response.has_type or response.encoding):
                self._unsniffed = response
                return
        self._make_head(response, bodyless=bodyless)

    def _start_inflating(self, response: ResponseHead) -> None:
        connection = self._connection
        assert connection is not None
        response.fields = [
            p for p in response.fields if p[0].lower() != b"content-encoding"
        ]
        response.length = None
        outcome = Outcome(self._write, self._cut, self._end)
        self._inflation = Inflation(connection, outcome)
        self._streaming = True
        self._request.channel.registerProducer(self._inflation, True)

    def _make_head(self, response: ResponseHead, *, bodyless: bool) -> None:
        errand, request = self._errand, self._request
        lines = [errand.lines] if errand.lines else []
        replaced = errand.replaced
        for name, value in response.fields:
            if replaced and name.lower() in replaced:
                continue
            lines += (name, b": ", value, b"\r\n")
        if response.length is not None and response.status != 204:
            lines.append(b"Content-Length: %d\r\n" % response.length)
        if not response.has_date:
            lines.append(b"Date: %b\r\n" % request.site.sweeper.date)
        framed = bodyless or response.length is not None
        self._out = request.send_head(
            response.status, lines, "length" if framed else "stream"
        )

    def received(self, data: bytes) -> None:
        """
        Pass body bytes on.
        """
        if self._unsniffed is not None:
            sniffed = content_type(data[:512]).encode()
            self._unsniffed.fields.append((b"Content-Type", sniffed))
            self._make_unsniffed()
        if self._inflation is None:
            self._out.append(self._request.frame(data))
        else:
            self._inflation.take(data)

    def _write(self, data: bytes) -> None:
        self._out.append(self._request.frame(data))
        self._flush()

    def paused(self) -> None:
        """
        Write what there is; more will come, so let the client's slowness count.
        """
        if self._unsniffed is not None:
            self._wait_for_type()
            return
        self._flush()
        if not self._streaming and self._connection is not None:
            self._streaming = True
            self._request.channel.registerProducer(self._connection, True)

    def _wait_for_type(self) -> None:
        if self.deadline is NEVER:
            sweeper = self._pool.sweeper
            self.deadline = sweeper.now + SNIFF_SECONDS
            sweeper.add(self)

    def expired(self) -> None:
        """
        Send the head without a type: the body does not begin.
        """
        if self._unsniffed is not None:
            self._make_unsniffed()
            self.paused()

    def _make_unsniffed(self) -> None:
        response, self._unsniffed = self._unsniffed, None
        self._wait_no_more()
        if response is not None:
            self._make_head(response, bodyless=False)

    def _wait_no_more(self) -> None:
        if self.deadline is not NEVER:
            self.deadline = NEVER
            self._pool.sweeper.discard(self)

    def completed(self, trailers: list[Pair]) -> None:
        """
        End the response, at once or when all of it was unzipped.
        """
        self._connection = None
        self._trailers = trailers
        if self._unsniffed is not None:
            self._make_unsniffed()
        if self._inflation is None:
            self._end()
        else:
            self._flush()
            self._inflation.finish()

    def _end(self) -> None:
        request = self._request
        request.abandoned = None
        last = request.last_chunk(self._clean_trailers() if self._trailers else [])
        if last:
            self._out.append(last)
        if self._streaming:
            self._stop_streaming()
        self._flush()
        request.end()

    def _clean_trailers(self) -> list[Pair]:
        dropped = NOT_TRAILERS | self._errand.replaced
        return [p for p in self._trailers if p[0].lower() not in dropped]

    def failed(self, error: ProxyError, *, untouched: bool) -> None:
        """
        Try once more where that is safe; else tell the client.
        """
        self._connection = None
        self._wait_no_more()
        request = self._request
        if request.finished:
            return
        if (
            untouched
            and not self._repeated
            and request.body is None
            and request.method in IDEMPOTENT
        ):
            self._repeated = True
            self._pool.carry(self, fresh=True)
            return
        self._pool.meter.failed(_kind(error, begun=bool(request.startedWriting)))
        self._stop_streaming()
        request.abandoned = None
        if request.startedWriting:
            request.abort()
        else:
            if request.body is not None:
                request.body.abandon()
            self._on_failure(request, error)

    def upgraded(self, response: ResponseHead, rest: bytes) -> None:
        """
        Let bytes flow both ways from now on.
        """
        connection, self._connection = self._connection, None
        request = self._request
        if connection is None:
            return
        channel = request.channel
        request.startedWriting = 1
        request.status = 101
        request.abandoned = None
        replaced = self._errand.replaced
        lines = b"".join(
            b"%b: %b\r\n" % pair
            for pair in response.fields
            if pair[0].lower() not in replaced
        )
        channel.write(
            b"%bConnection: Upgrade\r\nUpgrade: %b\r\n%b%b\r\n"
            % (status_line(101), response.upgrade, lines, self._errand.lines)
        )
        tunnel = Tunnel(channel, connection, request.tunnel_closed)
        early = channel.take_over(tunnel.from_client)
        connection.take_over(tunnel.from_upstream)
        tunnel.start()
        request.site.tunnel_opened()
        if rest:
            channel.transport.write(rest)
        if early:
            connection.transport.write(early)

    def _flush(self) -> None:
        if self._out:
            out, self._out = self._out, []
            self._request.channel.write(b"".join(out) if len(out) > 1 else out[0])

    def _stop_streaming(self) -> None:
        if self._streaming:
            self._streaming = False
            self._request.channel.unregisterProducer()

    def _cut(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.cut()
        self._pool.meter.failed("aborted")
        self._stop_streaming()
        self._request.abandoned = None
        self._request.abort()


def _kind(error: ProxyError, *, begun: bool) -> str:
    if begun:
        return "aborted"
    if isinstance(error, UpstreamTimeout):
        return "timeout"
    return "connect" if isinstance(error, ConnectFailed) else "response"
