"""
A client connection: bytes in, requests out, one response at a time.

States. *head*: between requests or within a head, deadline `head` once its first byte
is in, else `idle`. *body*: a request is being handled and its body still arrives.
*busy*: the body is in, the response is not out. *draining*: the response is out before
the body was in; what comes is thrown away, then the connection ends. *tunnel*: another
protocol has taken over. *closing*: the last bytes are on their way.

Rule 1: what `web.parser` lets through is a request; everything else is refused.
Rule 2: requests of one connection are answered in order. What a client sends ahead is
kept, parsed only a little ahead, and not read at all beyond `HELD_LIMIT`.
Rule 3: the next request begins only when the client has read the answers so far, so
that they do not pile up here.
Rule 4: every state has a deadline, or waits for somebody who has one; all are set here
and kept by `net.sweep`.
Rule 5: after an answer that ends before its request does, the connection never parses
another request.
"""

from collections import deque
from typing import Any, Protocol

from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from oauthproxy.net.patience import be_patient
from oauthproxy.net.sweep import NEVER
from oauthproxy.scope import Peer
from oauthproxy.web.body import Body
from oauthproxy.web.intake import BODY, REFUSED, Intake
from oauthproxy.web.limits import (
    DRAIN_BYTES,
    DRAIN_SECONDS,
    LINGER_SECONDS,
    ChannelLimits,
)
from oauthproxy.web.outlet import Outlet
from oauthproxy.web.refusal import refusal
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.stock import StockChannel
from oauthproxy.wire.requesthead import RequestHead

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


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


