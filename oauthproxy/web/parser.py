"""
Bytes of a client in, heads and bodies of requests out.

llhttp parses, `wire.requesthead` judges; whatever both let through is a request.

Rule 1: this file never touches a transport.
Rule 2: a listener hears `head_parsed`, `body_parsed` any number of times, and
`request_parsed`; or `parse_refused` once, after which nothing is parsed any more.
Rule 3: a request for an upgrade is announced by `upgrade_parsed` instead of
`request_parsed`, with the bytes behind it, unless it has a body or asks for more than
one protocol: then it is an ordinary request.
Rule 4: fields of a trailer section are dropped, as a proxy may (RFC 9110, 6.5.1) and
an identity header there must.
Rule 5: what one `feed` gave of a body is passed on in one piece.
Rule 6: between the bytes of a body there is little besides: chunk extensions and
trailers without end are refused.
Rule 7: a request with the fields of the one before is not parsed again
(`web.repetition`).
"""

import re
from typing import Protocol

import httptools

from oauthproxy.web.repetition import Repetition
from oauthproxy.wire.fields import Pair
from oauthproxy.wire.requesthead import CHUNKED, HeadRefused, RequestHead, judge

LONG_BODY = 1 << 17
"""From so many missing bytes on a body of known length is not parsed."""

FRAMING_LIMIT = 1 << 14
"""Most bytes in a row, beyond those of one `feed`, that only frame a body."""

_LINE_ENDS = {"1.1": b" HTTP/1.1\r\n", "1.0": b" HTTP/1.0\r\n"}
_REQUEST_LINE = re.compile(rb"(?:\r\n)*[!-~]+ [!-~]+ HTTP/1\.[01]\r\n")


class Listener(Protocol):
    """
    Who hears what was parsed.
    """

    def head_parsed(self, head: RequestHead) -> None:
        """
        Take a request head; `head.upgrade` is set for a request that may take over.
        """

    def body_parsed(self, data: bytes) -> None:
        """
        Take bytes of the body.
        """

    def request_parsed(self) -> None:
        """
        Learn that the request is whole.
        """

    def upgrade_parsed(self, rest: bytes) -> None:
        """
        Learn that the last head asks for an upgrade; `rest` came behind it.
        """

    def parse_refused(self, status: int) -> None:
        """
        Learn that the bytes are no request.
        """


