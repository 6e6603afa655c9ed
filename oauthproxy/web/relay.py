"""
Carry one request to an upstream and its response back.

Rule 1: what one read of the upstream gave goes out in one write, the head with it.
Rule 2: both directions have back-pressure; the response's is set up only when one read
was not enough.
Rule 3: a request is repeated once, on a new connection, when a kept one ended before
any byte of the response, the method is idempotent, and there is no body (RFC 9110,
9.2.2).
Rule 4: after the first byte to the client a failure cuts the connection.
"""

import zlib
from collections.abc import Callable
from typing import Any

from attrs import frozen

from oauthproxy.errors import ProxyError
from oauthproxy.net.pool import Pool
from oauthproxy.net.tunnel import Tunnel
from oauthproxy.net.upstream import UpstreamConnection
from oauthproxy.web.request import BODYLESS, FrontRequest, status_line
from oauthproxy.wire.fields import Pair
from oauthproxy.wire.requesthead import CHUNKED
from oauthproxy.wire.responsehead import ResponseHead
from oauthproxy.wire.sniff import content_type

IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"})
NOT_TRAILERS = frozenset(
    {b"content-length", b"transfer-encoding", b"host", b"set-cookie", b"trailer"}
)
UNZIPPED_PIECE = 1 << 18


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
        self._unsniffed: ResponseHead | None = None
        self._unzip: Any = None
        self._streaming = False
        self._repeated = False
        self._tunnel: Tunnel | None = None
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
        bodyless = self.head_only or response.status in BODYLESS
        if (
            self._errand.unzip
            and response.encoding == b"gzip"
            and not bodyless
            and response.length != 0
        ):
            self._start_unzipping(response)
        elif not (response.has_type or response.encoding or bodyless):
            self._unsniffed = response
            return
        self._make_head(response, bodyless=bodyless)

    def _start_unzipping(self, response: ResponseHead) -> None:
        self._unzip = zlib.decompressobj(31)
        response.fields = [
            p for p in response.fields if p[0].lower() != b"content-encoding"
        ]
        response.length = None

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
            response, self._unsniffed = self._unsniffed, None
            sniffed = content_type(data[:512]).encode()
            response.fields.append((b"Content-Type", sniffed))
            self._make_head(response, bodyless=False)
        if self._unzip is None:
            self._out.append(self._request.frame(data))
        else:
            self._unzipped(data)

    def _unzipped(self, data: bytes) -> None:
        try:
            while data:
                piece = self._unzip.decompress(data, UNZIPPED_PIECE)
                data = self._unzip.unconsumed_tail
                if piece:
                    self._out.append(self._request.frame(piece))
        except zlib.error:
            self._cut()

    def paused(self) -> None:
        """
        Write what there is; more will come, so let the client's slowness count.
        """
        if self._unsniffed is not None:
            response, self._unsniffed = self._unsniffed, None
            self._make_head(response, bodyless=False)
        self._flush()
        if not self._streaming and self._connection is not None:
            self._streaming = True
            self._request.channel.registerProducer(self._connection, True)

    def completed(self, trailers: list[Pair]) -> None:
        """
        End the response.
        """
        if self._unsniffed is not None:
            self._make_head(self._unsniffed, bodyless=False)
        self._connection = None
        request = self._request
        request.abandoned = None
        if trailers:
            replaced = self._errand.replaced
            trailers = [
                p
                for p in trailers
                if p[0].lower() not in NOT_TRAILERS and p[0].lower() not in replaced
            ]
        last = request.last_chunk(trailers)
        if last:
            self._out.append(last)
        self._stop_streaming()
        self._flush()
        request.end()

    def failed(self, error: ProxyError, *, untouched: bool) -> None:
        """
        Try once more where that is safe; else tell the client.
        """
        self._connection = None
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
        if connection is None or response.upgrade != self.upgrade:
            if connection is not None:
                connection.cut()
            self.failed(ProxyError("another protocol than asked for"), untouched=False)
            return
        channel = request.channel
        request.startedWriting = 1
        request.status = 101
        request.abandoned = None
        connection.resumeProducing()
        lines = b"".join(b"%b: %b\r\n" % pair for pair in response.fields)
        channel.write(
            b"%bConnection: Upgrade\r\nUpgrade: %b\r\n%b%b\r\n"
            % (status_line(101), response.upgrade, lines, self._errand.lines)
        )
        tunnel = Tunnel(channel.transport, connection.transport, request.tunnel_closed)
        early = channel.take_over(tunnel.from_client)
        connection.take_over(tunnel.from_upstream)
        tunnel.start()
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
        self._stop_streaming()
        self._request.abort()
