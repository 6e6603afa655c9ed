"""
A request on a `FrontChannel`: it starts as soon as its head is in.

It is Twisted's own request to every resource that wants one (`setHeader`, `write`,
`finish`, `registerProducer`, `notifyFinish`), and has a short way besides: `send_head`
writes a head made elsewhere, `send_body` and `end` frame what follows.

Rule 1: what stock requests make eagerly (header objects, cookies, addresses) is made
here when somebody asks.
Rule 2: a response without a length is chunked for HTTP/1.1 and ends with the
connection for HTTP/1.0.
Rule 3: after the first byte an error cuts the connection, so that a short body never
looks complete.
Rule 4: a body is as long as its Content-Length says: what is too much is not sent, and
one that is too short cuts the connection.
Rule 5: an answer that does not wait for the request's body says that the connection
ends with it.
"""

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPullProducer, IPushProducer
from twisted.python.failure import Failure
from twisted.web import http, server
from twisted.web.http_headers import Headers

from oauthproxy.net.patience import be_patient
from oauthproxy.scope import Scope
from oauthproxy.web.body import Body
from oauthproxy.wire.fields import Fields, Pair, field_text
from oauthproxy.wire.requesthead import RequestHead

if TYPE_CHECKING:
    from oauthproxy.web.channel import FrontChannel

BODYLESS = frozenset({204, 304})
STATUS_LINES = {
    code: b"HTTP/1.1 %d %b\r\n" % (code, phrase)
    for code, phrase in http.RESPONSES.items()
}


def status_line(code: int) -> bytes:
    """
    Return a status line, with the end of its line.
    """
    line = STATUS_LINES.get(code)
    return b"HTTP/1.1 %d status code %d\r\n" % (code, code) if line is None else line