class RequestParser:
    """
    Parse the requests of one connection.

    `in_head` tells that the next byte belongs to a head or lies before one,
    `head_bytes` how much of that head there was, and `long_body` that the next bytes
    are only counted.
    """

    def __init__(self, listener: Listener, head_bytes: int, head_fields: int) -> None:
        self._listener = listener
        self._most_bytes = head_bytes
        self._most_fields = head_fields
        self._llhttp = httptools.HttpRequestParser(self)
        self._target = b""
        self._fields: list[Pair] = []
        self._head: RequestHead | None = None
        self._repetition = Repetition()
        self._alone = False
        self._body: list[bytes] = []
        self._left = 0
        self._framing = 0
        self._raw = self._data = b""
        self._begun = False
        self._parsed = False
        self._has_line = False
        self._replaying = False
        self._refused = False
        self.long_body = False
        self.in_head = True
        self.head_bytes = 0

    def feed(self, data: bytes) -> None:
        """
        Parse what the client sent.
        """
        if self._refused:
            return
        rest = self._pass(data) if self.long_body else self._parse(data)
        while rest and not self._refused:
            rest = self._pass(rest) if self.long_body else self._parse(rest)

    def _parse(self, data: bytes) -> bytes:
        """
        Give bytes to llhttp; return those that have to be given to it anew.
        """
        self._alone = self.in_head and not self.head_bytes
        if self._alone and len(data) <= self._most_bytes:
            known = self._repetition.again(data)
            if known is not None:
                self._repeat(known)
                return b""
        if self.in_head:
            self.head_bytes += len(data)
        else:
            self._framing += len(data)
        self._parsed = False
        self._has_line = self._begun and bool(self._fields)
        self._data = data
        try:
            self._llhttp.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self._fail(error)
            return b""
        if self._begun:
            self._keep_line()
        self._data = b""
        if self._body:
            self._deliver()
        if self.in_head:
            if self.head_bytes > self._most_bytes:
                self._refuse(431)
        elif self._framing > FRAMING_LIMIT:
            self._refuse(400)
        else:
            self.long_body = self._left >= LONG_BODY
        return b""

    def _repeat(self, head: RequestHead) -> None:
        """
        Tell of a request that was not parsed because it was before.
        """
        self.in_head = False
        self._listener.head_parsed(head)
        self.in_head = True
        self._listener.request_parsed()

    def _fail(self, error: httptools.HttpParserError) -> None:
        if isinstance(error, httptools.HttpParserInvalidMethodError):
            line = _REQUEST_LINE.match(self._raw + self._data)
            self._refuse(400 if self._parsed or not line else 501)
        elif isinstance(error, httptools.HttpParserCallbackError):
            refused = error.__context__
            if not isinstance(refused, HeadRefused):
                raise (refused or error) from error
            self._refuse(refused.status)
        else:
            self._refuse(400)

    def _keep_line(self) -> None:
        """
        Keep the beginning of a head, up to its first fields, for its request line.
        """
        # One that begins behind the end of another request is not counted so far.
        self.head_bytes = self.head_bytes or 1
        if self._parsed:
            self._raw = self._data
        elif not self._has_line:
            self._raw += self._data

    def _deliver(self) -> None:
        body, self._body = self._body, []
        self._listener.body_parsed(body[0] if len(body) == 1 else b"".join(body))

    def _refuse(self, status: int) -> None:
        self._refused = True
        self._raw = self._data = b""
        self._body.clear()
        self._listener.parse_refused(status)

    def _pass(self, data: bytes) -> bytes:
        """
        Pass bytes of a long body on, past llhttp: only their number counts.
        """
        rest = data[self._left :]
        if rest:
            data = data[: self._left]
        self._left -= len(data)
        self._listener.body_parsed(data)
        if not self._left:
            self.long_body = False
            self._llhttp = httptools.HttpRequestParser(self)
            self.on_message_complete()
        return rest

    def _upgrade(self, rest: bytes) -> bytes:
        """
        Go on behind a head at which llhttp has stopped; return what to parse next.
        """
        self._data = b""
        head = self._head
        if head is None:
            return rest
        if not head.length:
            self._head = None
            self.in_head = True
            self._listener.upgrade_parsed(rest)
            return b""
        # llhttp does not parse the body of an upgrade request: a second parser does,
        # behind a head that is made up for it.
        framing = (
            b"Transfer-Encoding: chunked"
            if head.length == CHUNKED
            else b"Content-Length: %d" % head.length
        )
        self._llhttp = httptools.HttpRequestParser(self)
        self._replaying = True
        self._llhttp.feed_data(b"POST / HTTP/1.1\r\nHost: a\r\n%b\r\n\r\n" % framing)
        self.long_body = self._left >= LONG_BODY
        return rest

    # --- llhttp's side

    def on_message_begin(self) -> None:
        """
        Begin a head.
        """
        if not self._replaying:
            self._begun = True
            self._target = b""
            self._fields = []

    def on_url(self, url: bytes) -> None:
        """
        Take a part of the target.
        """
        if not self._replaying:
            self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """
        Take a field.
        """
        if self._begun:
            if value and value[-1] <= 0x20:
                value = value.rstrip(b" \t")
            self._fields.append((name, value))
            if len(self._fields) > self._most_fields:
                raise HeadRefused(431, "too many fields")

    def on_headers_complete(self) -> None:
        """
        Judge the head.
        """
        if self._replaying:
            self._replaying = False
            return
        parser = self._llhttp
        method, version = parser.get_method(), parser.get_http_version()
        # llhttp takes several blanks for one, and RTSP for HTTP, and does not tell.
        place = len(method) + 1 + len(self._target)
        end = _LINE_ENDS.get(version, b"")
        alone = self._alone and self._data.startswith(end, place)
        if not alone and (self._raw or not self._data.startswith(end, place)):
            self._check_line(b"%b %b%b" % (method, self._target, end))
        if not alone or len(self._data) > self._most_bytes:
            self._measure(place + len(end))
        head = judge(method, self._target, version, self._fields)
        stops = parser.should_upgrade()
        if head.length or not stops:
            head.upgrade = b""
        self._head = head if stops and (head.length or head.upgrade) else None
        self._begun = False
        self._parsed = True
        self.in_head = False
        self.head_bytes = 0
        self._framing = 0
        self._left = max(head.length, 0)
        if not head.keep_alive:
            self._repetition = Repetition()  # llhttp takes nothing behind it either
        elif alone and version == "1.1" and not stops:
            self._repetition.learn(self._data, place + 9, head)
        self._fields = []
        self._listener.head_parsed(head)

    def _measure(self, line: int) -> None:
        """
        Refuse a head that is too long, though it may have come in one piece.
        """
        size = line + sum(len(name) + len(value) + 4 for name, value in self._fields)
        if size > self._most_bytes:
            raise HeadRefused(431, "head too large")

    def on_body(self, data: bytes) -> None:
        """
        Take a part of the body.
        """
        self._left -= len(data)
        self._framing = 0
        self._body.append(data)

    def on_message_complete(self) -> None:
        """
        Learn that the request is whole, unless llhttp only stops at an upgrade.
        """
        if self._head is not None:
            if self._llhttp.should_upgrade():
                return
            self._head = None
        if self._body:
            self._deliver()
        self.in_head = True
        self._listener.request_parsed()

    def _check_line(self, line: bytes) -> None:
        if line not in self._raw + self._data:
            raise HeadRefused(400, "request line")
        self._raw = b""