class FrontChannel(StockChannel):
    """
    One client connection of a `FrontSite`.
    """

    intake: Intake
    patient = True

    def __init__(self, site: Any) -> None:
        self.site = site
        self.sweeper = site.sweeper
        self.limits: ChannelLimits = site.limits
        self.deadline = NEVER
        self.requests: deque[FrontRequest] = deque()
        self.client = Peer("@")
        self._incoming: FrontRequest | None = None
        self._refusal = 0
        self._drained = -1
        self._closing = False
        self._expects_continue = False
        self._body_due = NEVER
        self._read_due = NEVER
        self._successor: Successor | None = None

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
        self.intake = Intake(transport, self, self.requests, self.limits)
        self.outlet = Outlet(transport, self)
        self.write = self.outlet.write
        be_patient(transport)
        self.site.opened(self)

    def dataReceived(self, data: bytes) -> None:
        """
        Parse what the client sent, unless it is not its turn yet.
        """
        if self._successor is not None:
            self._successor.dataReceived(data)
        elif not (self._closing or self._refusal):
            intake = self.intake
            if not (self.requests or intake.parser.head_bytes or self._drained >= 0):
                self.deadline = self.sweeper.now + self.limits.head_time
            intake.received(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Tell everybody that the client is gone.
        """
        self.deadline = NEVER
        self._closing = True
        self.site.closed(self)
        successor, self._successor = self._successor, None
        if successor is not None:
            successor.connectionLost(reason)
        while self.requests:
            self.requests.popleft().connectionLost(reason)

    def expired(self) -> None:
        """
        Act on the deadline: answer half a head, end an idle connection, cut one whose
        client does not go on.
        """
        if self._closing or self.outlet.behind:
            if self.outlet.moved():
                self._read_due = self.deadline = self._in_time()
            else:
                self.abort()
        elif self._drained >= 0:
            self._close()
        elif self.requests:
            self.abort()
        elif self.intake.in_head:
            self.parse_refused(408)
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
                self._linger()
            return
        request = self._incoming
        if request is not None and request.body is not None:
            self._expects_continue = False
            if self._body_due is not NEVER:
                self._await_body()
            request.body.received(data)

    def request_parsed(self) -> None:
        """
        Tell the request that it is whole.
        """
        request, self._incoming = self._incoming, None
        self._expects_continue = False
        if self._drained >= 0:
            self._close()
        elif request is not None and request.body is not None:
            self._await_body(NEVER)
            request.body.ended()

    def upgrade_parsed(self, rest: bytes) -> None:
        """
        Hold back what came behind a request for an upgrade until it is decided.
        """
        request, self._incoming = self._incoming, None
        self.intake.hold(rest)
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
            broken.refuse(status)
            if broken.startedWriting:
                self.abort()
                return
        if self.requests:
            self.intake.pause(REFUSED)
        else:
            self._send_refusal(status)

    # --- requests

    def _begin(self, request: FrontRequest) -> None:
        if self.outlet.behind:
            self._rearm()
            return
        self.deadline = NEVER
        request.begun = True
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
        elif self.requests or self.intake.holding or self._refusal:
            self.site.later(self._go_on)
        elif not self.outlet.behind:
            self._rest()

    def _go_on(self) -> None:
        """
        Take up what waited for its turn, if the client keeps up with the answers.
        """
        if self._closing or self._drained >= 0 or self.outlet.behind:
            return
        if self.requests:
            if not self.requests[0].begun:
                self._begin(self.requests[0])
        elif self._refusal:
            self._send_refusal(self._refusal)
        else:
            self._rest()
            held = self.intake.release()
            if held:
                self.dataReceived(held)

    def _rest(self) -> None:
        self.deadline = self.sweeper.now + self.limits.idle_time
        self.site.rests(self)

    def take_over(self, successor: Successor) -> bytes:
        """
        Hand the connection to another protocol, for good; return the bytes that came
        behind the request.
        """
        self.deadline = NEVER
        self._successor = successor
        self.requests.clear()
        self.outlet.release()
        if hasattr(self.transport, "setTcpKeepAlive"):
            self.transport.setTcpKeepAlive(True)
        return self.intake.release()

    # --- how the client reads

    def client_behind(self) -> None:
        """
        Learn that more was written than the client takes.
        """
        self._read_due = self._in_time()
        self._rearm()

    def client_caught_up(self) -> None:
        """
        Learn that the client has taken everything.
        """
        self._read_due = NEVER
        self._rearm()
        if not self.requests or not self.requests[0].begun:
            self.site.later(self._go_on)

    def _rearm(self) -> None:
        if not self._closing and self._drained < 0:
            self.deadline = min(self._body_due, self._read_due)

    def _in_time(self) -> float:
        return float(self.sweeper.now + self.limits.body_time)

    # --- writing

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

    def close_idle(self) -> None:
        """
        End the connection unless it is serving somebody, or about to.
        """
        waiting = self.intake.holding or self.intake.in_head
        if not self.requests and self._successor is None and not waiting:
            self._close()

    def _close(self) -> None:
        if not self._closing:
            self._closing = True
            behind = self.outlet.behind
            self.deadline = (
                self._in_time() if behind else self.sweeper.now + DRAIN_SECONDS
            )
            self.outlet.close()

    def _linger(self) -> None:
        """
        End our side, and leave the client a moment to notice.
        """
        if not self._closing:
            self._closing = True
            self.deadline = self.sweeper.now + LINGER_SECONDS
            self.outlet.half_close()

    def _send_refusal(self, status: int) -> None:
        self.site.refused(self, status)
        self.write(refusal(status, self.sweeper.date))
        self.intake.resume(REFUSED)
        self._linger()

    # --- bodies

    def body_wanted(self) -> None:
        """
        Wait for the body, and invite it if its client waits for that.
        """
        self._await_body()
        if self._expects_continue:
            self._expects_continue = False
            self.write(CONTINUE)

    def body_paused(self) -> None:
        """
        Stop reading from the client.
        """
        self._await_body(NEVER)
        self.intake.pause(BODY)

    def body_resumed(self) -> None:
        """
        Read from the client again.
        """
        self._await_body()
        self.intake.resume(BODY)

    def _await_body(self, due: float | None = None) -> None:
        self._body_due = self._in_time() if due is None else due
        self._rearm()

    def _start_draining(self, request: FrontRequest) -> None:
        assert request.body is not None
        request.body.abandon()
        self.requests.clear()
        self._drained = 0
        self.deadline = self.sweeper.now + DRAIN_SECONDS
        self.intake.resume(BODY)
        if self._expects_continue:
            self._close()