class FrontRequest(server.Request):
    """
    One request and its response.

    `status` and `sent` (body bytes) are for the log; `upstream` names who answered.
    `silent` requests are neither logged nor counted.
    `extra_lines` are fields with line ends that a stock response carries besides.
    `abandoned` is called when the client leaves before its answer is out.
    """

    defaultContentType = None
    site: Any
    body: Body | None = None
    status = 0
    sent = 0
    upstream = ""
    username = ""
    health = False
    silent = False
    begun = False
    abandoned: Callable[[], None] | None = None
    extra_lines = b""
    content = None
    queued = False
    _framing = ""
    _left: int | None = None
    _request_id = ""

    def __init__(self, channel: "FrontChannel", head: RequestHead) -> None:
        # The stock constructor makes three header objects; ours are made on demand.
        # What most requests never change is on the class.
        self.channel: Any = channel
        self.site = channel.site
        self.head = head
        self.method = head.method
        self.uri = head.target
        self.path = head.target.partition(b"?")[0]
        self.clientproto = head.version
        self.fields: list[Pair] = head.fields
        self.received_at = time.time_ns()
        self.notifications: list[Deferred[None]] = []
        self.cookies: list[bytes] = []
        self._close_after = not head.keep_alive

    # --- made on demand

    @cached_property
    def requestHeaders(self) -> Headers:  # type: ignore[override]  # stock sets it
        """
        Return the fields as stock resources know them.
        """
        headers = Headers()
        for name, value in self.fields:
            headers.addRawHeader(name, value)
        return headers

    @cached_property
    def responseHeaders(self) -> Headers:  # type: ignore[override]  # stock sets it
        """
        Return the fields that stock resources have set so far.
        """
        return Headers()

    @cached_property
    def transport(self) -> Any:  # type: ignore[override]  # stock sets it
        """
        Return the client's transport.
        """
        return self.channel.transport

    @cached_property
    def client(self) -> Any:
        """
        Return the client's address.
        """
        return self.channel.getPeer()

    @cached_property
    def host(self) -> Any:
        """
        Return our own address.
        """
        return self.channel.getHost()

    @cached_property
    def args(self) -> dict[bytes, list[bytes]]:  # type: ignore[override]  # stock sets it
        """
        Return the query's parameters as stock resources know them.
        """
        query = self.uri.partition(b"?")[2]
        found: dict[bytes, list[bytes]] = http.parse_qs(query, keep_blank_values=True)
        return found

    @property
    def request_id(self) -> str:
        """
        Return the id that names this request in logs and on error pages.
        """
        if not self._request_id:
            self._request_id = self.site.request_id(self)
        return self._request_id

    @cached_property
    def scope(self) -> Scope:
        """
        Return the facts that the inside decides by.
        """
        return Scope(
            method=self.method.decode("ascii"),
            target=field_text(self.uri),
            host=field_text(self.head.host),
            fields=Fields(self.fields),
            peer=self.channel.client,
            trust=self.site.trust,
            secure=self.channel.secure,
            request_id=self.request_id,
            received_at=self.received_at,
            protocol=self.clientproto.decode("ascii"),
        )

    # --- life

    def process(self) -> None:
        """
        Find the resource and let it answer.
        """
        try:
            self.site.getResourceFor(self).render(self)
        except Exception:  # noqa: BLE001  # a resource that broke answers with a page
            self.site.broke(self, Failure())

    def connectionLost(self, reason: Failure) -> None:
        """
        Learn that the client is gone before its answer was.
        """
        self._disconnected = True
        self._give_up(499)
        notifications, self.notifications = self.notifications, []
        for waiting in notifications:
            waiting.errback(reason)

    def refuse(self, status: int) -> None:
        """
        Learn that the rest of the request is none: nobody waits for its answer.
        """
        self._give_up(status)

    def _give_up(self, status: int) -> None:
        if self.finished:
            return
        self.finished = 1
        if self.body is not None:
            self.body.abandon()
        if not self.status:
            self.status = status
        if self.abandoned is not None:
            self.abandoned()
        if self.begun:
            self.site.answered(self)

    # --- the short way

    def send_head(self, code: int, lines: list[bytes], framing: str) -> list[bytes]:
        """
        Return the pieces of a response head; `lines` are fields with line ends.

        `framing` is "length" (a Content-Length is among the lines, or no body
        follows), or "stream" (the length is unknown).
        """
        self.startedWriting = 1
        self.status = code
        body = self.body
        if body is not None and not (body.complete or body.wanted):
            self._close_after = True
        out = [status_line(code), *lines]
        if framing == "stream" and self.method != b"HEAD" and code not in BODYLESS:
            if self.clientproto == b"HTTP/1.1":
                out.append(b"Transfer-Encoding: chunked\r\n")
                self._framing = "chunked"
            else:
                self._close_after = True
        if self._close_after:
            out.append(b"Connection: close\r\n")
        elif self.clientproto == b"HTTP/1.0":
            out.append(b"Connection: keep-alive\r\n")
        out.append(b"\r\n")
        return out

    def frame(self, data: bytes) -> bytes:
        """
        Return body bytes as they go out after `send_head`.
        """
        self.sent += len(data)
        if self._framing == "chunked":
            return b"%x\r\n%b\r\n" % (len(data), data)
        return data

    def last_chunk(self, trailers: list[Pair]) -> bytes:
        """
        Return what ends the body after `send_head`.
        """
        if self._framing != "chunked":
            return b""
        if not trailers:
            return b"0\r\n\r\n"
        lines = b"".join(b"%b: %b\r\n" % pair for pair in trailers)
        return b"0\r\n%b\r\n" % lines

    def end(self) -> None:
        """
        Finish after everything was written by the short way.
        """
        if not self.finished:
            self.finished = 1
            self._done()

    def abort(self) -> None:
        """
        Cut the connection: the response cannot be finished.
        """
        if not self.finished:
            self.finished = 1
            self.site.answered(self)
            self.channel.abort()

    def tunnel_closed(self) -> None:
        """
        Learn that the tunnel made of this request has ended.
        """
        if not self.finished:
            self.finished = 1
            self.site.tunnel_closed()
            self.site.answered(self)

    def close_after(self) -> None:
        """
        End the connection behind this response.
        """
        self._close_after = True

    def hurry(self) -> None:
        """
        Let the client wait no more for new ones: a request of its has passed.
        """
        channel = self.channel
        if channel.patient:
            channel.patient = False
            be_patient(channel.transport, patient=False)

    # --- the stock way

    def write(self, data: bytes) -> None:
        """
        Send body bytes, the head before the first of them.
        """
        if self._disconnected or self.finished:
            return
        out: list[bytes] = []
        if not self.startedWriting:
            out = self._stock_head()
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        if data:
            out.append(self.frame(data))
        self.channel.write(b"".join(out))

    def _stock_head(self) -> list[bytes]:
        headers = self.responseHeaders
        if self.code in BODYLESS:
            headers.removeHeader(b"content-length")
        if self.lastModified is not None:
            headers.setRawHeaders(
                b"Last-Modified", [http.datetimeToString(self.lastModified)]
            )
        if self.etag is not None:
            headers.setRawHeaders(b"ETag", [self.etag])
        lines = [self.extra_lines] if self.extra_lines else []
        lines += [
            b"%b: %b\r\n" % (name, value)
            for name, values in headers.getAllRawHeaders()
            for value in values
        ]
        lines.append(b"Date: %b\r\n" % self.site.sweeper.date)
        self._left = self._body_length()
        known = self._left is not None
        return self.send_head(self.code, lines, "length" if known else "stream")

    def _body_length(self) -> int | None:
        if self.method == b"HEAD" or self.code in BODYLESS:
            return 0
        lengths = self.responseHeaders.getRawHeaders(b"content-length")
        return int(lengths[0]) if lengths else None

    def finish(self) -> None:
        """
        End the response.
        """
        if self._disconnected or self.finished:
            return
        if not self.startedWriting:
            self.write(b"")
        if self._left:
            self.abort()
            return
        rest = self.last_chunk([])
        if rest:
            self.channel.write(rest)
        self.end()

    def registerProducer(
        self, producer: IPushProducer | IPullProducer, streaming: bool
    ) -> None:
        """
        Let the client's slowness pause `producer`.
        """
        if self.finished:
            producer.stopProducing()
            return
        self.producer = producer
        self.streamingProducer = streaming
        self.channel.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """
        Forget the producer.
        """
        if self.producer is not None:
            self.producer = None
            self.channel.unregisterProducer()

    def _done(self) -> None:
        self.site.answered(self)
        channel = self.channel
        channel.request_done(self, reusable=not self._close_after)
        if self.notifications:
            notifications, self.notifications = self.notifications, []
            for waiting in notifications:
                waiting.callback(None)
