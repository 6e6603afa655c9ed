"""
Bytes of a client in, heads and bodies of requests out.

llhttp parses, `wire.requesthead` judges; whatever both let through is a request.

Rule 1: this file never touches a transport.
Rule 2: a listener hears `head_parsed`, `body_parsed` any number of times, and
`request_parsed`; or `parse_refused` once, after which nothing is parsed any more.
Rule 3: a request for an upgrade is announced by `upgrade_parsed` instead of
`request_parsed`, with the bytes behind it, unless it has a body: then it is an
ordinary request.
Rule 4: fields of a trailer section are dropped, as a proxy may (RFC 9110, 6.5.1) and
an identity header there must.
"""

from typing import Protocol

import httptools

from oauthproxy.wire.fields import Pair
from oauthproxy.wire.requesthead import CHUNKED, HeadRefused, RequestHead, judge

SHORTEST_LINE = len("A /\r\n")
LONG_BODY = 1 << 17
"""From so many missing bytes on a body of known length is not parsed."""


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
    """

    def __init__(self, listener: Listener, head_bytes: int, head_fields: int) -> None:
        self._listener = listener
        self._most_bytes = head_bytes
        self._most_fields = head_fields
        self._llhttp = httptools.HttpRequestParser(self)
        self._raw: list[bytes] = []
        self._target = b""
        self._fields: list[Pair] = []
        self._head: RequestHead | None = None
        self._replaying = False
        self._left = 0
        self.long_body = False
        self.in_head = True
        self.head_bytes = 0

    def feed(self, data: bytes) -> None:
        """
        Parse what the client sent.
        """
        if self.long_body:
            self._pass(data)
            return
        if self.in_head and not self._fits(data):
            self._listener.parse_refused(431)
            return
        try:
            self._llhttp.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserInvalidMethodError:
            self._listener.parse_refused(
                501 if self.head_bytes > SHORTEST_LINE else 400
            )
        except httptools.HttpParserCallbackError as error:
            refused = error.__context__
            if not isinstance(refused, HeadRefused):
                raise (refused or error) from error
            self._listener.parse_refused(refused.status)
        except httptools.HttpParserError:
            self._listener.parse_refused(400)

        else:
            self.long_body = self._left >= LONG_BODY

    def _pass(self, data: bytes) -> None:
        """
        Pass bytes of a long body on, past llhttp: only their number counts.
        """
        rest = data[self._left :]
        if rest:
            data = data[: self._left]
        self._left -= len(data)
        self._listener.body_parsed(data)
        if self._left:
            return
        self.long_body = False
        self._llhttp = httptools.HttpRequestParser(self)
        self.on_message_complete()
        if rest:
            self.feed(rest)

    def _fits(self, data: bytes) -> bool:
        before = self.head_bytes
        self.head_bytes += len(data)
        self._raw.append(data)
        limit = self._most_bytes
        if self.head_bytes <= limit:
            return True
        return before <= limit and b"\r\n\r\n" in data[: limit - before]

    def _upgrade(self, rest: bytes) -> None:
        head = self._head
        if head is None or not head.length:
            self._listener.upgrade_parsed(rest)
            return
        # llhttp does not parse the body of an upgrade request: a second parser does,
        # behind a head that is made up for it.
        length = head.length
        framing = (
            b"Transfer-Encoding: chunked"
            if length == CHUNKED
            else b"Content-Length: %d" % length
        )
        self._llhttp = httptools.HttpRequestParser(self)
        self._replaying = True
        self._llhttp.feed_data(b"POST / HTTP/1.1\r\nHost: a\r\n%b\r\n\r\n" % framing)
        if rest:
            self.feed(rest)

    # --- llhttp's side

    def on_message_begin(self) -> None:
        """
        Begin a head.
        """
        if not self._replaying:
            self.in_head = True
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
        if self.in_head and not self._replaying:
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
        head = judge(
            parser.get_method(), self._target, parser.get_http_version(), self._fields
        )
        if head.version == b"HTTP/1.0":
            self._check_protocol_name(head)
        if head.length or not parser.should_upgrade():
            head.upgrade = b""
        self._head = head
        self.in_head = False
        self.head_bytes = 0
        self._raw.clear()
        self._left = max(head.length, 0)
        self._listener.head_parsed(head)

    def on_body(self, data: bytes) -> None:
        """
        Take a part of the body.
        """
        self._left -= len(data)
        self._listener.body_parsed(data)

    def on_message_complete(self) -> None:
        """
        Learn that the request is whole, unless llhttp only stops at an upgrade.
        """
        if self._llhttp.should_upgrade():
            self.in_head = True
            return
        self.in_head = True
        self._head = None
        self._listener.request_parsed()

    def _check_protocol_name(self, head: RequestHead) -> None:
        # llhttp also takes the RTSP and ICE protocols, and calls them version 1.0.
        line = b"%b %b HTTP/1.0\r\n" % (head.method, self._target)
        if line not in b"".join(self._raw):
            raise HeadRefused(400, "protocol name")
