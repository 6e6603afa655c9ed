"""
Outgoing calls, mostly to identity providers: bounded in time, size and number.

Rule 1: one time limit covers a whole call, from waiting for its turn to the last byte.
Rule 2: credentials do not travel: a redirect is followed for GET alone, from https to
https only, and with an `Authorization` field within its origin only.
Rule 3: what is raised says where a call failed and why, never what was sent.
"""

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from attrs import evolve
from treq.client import HTTPClient
from twisted.internet.defer import CancelledError, Deferred, DeferredSemaphore
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import HTTPConnectionPool, ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers

from oauthproxy.errors import FetchError
from oauthproxy.net.agent import Destinations, OutgoingAgent
from oauthproxy.net.failures import describe, is_cancelled
from oauthproxy.net.outgoing import OutgoingProxies
from oauthproxy.net.trust import ClientTrust
from oauthproxy.net.turnstile import Turnstile
from oauthproxy.ports import FetchRequest, FetchResponse
from oauthproxy.settings.kinds import SECOND

MAX_REDIRECTS = 10
MAX_CALLS = 1024
"""Calls at one time; more wait for their turn."""

IDLE_SECONDS = 4
"""Shorter than the 5 s after which common servers close an idle connection, so that
a login's form is not sent into a closing one."""

IDLE_CONNECTIONS = 16
FORM = "application/x-www-form-urlencoded"


class TreqFetcher:
    """
    Make outgoing HTTP calls with treq (`ports.Fetcher`).

    `timeout_ns` limits a call in nanoseconds, `max_bytes` its answer's body.
    """

    def __init__(
        self,
        reactor: Any,
        *,
        timeout_ns: int,
        max_bytes: int,
        trust: ClientTrust,
        user_agent: str,
        proxies: OutgoingProxies | None = None,
        turnstile: Turnstile | None = None,
    ) -> None:
        self._reactor = reactor
        self._seconds = timeout_ns / SECOND
        self._max_bytes = max_bytes
        self._user_agent = user_agent
        self._turnstile = Turnstile(reactor) if turnstile is None else turnstile
        self._turns = DeferredSemaphore(MAX_CALLS)
        self._pool = HTTPConnectionPool(reactor)
        self._pool.maxPersistentPerHost = IDLE_CONNECTIONS
        self._pool.cachedConnectionTimeout = IDLE_SECONDS
        proxies = OutgoingProxies() if proxies is None else proxies
        destinations = Destinations(reactor, trust, proxies)
        self._client = HTTPClient(
            OutgoingAgent(reactor, destinations, self._pool), _no_cookies()
        )

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        """
        Return the answer, whatever its status; raises `errors.FetchError`.
        """
        late = False

        def too_late() -> None:
            nonlocal late
            late = True
            call.cancel()

        call = Deferred.fromCoroutine(self._in_turn(request))
        timer = self._reactor.callLater(self._seconds, too_late)
        try:
            response = await call
        except FetchError:
            raise
        except Exception as cause:
            if late:
                why = f"no answer within {self._seconds:g} s"
            elif is_cancelled(cause):
                raise CancelledError from cause
            else:
                why = describe(cause)
            raise _failed(request, why) from cause
        finally:
            if timer.active():
                timer.cancel()
        # Making something of the answer takes a while, as making the call did.
        await self._turnstile.passage()
        return response

    async def close(self) -> None:
        """
        Close the connections that are kept for later calls.
        """
        await self._pool.closeCachedConnections()

    async def _in_turn(self, request: FetchRequest) -> FetchResponse:
        await self._turns.acquire()
        try:
            await self._turnstile.passage()
            return await self._follow(request)
        finally:
            self._turns.release()

    async def _follow(self, request: FetchRequest) -> FetchResponse:
        for _ in range(MAX_REDIRECTS):
            response = await self._once(request)
            onward = _redirection(request, response)
            if onward is None:
                return response
            request = onward
        raise _failed(request, f"more than {MAX_REDIRECTS} redirects")

    async def _once(self, request: FetchRequest) -> FetchResponse:
        _require_callable(request)
        fields = [("User-Agent", self._user_agent), *request.fields]
        body = request.body
        if request.form is not None:
            fields.append(("Content-Type", FORM))
            body = urlencode(request.form).encode("ascii")
        response: Any = await self._client.request(
            request.method,
            request.url,
            headers=_headers(fields),
            data=body,
            allow_redirects=False,
            unbuffered=True,
            reactor=self._reactor,
        )
        content = WholeBody(self._max_bytes)
        response.deliverBody(content)
        try:
            whole = await content.done
        except TooLarge as cause:
            why = f"the answer is larger than {self._max_bytes} bytes"
            raise _failed(request, why) from cause
        return FetchResponse(
            status=response.code, fields=_texts(response.headers), body=whole
        )


class TooLarge(Exception):
    """
    The answer is larger than allowed.
    """


class WholeBody(Protocol):
    """
    Collect an answer's body up to a limit; `done` fires with it.
    """

    def __init__(self, limit: int) -> None:
        self._room = limit
        self._parts: list[bytes] = []
        self.done: Deferred[bytes] = Deferred(lambda _: self._cut())

    def dataReceived(self, data: bytes) -> None:
        """
        Keep a part, if there is room.
        """
        if self.done.called:
            return
        self._room -= len(data)
        if self._room < 0:
            self.done.errback(TooLarge())
            self._cut()
        else:
            self._parts.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Hand over the body, or the reason why it ended early.
        """
        if self.done.called:
            return
        if reason.check(ResponseDone, PotentialDataLoss):
            self.done.callback(b"".join(self._parts))
        else:
            self.done.errback(reason)

    def _cut(self) -> None:
        # Not loseConnection: over TLS that waits for the other side, which may
        # never stop sending.
        transport: Any = self.transport
        if transport is not None:
            transport.stopProducing()


def _require_callable(request: FetchRequest) -> None:
    try:
        url = urlsplit(request.url)
        known = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:
        known = False
    if not known or "@" in url.netloc:
        raise _failed(request, "this is not an address that can be called")


def _redirection(request: FetchRequest, response: FetchResponse) -> FetchRequest | None:
    """
    Return the call that follows a redirect, or None when this one is the answer.
    """
    target = response.field("Location")
    is_redirect = response.status in (301, 302, 303, 307, 308)
    if request.method != "GET" or not is_redirect or not target:
        return None
    here = urlsplit(request.url)
    url = urljoin(request.url, target)
    there = urlsplit(url)
    if there.scheme not in ("https", here.scheme):
        return None
    named = any(name.lower() == "authorization" for name, _ in request.fields)
    if named and (here.scheme, here.netloc) != (there.scheme, there.netloc):
        return None
    return evolve(request, url=url)


def _failed(request: FetchRequest, reason: str) -> FetchError:
    """
    Return the error that names the call without its query, credentials and body.
    """
    where = request.url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = where.partition("://")
    authority, slash, path = rest.partition("/")
    authority = authority.rpartition("@")[2]
    place = f"{scheme}{separator}{authority}{slash}{path}"
    return FetchError(f"{request.method} {place}: {reason}")


def _headers(fields: list[tuple[str, str]]) -> Headers:
    headers = Headers()
    for name, value in fields:
        if name.lower() == "user-agent":
            headers.setRawHeaders(name, [value])
        else:
            headers.addRawHeader(name, value)
    return headers


def _texts(headers: Headers) -> tuple[tuple[str, str], ...]:
    """
    Return header fields as text, each byte one character.
    """
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in headers.getAllRawHeaders()
        for value in values
    )


def _no_cookies() -> Any:
    """
    Return a jar that stays empty.
    """
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))
