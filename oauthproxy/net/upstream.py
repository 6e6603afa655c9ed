"""
One keep-alive connection to an upstream, and the exchange it carries.

States. *idle*: in the pool, no exchange; a byte from the upstream ends it. *asked*: the
request head is out, no response byte yet. *answering*: response bytes came. *tunnel*:
another protocol has taken over. *closing*: the last bytes are on their way.

Rule 1: an exchange hears `headed`, then `received` any number of times, then exactly
one of `completed` and `failed`; or `upgraded`; or `failed` alone; or nothing more when
it has cut the connection itself.
Rule 2: a connection goes back to the pool only when request and response are both
whole and both sides want to keep it.
Rule 3: a response that breaks off, or whose end cannot be told, is a failure, never a
short success.
Rule 4: the TLS handshake, an upstream that does not read, the wait for a response, and
closing have an end. How long a response then takes is the upstream's affair.
"""

from typing import Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IHandshakeListener,
    IPushProducer,
    ISSLTransport,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from oauthproxy.errors import ConnectFailed, ProxyError, UpstreamFailed, UpstreamTimeout
from oauthproxy.net.exchange import Exchange, Owner
from oauthproxy.net.prompt import PromptWriter, read_much
from oauthproxy.net.response import ResponseReader
from oauthproxy.net.sweep import NEVER
from oauthproxy.wire.responsehead import ResponseRefused

CLOSE_SECONDS = 10.0


@implementer(IPushProducer, IHandshakeListener)
class UpstreamConnection(Protocol):
    """
    One connection to an upstream; the producer of its response's bytes.
    """

    transport: Any

    def __init__(self, owner: Owner) -> None:
        self.deadline = NEVER
        self.used = 0
        self.exchange: Exchange | None = None
        self._owner = owner
        self._reader = ResponseReader()
        self._writer: Any = None
        self._tunnel: Any = None
        self._sent_all = False
        self._handshaking = False
        self._paused = False
        self._reads_much = False
        self._closing = False
        self._gone = False

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
            transport.setTcpKeepAlive(True)
        if isinstance(self.transport, FileDescriptor):
            # No need to come through the endpoint's protocol, which waited for this.
            transport.protocol = self
        self._handshaking = ISSLTransport.providedBy(transport)
        self._writer = PromptWriter(transport)
        self._owner.sweeper.add(self)

    def handshakeCompleted(self) -> None:
        """
        Learn that TLS is ready: from now on the exchange's own times count.
        """
        self._handshaking = False
        self.deadline = NEVER
        if self._sent_all:
            self._await_response()

    # --- the request

    def begin(self, exchange: Exchange, head: bytes, *, whole: bool) -> None:
        """
        Send a request head; `whole` when no body follows.
        """
        self.exchange = exchange
        self.used += 1
        self._sent_all = whole
        self._reader.begin(exchange)
        now, patience = self._owner.sweeper.now, exchange.response_time
        if self._handshaking:
            self.deadline = now + self._owner.connect_time
        else:
            self.deadline = now + patience if whole and patience else NEVER
        self._writer.write(head)

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
        if not self._handshaking:
            self._await_response()

    def _await_response(self) -> None:
        exchange = self.exchange
        if exchange is not None and exchange.response_time and not self._reader.head:
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
            self.transport.registerProducer(_Upload(self, producer), True)

    def upload_paused(self) -> None:
        """
        Learn that the upstream does not read the request: that has an end too.
        """
        if not self._handshaking:
            self._await_response()

    def upload_resumed(self) -> None:
        """
        Learn that the upstream has read what was sent.
        """
        self._writer.drained()
        if not (self._handshaking or self._closing):
            self.deadline = NEVER

    # --- the response

    def dataReceived(self, data: bytes) -> None:
        """
        Read what the upstream sent.
        """
        if self._tunnel is not None:
            self._tunnel.dataReceived(data)
            return
        if self.exchange is None:
            self.cut()
            return
        reader = self._reader
        try:
            reader.feed(data)
        except ResponseRefused as refused:
            self._fail(UpstreamFailed(f"response refused: {refused}"))
            return
        exchange = self.exchange
        if exchange is None:
            return  # it has cut the connection meanwhile
        if reader.complete:
            self._finish(exchange)
        elif reader.head is not None:
            self.deadline = NEVER
            if reader.long_body is not self._reads_much:
                self._read_much(much=reader.long_body)
            exchange.paused()
        elif reader.switched is not None:
            self.exchange = None
            self.deadline = NEVER
            exchange.upgraded(reader.switched, reader.rest)

    def _finish(self, exchange: Exchange) -> None:
        self.exchange = None
        self.deadline = NEVER
        reader = self._reader
        if self._reads_much:
            self._read_much(much=False)
        if not self._sent_all:
            self.feed_from(None)
        exchange.completed(reader.trailers)
        reader.taker = None
        if not self._sent_all:
            self.cut()
            return
        if self._paused:
            self.resumeProducing()
        self._owner.released(self, reusable=reader.reusable)

    def _read_much(self, *, much: bool) -> None:
        self._reads_much = much
        read_much(self.transport, much=much)

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

    def take_over(self, tunnel: Any) -> None:
        """
        Hand the connection to a tunnel, for good; the pool counts it no more.
        """
        self._tunnel = tunnel
        self._owner.lost(self)

    # --- the end

    def loseConnection(self) -> None:
        """
        End the connection behind what was written, or after a time in any case.
        """
        if not self._closing:
            self._closing = True
            self.deadline = self._owner.sweeper.now + CLOSE_SECONDS
            self._owner.retired(self)
            self.transport.loseConnection()

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
        reader = self._reader
        if reader.until_close and reason.check(ConnectionDone):
            exchange.completed([])
        else:
            untouched = self.used > 1 and reader.head_bytes == 0
            exchange.failed(ConnectFailed(_why(reason)), untouched=untouched)

    def expired(self) -> None:
        """
        Give up: no handshake or response in time, or idle for too long.
        """
        if self._closing:
            self.transport.abortConnection()
        elif self.exchange is None:
            self.loseConnection()
        elif self._handshaking:
            self._fail(ConnectFailed("no TLS handshake in time"))
        else:
            self._fail(UpstreamTimeout("no response in time"))

    def cut(self) -> None:
        """
        End the connection at once; its exchange hears nothing more.
        """
        self.exchange = None
        self.deadline = NEVER
        self._reader.begin(None)
        self._owner.retired(self)
        if not self._gone:
            self.transport.abortConnection()

    def _fail(self, error: ProxyError) -> None:
        exchange = self.exchange
        self.cut()
        if exchange is not None:
            exchange.failed(error, untouched=False)


def _why(reason: Failure) -> str:
    if reason.check(ConnectionDone, ConnectionLost):
        return "the upstream ended the connection"
    return f"the connection ended: {reason.getErrorMessage()}"


@implementer(IPushProducer)
class _Upload:
    """
    The producer of a request body, as the upstream's transport pauses it.
    """

    def __init__(self, connection: UpstreamConnection, producer: IPushProducer) -> None:
        self._connection = connection
        self._producer = producer

    def pauseProducing(self) -> None:
        """
        The upstream does not keep up.
        """
        self._connection.upload_paused()
        self._producer.pauseProducing()

    def resumeProducing(self) -> None:
        """
        The upstream has caught up.
        """
        self._connection.upload_resumed()
        self._producer.resumeProducing()

    def stopProducing(self) -> None:
        """
        The upstream is gone.
        """
        self._producer.stopProducing()
