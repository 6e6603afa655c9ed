"""
One keep-alive connection to an upstream, and the exchange it carries.

States. *idle*: in the pool, no exchange; a byte from the upstream ends it. *asked*: the
request head is out, no response byte yet. *answering*: response bytes came. *tunnel*:
another protocol has taken over.

Rule 1: an exchange hears `headed`, then `received` any number of times, then exactly
one of `completed` and `failed`; or `upgraded`; or `failed` alone.
Rule 2: a connection goes back to the pool only when request and response are both
whole and both sides want to keep it.
Rule 3: a response that breaks off, or whose end cannot be told, is a failure, never a
short success.
"""

from typing import Any, Protocol

import httptools
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from oauthproxy.errors import ConnectFailed, ProxyError, UpstreamFailed, UpstreamTimeout
from oauthproxy.net.prompt import PromptWriter, read_much
from oauthproxy.net.sweep import NEVER
from oauthproxy.wire.fields import Pair
from oauthproxy.wire.responsehead import (
    BODYLESS,
    ResponseHead,
    ResponseRefused,
    judge,
)

VERSIONS = frozenset({"1.1", "1.0"})
HEAD_LIMIT = 1 << 20
LONG_BODY = 1 << 17
"""From so many missing bytes on a body of known length is not parsed."""

INFORMATION_LIMIT = 16


class Exchange(Protocol):
    """
    One request and its response, as its connection sees it.
    """

    head_only: bool
    upgrade: bytes
    response_time: float

    def informed(self, status: int, fields: list[Pair]) -> None:
        """
        Take an informational response (1xx).
        """

    def headed(self, response: ResponseHead) -> None:
        """
        Take the head of the final response.
        """

    def received(self, data: bytes) -> None:
        """
        Take body bytes.
        """

    def paused(self) -> None:
        """
        Learn that all bytes that came so far were passed on and more will come.
        """

    def completed(self, trailers: list[Pair]) -> None:
        """
        Learn that the response is whole.
        """

    def upgraded(self, response: ResponseHead, rest: bytes) -> None:
        """
        Take over: the upstream has switched protocols.
        """

    def failed(self, error: ProxyError, *, untouched: bool) -> None:
        """
        Learn that there will be no (more) response. `untouched`: a kept connection
        ended before any byte of the response came.
        """


class Owner(Protocol):
    """
    The pool, as its connections see it.
    """

    sweeper: Any

    def released(self, connection: "UpstreamConnection", *, reusable: bool) -> None:
        """
        Take a connection back.
        """

    def lost(self, connection: "UpstreamConnection") -> None:
        """
        Forget a connection.
        """


@implementer(IPushProducer)
class Refilling:
    """
    A producer for a transport that a prompt writer writes to.
    """

    def __init__(self, producer: IPushProducer, writer: PromptWriter) -> None:
        self._writer = writer
        self.pauseProducing = producer.pauseProducing
        self.stopProducing = producer.stopProducing
        self._resume = producer.resumeProducing

    def resumeProducing(self) -> None:
        """
        Go on: the transport's buffer is empty.
        """
        self._writer.drained()
        self._resume()


