"""
A client connection: bytes in, requests out, one response at a time.

States. *head*: between requests or within a head, deadline `head` once its first byte
is in, else `idle`. *body*: a request is being handled and its body still arrives.
*busy*: the body is in, the response is not out. *draining*: the response is out before
the body was in; what comes is thrown away, then the connection ends. *tunnel*: another
protocol has taken over.

Rule 1: what `web.parser` lets through is a request; everything else is refused.
Rule 2: requests of one connection are answered in order; what a client sends ahead is
parsed, kept (at most one read's worth) and waits, and the socket is paused meanwhile.
Rule 3: every state has a deadline; all are set here and kept by `net.sweep`.
Rule 4: after an answer that ends before its request does, the connection never parses
another request.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from attrs import frozen
from twisted.internet.interfaces import IAddress, IPushProducer
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from oauthproxy.net.prompt import PromptWriter, read_much
from oauthproxy.net.sweep import NEVER
from oauthproxy.scope import Peer
from oauthproxy.web.body import Body
from oauthproxy.web.parser import RequestParser
from oauthproxy.web.request import FrontRequest
from oauthproxy.wire.requesthead import RequestHead

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
DRAIN_BYTES = 1 << 18
DRAIN_SECONDS = 5.0
READ_AHEAD = 64
PHRASES = {
    400: b"Bad Request",
    405: b"Method Not Allowed",
    408: b"Request Timeout",
    417: b"Expectation Failed",
    431: b"Request Header Fields Too Large",
    501: b"Not Implemented",
    505: b"HTTP Version Not Supported",
}


@frozen(kw_only=True)
class ChannelLimits:
    """
    Sizes in bytes and times in seconds for one client connection.
    """

    head_bytes: int
    head_fields: int
    head_time: float
    idle_time: float
    body_time: float


class Successor(Protocol):
    """
    A protocol that takes over a client's transport.
    """

    def dataReceived(self, data: bytes) -> None:
        """
        Take bytes from the client.
        """

    def connectionLost(self, reason: Failure) -> None:
        """
        Learn that the client is gone.
        """


@implementer(IPushProducer)
class FrontChannel(TwistedProtocol):
    """
    One client connection of a `FrontSite`.
    """

    transport: Any
    write: Callable[[bytes], None]

    def __init__(self, site: Any) -> None:
        self.site = site
        self.sweeper = site.sweeper
        self.limits: ChannelLimits = site.limits
        self.deadline = NEVER
        self.requests: deque[FrontRequest] = deque()
        self.secure = False
        self.peer: IAddress | None = None
        self.client = Peer("@")
        self._parser = RequestParser(
            self, self.limits.head_bytes, self.limits.head_fields
        )
        self._incoming: FrontRequest | None = None
        self._expects_continue = False
        self._closing = False
        self._refusal = 0
        self._drained = -1
        self._paused = False
        self._reads_much = False
        self._successor: Successor | None = None
        self._upgrade_rest: bytes | None = None
        self._producer: IPushProducer | None = None

    # --- the transport's side

    def connectionMade(self) -> None:
        """
        Start waiting for a request.
        """
        transport: Any = self.transport
        if hasattr(transport, "setTcpNoDelay"):
            transport.setTcpNoDelay(True)
        self.peer = transport.getPeer()
        self.client = self.site.peer_of(self.peer)
        self.secure = self.site.is_secure(transport)
        self.deadline = self.sweeper.now + self.limits.head_time
        self._writer = PromptWriter(transport)
        self.write = self._writer.write
        self.site.opened(self)

    def dataReceived(self, data: bytes) -> None:
        """
        Parse what the client sent.
        """
        if self._successor is not None:
            self._successor.dataReceived(data)
        elif self._closing or self._refusal:
            return
        elif self._upgrade_rest is not None:
            self._upgrade_rest += data
            self._pause_transport()
        else:
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        parser = self._parser
        if parser.in_head and not parser.head_bytes and not self.requests:
            self.deadline = self.sweeper.now + self.limits.head_time
        parser.feed(data)
        if parser.long_body is not self._reads_much:
            self._reads_much = parser.long_body
            read_much(self.transport, much=self._reads_much)
        if len(self.requests) > 1:
            self._pause_transport()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Tell everybody that the client is gone.
        """
        self.deadline = NEVER
        self.site.closed(self)
        successor, self._successor = self._successor, None
        if successor is not None:
            successor.connectionLost(reason)
        requests, self.requests = self.requests, deque()
        self._closing = True
        for request in requests:
            request.connectionLost(reason)

    def expired(self) -> None:
        """
        End the connection: its deadline has passed.
        """
        if self._drained >= 0 or self._closing:
            self.transport.abortConnection()
        elif self._parser.in_head and self._parser.head_bytes and not self.requests:
            self.parse_refused(408)
        elif self.requests or self._successor is not None:
            self.transport.abortConnection()
        else:
            self._close()

    # --- the parser's side

    def head_parsed(self, head: RequestHead) -> None:
        """
        Make a request of a head, and begin it if it is its turn.
        """
        if self._closing or self._refusal or self._drained >= 0:
            return
        request = FrontRequest(self, head)
        if head.length:
            request.body = Body(self, head.length)
            self._expects_continue = head.expects_continue
        self._incoming = request
        self.requests.append(request)
        if len(self.requests) == 1:
            self.site.idle.pop(self, None)
            if not head.upgrade:
                self._begin(request)

    def body_parsed(self, data: bytes) -> None:
        """
        Hand body bytes to their request.
        """
        if self._drained >= 0:
            self._drained += len(data)
            if self._drained > DRAIN_BYTES:
                self._close()
            return
        request = self._incoming
        if request is not None and request.body is not None:
            self._expects_continue = False
            self.deadline = self.sweeper.now + self.limits.body_time
            request.body.received(data)

    def request_parsed(self) -> None:
        """
        Tell the request that it is whole.
        """
        request, self._incoming = self._incoming, None
        if self._drained >= 0:
            self._close()
        elif request is not None and request.body is not None:
            self.deadline = NEVER
            request.body.ended()

    def upgrade_parsed(self, rest: bytes) -> None:
        """
        Hold back what came behind a request for an upgrade until it is decided.
        """
        request, self._incoming = self._incoming, None
        self._upgrade_rest = rest
        if request is not None and self.requests[0] is request:
            self._begin(request)

    def parse_refused(self, status: int) -> None:
        """
        Answer what is no request, after the answers to those before it.
        """
        if self._closing or self._drained >= 0:
            self._close()
            return
        broken, self._incoming = self._incoming, None
        self._refusal = status
        if broken is not None:
            self.requests.remove(broken)
            if not self.requests:
                broken.connectionLost(connectionDone)
                if broken.startedWriting:
                    self.abort()
                    return
        if self.requests:
            self._pause_transport()
        else:
            self._send_refusal(status)

    # --- requests

    def _begin(self, request: FrontRequest) -> None:
        self.deadline = (
            NEVER
            if request.body is None or request.body.complete
            else self.sweeper.now + self.limits.body_time
        )
        request.process()

    def request_done(self, request: FrontRequest, *, reusable: bool) -> None:
        """
        Go on after `request` was answered: with the next one, or to the end.
        """
        if not self.requests or self.requests[0] is not request:
            return
        if self._incoming is request and request.body is not None:
            self._start_draining(request)
            return
        self.requests.popleft()
        if not reusable or self._closing:
            self._close()
            return
        if self.requests:
            self.site.later(self._next)
            return
        if self._refusal:
            self._send_refusal(self._refusal)
            return
        self.deadline = self.sweeper.now + self.limits.idle_time
        self.site.rests(self)
        rest, self._upgrade_rest = self._upgrade_rest, None
        self._resume_transport()
        if rest:
            self.dataReceived(rest)

    def _next(self) -> None:
        if self.requests and not self._closing:
            self._begin(self.requests[0])

    def take_over(self, successor: Successor) -> bytes:
        """
        Hand the connection to another protocol, for good; return the bytes that came
        behind the request.
        """
        self.deadline = NEVER
        self._successor = successor
        self.requests.clear()
        rest, self._upgrade_rest = self._upgrade_rest or b"", None
        self._resume_transport()
        return rest

    def keep_alive_until(self, deadline: float) -> None:
        """
        Set the deadline of whoever has the connection now.
        """
        self.deadline = deadline

    # --- writing

    def writeSequence(self, parts: Iterable[bytes]) -> None:
        """
        Send bytes.
        """
        self.write(b"".join(parts))

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        """
        Let the client's slowness pause `producer`.
        """
        self._producer = producer
        self.transport.registerProducer(_Patience(self, producer), streaming)

    def unregisterProducer(self) -> None:
        """
        Forget the producer.
        """
        if self._producer is not None:
            self._producer = None
            self.transport.unregisterProducer()
            self.deadline = NEVER

    def drained(self) -> None:
        """
        Learn that the transport's buffer is empty.
        """
        self._writer.drained()

    def loseConnection(self) -> None:
        """
        End the connection after what was written.
        """
        self._close()

    def abort(self) -> None:
        """
        Cut the connection: what was sent is not a whole response.
        """
        self._closing = True
        self.transport.abortConnection()

    @property
    def is_idle(self) -> bool:
        """
        Whether the connection serves nobody at the moment.
        """
        return not self.requests and self._successor is None

    def close_idle(self) -> None:
        """
        End the connection unless it is serving somebody.
        """
        if self.is_idle:
            self._close()

    def _close(self) -> None:
        if not self._closing:
            self._closing = True
            self.deadline = self.sweeper.now + DRAIN_SECONDS
            self.transport.loseConnection()

    def _send_refusal(self, status: int) -> None:
        self.site.refused(self, status)
        text = b"%d %b" % (status, PHRASES[status])
        self.write(
            b"HTTP/1.1 %b\r\nContent-Type: text/plain; charset=utf-8\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n%b"
            % (text, len(text), text)
        )
        self._resume_transport()
        self._close()

    # --- bodies

    def body_wanted(self) -> None:
        """
        Invite the body of a client that waits for `100 Continue`.
        """
        if self._expects_continue:
            self._expects_continue = False
            self.write(CONTINUE)

    def body_paused(self) -> None:
        """
        Stop reading from the client.
        """
        self.deadline = NEVER
        self._pause_transport()

    def body_resumed(self) -> None:
        """
        Read from the client again.
        """
        if self._incoming is not None:
            self.deadline = self.sweeper.now + self.limits.body_time
        self._resume_transport()

    def _start_draining(self, request: FrontRequest) -> None:
        assert request.body is not None
        request.body.abandon()
        self.requests.clear()
        self._drained = 0
        self.deadline = self.sweeper.now + DRAIN_SECONDS
        self._resume_transport()
        if self._expects_continue:
            self._close()

    def _pause_transport(self) -> None:
        if not self._paused:
            self._paused = True
            self.transport.pauseProducing()

    def _resume_transport(self) -> None:
        if self._paused and len(self.requests) < 2:
            self._paused = False
            self.transport.resumeProducing()

    # --- what stock requests ask

    def getPeer(self) -> IAddress | None:
        """
        Return the client's address.
        """
        return self.peer

    def getHost(self) -> IAddress:
        """
        Return our own address.
        """
        address: IAddress = self.transport.getHost()
        return address

    def isSecure(self) -> bool:
        """
        Return whether the client speaks TLS.
        """
        return bool(self.secure)

    # --- as a producer of request bytes (for protocols that take over)

    def pauseProducing(self) -> None:
        """
        Stop reading from the client.
        """
        self._pause_transport()

    def resumeProducing(self) -> None:
        """
        Read from the client again.
        """
        self._resume_transport()

    def stopProducing(self) -> None:
        """
        The client is gone.
        """


@implementer(IPushProducer)
class _Patience:
    """
    Pass pauses on, and bound how long a client may keep us waiting.
    """

    def __init__(self, channel: FrontChannel, producer: IPushProducer) -> None:
        self._channel = channel
        self._producer = producer

    def pauseProducing(self) -> None:
        """
        The client does not keep up.
        """
        channel = self._channel
        channel.keep_alive_until(channel.sweeper.now + channel.limits.body_time)
        self._producer.pauseProducing()

    def resumeProducing(self) -> None:
        """
        The client has caught up.
        """
        self._channel.keep_alive_until(NEVER)
        self._channel.drained()
        self._producer.resumeProducing()

    def stopProducing(self) -> None:
        """
        The client is gone.
        """
        self._producer.stopProducing()
