"""
Read the responses of one upstream connection.

Rule 1: bytes in, events out; this file never touches a transport.
Rule 2: a taker hears `headed`, then `received` any number of times. That the response
is whole, or that another protocol begins, stands here afterwards.
Rule 3: what cannot be told for sure is refused; what comes behind a whole response
makes the connection useless for the next one.
Rule 4: heads, trailers and chunk extensions are bounded.
"""

import httptools

from oauthproxy.net.exchange import ResponseTaker
from oauthproxy.wire.fields import Pair
from oauthproxy.wire.responsehead import (
    BODYLESS,
    ResponseHead,
    ResponseRefused,
    judge,
)

VERSIONS = frozenset({"1.1", "1.0"})
HEAD_LIMIT = 1 << 20
FRAMING_LIMIT = 1 << 16
"""Most bytes in a row, beyond those of one read, that only frame a body."""

LONG_BODY = 1 << 17
"""From so many missing bytes on a body of known length is not parsed."""

INFORMATION_LIMIT = 16


class ResponseReader:
    """
    Reads one response after the other.

    `head` is that of the final response, `switched` that of a 101 with `rest` behind
    it. `long_body` tells that the next bytes are only counted, `reusable` that the
    upstream means to keep the connection.
    """

    def __init__(self) -> None:
        self._llhttp = httptools.HttpResponseParser(self)
        self.begin(None)

    def begin(self, taker: ResponseTaker | None) -> None:
        """
        Expect the next response, for `taker`; without one tell nobody anything.
        """
        self.taker = taker
        self._fields: list[Pair] = []
        self._left = 0
        self._framing = 0
        self._informed = 0
        self.trailers: list[Pair] = []
        self.head: ResponseHead | None = None
        self.switched: ResponseHead | None = None
        self.rest = b""
        self.head_bytes = 0
        self.complete = False
        self.reusable = True
        self.long_body = False

    @property
    def until_close(self) -> bool:
        """
        Whether a body has begun that ends with the connection.
        """
        head = self.head
        return head is not None and head.until_close and not self.complete

    def feed(self, data: bytes) -> None:
        """
        Read what the upstream sent; raises ResponseRefused.
        """
        if self.long_body:
            self._pass(data)
            return
        if self.head is None:
            self.head_bytes += len(data)
            if self.head_bytes > HEAD_LIMIT + len(data):
                raise ResponseRefused("head too large")
        else:
            self._framing += len(data)
        try:
            self._llhttp.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.rest = data[upgrade.args[0] :]
        except httptools.HttpParserError as error:
            self._judge_error(error)
        if self.complete:
            return
        if self._framing > FRAMING_LIMIT:
            raise ResponseRefused("too much between the bytes of a body")
        self.long_body = self._left >= LONG_BODY

    def _judge_error(self, error: httptools.HttpParserError) -> None:
        if isinstance(error, httptools.HttpParserCallbackError):
            raise (error.__context__ or error) from error
        self.reusable = False
        if not self.complete:
            raise ResponseRefused(str(error)) from error

    def _pass(self, data: bytes) -> None:
        """
        Pass bytes of a long body on, past the parser: only their number counts.
        """
        if len(data) > self._left:
            self.reusable = False
            data = data[: self._left]
        self._left -= len(data)
        if not self._left:
            self.long_body = False
            self.complete = True
            self._llhttp = httptools.HttpResponseParser(self)
        if self.taker is not None:
            self.taker.received(data)

    # --- llhttp's side

    def on_message_begin(self) -> None:
        """
        Begin a head.
        """
        if self.complete:
            self.reusable = False
        self._fields = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """
        Take a field, or a trailer field.
        """
        if value and value[-1] <= 0x20:
            value = value.rstrip(b" \t")
        if self.head is None:
            self._fields.append((name, value))
        else:
            self.trailers.append((name, value))

    def on_headers_complete(self) -> None:
        """
        Pass the head on.
        """
        taker, llhttp = self.taker, self._llhttp
        if taker is None or self.complete:
            self.reusable = False
            return
        status = llhttp.get_status_code()
        if status < 200:
            self._inform(status, taker)
            return
        head = judge(status, self._fields)
        bodyless = taker.head_only or status in BODYLESS
        if not llhttp.should_keep_alive():
            self._judge_persistence(head, bodyless=bodyless)
        self.head = head
        if bodyless:
            # llhttp would wait for the body that these responses only describe.
            self._llhttp = httptools.HttpResponseParser(self)
        elif head.length:
            self._left = head.length
        taker.headed(head)
        if bodyless:
            self.complete = True

    def _judge_persistence(self, head: ResponseHead, *, bodyless: bool) -> None:
        version = self._llhttp.get_http_version()
        if version not in VERSIONS:
            raise ResponseRefused("HTTP version")
        # llhttp says no also where it thinks that a body ends with the connection.
        kept = version == "1.1" and not head.closes
        self.reusable = kept and bodyless and head.until_close

    def _inform(self, status: int, taker: ResponseTaker) -> None:
        if status < 100:
            raise ResponseRefused("status")
        head = judge(status, self._fields)
        if status == 101:
            if not taker.upgrade or head.upgrade != taker.upgrade:
                raise ResponseRefused("another protocol than asked for")
            self.switched = head
            return
        self._informed += 1
        if self._informed > INFORMATION_LIMIT:
            raise ResponseRefused("too many informational responses")
        if status != 100:
            taker.informed(status, head.fields)

    def on_body(self, data: bytes) -> None:
        """
        Pass body bytes on.
        """
        if self.complete:
            self.reusable = False
        elif self.taker is not None:
            self._left -= len(data)
            self._framing = 0
            self.taker.received(data)

    def on_message_complete(self) -> None:
        """
        Learn that the response is whole.
        """
        if self.head is not None:
            self.complete = True