@implementer(IPushProducer)
class UpstreamConnection(TwistedProtocol):
    """
    One connection to an upstream; the producer of its response's bytes.
    """

    transport: Any

    def __init__(self, owner: Owner) -> None:
        self.deadline = NEVER
        self.used = 0
        self.exchange: Exchange | None = None
        self._owner = owner
        self._parser = httptools.HttpResponseParser(self)
        self._reset()
        self._tunnel: Any = None
        self._gone = False
        self._paused = False
        self._raw = False
        self._writer: Any = None

    def _reset(self) -> None:
        self._fields: list[Pair] = []
        self._trailers: list[Pair] = []
        self._head: ResponseHead | None = None
        self._head_bytes = 0
        self._informed = 0
        self._sent_all = False
        self._complete = False
        self._reusable = True
        self._left = 0

    def __repr__(self) -> str:
        state = "idle" if self.exchange is None else "busy"
        return f"<UpstreamConnection {state}, used {self.used} times>"

    def connectionMade(self) -> None:
        """
        Be looked after by the sweeper.
        """
        transport: Any = self.transport
        if hasattr(transport, "setTcpNoDelay"):
            transport.setTcpNoDelay(True)
        self._writer = PromptWriter(transport)
        self._owner.sweeper.add(self)

    # --- the request

    def begin(self, exchange: Exchange, head: bytes, *, whole: bool) -> None:
        """
        Send a request head; `whole` when no body follows.
        """
        self.exchange = exchange
        self.used += 1
        self._reset()
        self.deadline = NEVER
        self._writer.write(head)
        if whole:
            self.sent_all()

    def write(self, data: bytes) -> None:
        """
        Send body bytes, framed already.
        """
        if self.exchange is not None and not self._gone:
            self._writer.write(data)

    def sent_all(self) -> None:
        """
        Learn that the request is whole; now the response is waited for.
        """
        self._sent_all = True
        exchange = self.exchange
        if exchange is not None and self._head is None and exchange.response_time:
            self.deadline = self._owner.sweeper.now + exchange.response_time

    def feed_from(self, producer: IPushProducer | None) -> None:
        """
        Let the upstream's slowness pause the producer of the request body.
        """
        if self._gone:
            return
        if producer is None:
            self.transport.unregisterProducer()
        else:
            self.transport.registerProducer(Refilling(producer, self._writer), True)

    # --- the response

    def dataReceived(self, data: bytes) -> None:
        """
        Parse what the upstream sent.
        """
        if self._tunnel is not None:
            self._tunnel.dataReceived(data)
            return
        if self.exchange is None:
            self.cut()
            return
        if self._raw:
            self._pass(data)
            return
        if self._head is None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_LIMIT + len(data):
                self._fail(UpstreamFailed("response head too large"))
                return
        self._parse(data)
        if self._complete:
            self._finish()
        elif self._head is not None and self.exchange is not None:
            if self._left >= LONG_BODY:
                self._raw = True
                read_much(self.transport, much=True)
            self.exchange.paused()

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgraded(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            if not isinstance(cause, ResponseRefused):
                raise (cause or error) from error
            self._fail(UpstreamFailed(f"response refused: {cause}"))
        except httptools.HttpParserError as error:
            self._reusable = False
            if not self._complete:
                self._fail(UpstreamFailed(f"response refused: {error}"))

    def _pass(self, data: bytes) -> None:
        """
        Pass bytes of a long body on, past the parser: only their number counts.
        """
        exchange = self.exchange
        assert exchange is not None
        if len(data) > self._left:
            self._reusable = False
            data = data[: self._left]
        self._left -= len(data)
        exchange.received(data)
        if self._left:
            exchange.paused()
            return
        self._end_raw()
        self._complete = True
        self._finish()

    def _end_raw(self) -> None:
        self._raw = False
        self._parser = httptools.HttpResponseParser(self)
        read_much(self.transport, much=False)

    def on_message_begin(self) -> None:
        """
        Begin a response head (llhttp).
        """
        if self._complete:
            self._reusable = False
        self._fields = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """
        Take a field, or a trailer field (llhttp).
        """
        if value and value[-1] <= 0x20:
            value = value.rstrip(b" \t")
        if self._head is None:
            self._fields.append((name, value))
        else:
            self._trailers.append((name, value))

    def on_headers_complete(self) -> None:
        """
        Pass the head on (llhttp).
        """
        exchange = self.exchange
        if exchange is None or self._complete:
            self._reusable = False
            return
        parser = self._parser
        status = parser.get_status_code()
        if status < 100 or parser.get_http_version() not in VERSIONS:
            raise ResponseRefused("status line")
        if 100 <= status < 200:
            self._inform(status)
            return
        head = judge(status, self._fields)
        self._head = head
        self.deadline = NEVER
        bodyless = exchange.head_only or status in BODYLESS
        if not parser.should_keep_alive() and not (bodyless and head.until_close):
            self._reusable = False
        if bodyless:
            # llhttp would wait for the body that these responses only describe.
            self._parser = httptools.HttpResponseParser(self)
        elif head.length:
            self._left = head.length
        exchange.headed(head)
        if bodyless:
            self._complete = True

    def _inform(self, status: int) -> None:
        exchange = self.exchange
        assert exchange is not None
        if status == 101:
            if not exchange.upgrade:
                raise ResponseRefused("101 without being asked")
            return
        self._informed += 1
        if self._informed > INFORMATION_LIMIT:
            raise ResponseRefused("too many informational responses")
        if status != 100:
            exchange.informed(status, self._fields)

    def on_body(self, data: bytes) -> None:
        """
        Pass body bytes on (llhttp).
        """
        if self._complete:
            self._reusable = False
        elif self.exchange is not None:
            self._left -= len(data)
            self.exchange.received(data)

    def on_message_complete(self) -> None:
        """
        Learn that the response is whole (llhttp).
        """
        if self._head is not None:
            self._complete = True

    def pauseProducing(self) -> None:
        """
        Read no more: the client does not keep up.
        """
        if not self._paused and not self._gone:
            self._paused = True
            self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """
        Read on.
        """
        if self._paused and not self._gone:
            self._paused = False
            self.transport.resumeProducing()

    def stopProducing(self) -> None:
        """
        Nothing: the exchange hears that its client is gone.
        """

    def _finish(self) -> None:
        exchange, self.exchange = self.exchange, None
        self.deadline = NEVER
        reusable = self._reusable and self._sent_all
        if not self._sent_all:
            self.feed_from(None)
        if exchange is not None:
            exchange.completed(self._trailers)
        self.resumeProducing()
        self._owner.released(self, reusable=reusable)

    def _upgraded(self, rest: bytes) -> None:
        exchange = self.exchange
        status = self._parser.get_status_code()
        if exchange is None or status != 101 or not exchange.upgrade:
            self._fail(UpstreamFailed("unexpected upgrade"))
            return
        self.exchange = None
        self.deadline = NEVER
        exchange.upgraded(judge(status, self._fields), rest)

    def take_over(self, tunnel: Any) -> None:
        """
        Hand the connection to a tunnel, for good; the pool counts it no more.
        """
        self._tunnel = tunnel
        self._owner.lost(self)

    # --- the end

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Tell the exchange or the tunnel.
        """
        self._gone = True
        self._owner.sweeper.discard(self)
        self._owner.lost(self)
        if self._tunnel is not None:
            self._tunnel.connectionLost(reason)
            return
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            return
        head = self._head
        if head is not None and head.until_close and not self._complete:
            exchange.completed([])
        else:
            untouched = self.used > 1 and self._head_bytes == 0
            exchange.failed(
                ConnectFailed("the upstream ended the connection"), untouched=untouched
            )

    def expired(self) -> None:
        """
        Give up: no response in time, or idle for too long.
        """
        self.deadline = NEVER
        if self.exchange is None:
            self.transport.loseConnection()
        else:
            self._fail(UpstreamTimeout("no response in time"))

    def cut(self) -> None:
        """
        End the connection at once; its exchange hears nothing more.
        """
        self.exchange = None
        self.deadline = NEVER
        if not self._gone:
            self.transport.abortConnection()

    def _fail(self, error: ProxyError) -> None:
        exchange = self.exchange
        self.cut()
        if exchange is not None:
            exchange.failed(error, untouched=False)
