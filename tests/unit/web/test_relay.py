"""
One request to an upstream and its response back, with both ends in hand.
"""

import gzip
from typing import Any

import pytest
from attrs import evolve

from oauthproxy.errors import ProxyError
from oauthproxy.web.relay import SNIFF_SECONDS, Errand, Relay
from oauthproxy.web.request import FrontRequest
from oauthproxy.wire.requesthead import CHUNKED
from tests.unit.net.upstreams import LIMITS, OK, Upstream
from tests.unit.net.wire import Wire
from tests.unit.web.stage import GET, Stage, answer, get, post, statuses

ERRAND = Errand(
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    30.0,
    b"X-Ours: 1\r\n",
    frozenset({b"x-auth-request-user"}),
)
TEXT = b"Content-Type: text/plain\r\n"
UPGRADE = ("Connection: Upgrade", "Upgrade: websocket")
SWITCH = b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"


class Both:
    """
    A site all of whose requests are relayed, and the upstream that gets them.
    """

    def __init__(self, errand: Errand = ERRAND, **limits: Any) -> None:
        self.upstream = Upstream(evolve(LIMITS, **limits))
        self.errand = errand
        self.errors: list[ProxyError] = []
        self.stage = Stage(self._relay)

    def _relay(self, request: FrontRequest) -> None:
        Relay(request, self.upstream.pool, self.errand, self._failed).start()

    def _failed(self, request: FrontRequest, error: ProxyError) -> None:
        self.errors.append(error)
        answer(request, b"sorry", error.status)

    def ask(self, request: bytes = GET) -> tuple[Wire, Wire]:
        """
        Return a client that has asked, and the upstream's end of a new connection.
        """
        client = self.stage.connect()
        client.receive(request)
        return client, self.upstream.accept()

    def wait(self, seconds: float) -> None:
        """
        Let time pass on both sides.
        """
        self.upstream.wait(seconds)
        self.stage.wait(seconds)


def body_of(written: bytes) -> bytes:
    """
    Return what follows a head.
    """
    return written.partition(b"\r\n\r\n")[2]


# --- whole responses


def test_a_response_goes_back_with_what_is_ours() -> None:
    """
    Our fields come first, the upstream's follow, the framing is ours again.
    """
    both = Both()
    client, app = both.ask()

    app.receive(b"HTTP/1.1 200 OK\r\n%bContent-Length: 2\r\nX-A: b\r\n\r\nok" % TEXT)

    written = client.take()
    assert app.take() == ERRAND.head
    assert written.startswith(
        b"HTTP/1.1 200 OK\r\nX-Ours: 1\r\nContent-Type: text/plain\r\nX-A: b\r\n"
        b"Content-Length: 2\r\nDate: "
    )
    assert written.endswith(b" GMT\r\n\r\nok")


def test_the_upstream_cannot_say_what_only_we_say() -> None:
    """
    Fields that speak of the session come from us alone, trailers included.
    """
    both = Both()
    client, app = both.ask()

    app.receive(
        b"HTTP/1.1 200 OK\r\n%bX-Auth-Request-User: admin\r\nTransfer-Encoding: chunked"
        b"\r\n\r\n2\r\nok\r\n0\r\nX-Auth-Request-User: admin\r\nSet-Cookie: a=b\r\n"
        b"X-Sum: 1\r\n\r\n" % TEXT
    )

    written = client.take()
    assert b"admin" not in written
    assert body_of(written) == b"2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n"


def test_a_date_is_kept_or_added() -> None:
    """
    There is one Date, the upstream's if it has one.
    """
    both = Both()
    client, app = both.ask()

    app.receive(b"HTTP/1.1 204 X\r\nDate: then\r\n\r\n")

    assert client.take().count(b"Date: ") == 1


@pytest.mark.parametrize("status", [204, 304])
def test_bodyless_responses_stay_bodyless(status: int) -> None:
    """
    No length is made up for them, and the connection is kept.
    """
    both = Both()
    client, app = both.ask()

    app.receive(b"HTTP/1.1 %d X\r\n\r\n" % status)

    written = client.take()
    assert statuses(written) == [status]
    assert b"Content-Length" not in written
    assert b"Transfer-Encoding" not in written
    assert not client.disconnecting


def test_a_response_to_head_keeps_its_length() -> None:
    """
    The length of what a GET would get is passed on, and nothing follows.
    """
    both = Both()
    client, app = both.ask(GET.replace(b"GET", b"HEAD"))

    app.receive(b"HTTP/1.1 200 OK\r\n%bContent-Length: 1000\r\n\r\n" % TEXT)

    written = client.take()
    assert b"\r\nContent-Length: 1000\r\n" in written
    assert body_of(written) == b""
    assert not client.disconnecting


def test_an_unknown_length_is_chunked() -> None:
    """
    A body that ends with the upstream's connection does not end the client's.
    """
    both = Both()
    client, app = both.ask()
    app.receive(b"HTTP/1.1 200 OK\r\n%b\r\nhello" % TEXT)

    app.lose()

    assert body_of(client.take()) == b"5\r\nhello\r\n0\r\n\r\n"
    assert not client.disconnecting


def test_an_unknown_length_ends_the_connection_of_http_1_0() -> None:
    """
    HTTP/1.0 knows no chunks, whatever was asked to be kept.
    """
    both = Both()
    client, app = both.ask(get("/", "Connection: keep-alive", version="1.0"))

    app.receive(
        b"HTTP/1.1 200 OK\r\n%bTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n0\r\nX: y\r\n\r\n" % TEXT
    )

    written = client.take()
    assert b"\r\nConnection: close\r\n" in written
    assert body_of(written) == b"hello"
    assert client.disconnecting


def test_informational_responses_are_passed_on() -> None:
    """
    103 goes to clients that know it.
    """
    both = Both()
    new, app = both.ask()
    old, app_of_old = both.ask(get(version="1.0"))
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"

    for wire in (app, app_of_old):
        wire.receive(hints + OK)

    assert statuses(new.take()) == [103, 200]
    assert statuses(old.take()) == [200]


# --- types


def test_a_missing_type_is_told_by_the_first_bytes() -> None:
    """
    As with the reference, a body without a type gets one.
    """
    both = Both()
    client, app = both.ask()

    app.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")

    assert b"\r\nContent-Type: text/html; charset=utf-8\r\n" in client.take()


def test_a_type_is_told_also_when_the_body_comes_later() -> None:
    """
    A head in a packet of its own waits for the first byte.
    """
    both = Both()
    client, app = both.ask()
    app.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
    early = client.take()

    app.receive(b"<html>")

    assert early == b""
    assert b"\r\nContent-Type: text/html; charset=utf-8\r\n" in client.take()


def test_a_head_does_not_wait_for_its_body_for_long() -> None:
    """
    Where the body does not begin the head goes without a type.
    """
    both = Both()
    client, app = both.ask()
    app.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")

    both.wait(SNIFF_SECONDS + 1)
    early = client.take()
    app.receive(b"<html>")

    assert statuses(early) == [200]
    assert b"Content-Type" not in early
    assert client.take() == b"<html>"


def test_a_client_that_leaves_while_the_body_does_not_begin() -> None:
    """
    Nobody waits for it any more.
    """
    both = Both()
    client, app = both.ask()
    app.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")

    client.lose()
    both.wait(SNIFF_SECONDS + 1)

    assert app.aborted
    assert client.take() == b""


def test_an_empty_body_has_no_type() -> None:
    """
    Nothing tells nothing.
    """
    both = Both()
    client, app = both.ask()

    app.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    assert b"Content-Type" not in client.take()


# --- gzip that we asked for

ZIPPED = evolve(ERRAND, unzip=True)


def zipped(body: bytes) -> bytes:
    """
    Return a response with a compressed body.
    """
    data = gzip.compress(body)
    return (
        b"HTTP/1.1 200 OK\r\n%bContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b"
        % (TEXT, len(data), data)
    )


def test_gzip_that_the_client_did_not_ask_for_is_taken_off() -> None:
    """
    Neither encoding nor the compressed length are passed on.
    """
    both = Both(ZIPPED)
    client, app = both.ask()

    app.receive(zipped(b"hello"))

    written = client.take()
    assert b"Content-Encoding" not in written
    assert b"Content-Length" not in written
    assert body_of(written) == b"5\r\nhello\r\n0\r\n\r\n"


def test_gzip_that_breaks_off_cuts_the_client() -> None:
    """
    A response that is whole but whose gzip is not never looks complete.
    """
    both = Both(ZIPPED)
    client, app = both.ask()
    data = gzip.compress(b"hello world" * 100)[:-10]

    app.receive(
        b"HTTP/1.1 200 OK\r\n%bContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b"
        % (TEXT, len(data), data)
    )

    assert not client.take().endswith(b"0\r\n\r\n")
    assert client.aborted


def test_what_is_no_gzip_cuts_both() -> None:
    """
    The upstream's connection is not used again either.
    """
    both = Both(ZIPPED)
    client, app = both.ask()

    app.receive(
        b"HTTP/1.1 200 OK\r\n%bContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"
        % TEXT
    )

    assert client.aborted
    assert app.aborted
    assert both.upstream.pool.idle == 0
    assert both.stage.site.live == 0


def test_a_bomb_waits_for_its_client() -> None:
    """
    A client that does not read gets no more than a piece, though the response is
    whole; when it reads, everything comes.
    """
    both = Both(ZIPPED)
    client, app = both.ask()
    size = 8 << 20
    client.fill()

    app.receive(zipped(b"\0" * size))
    held = client.take()
    for _ in range(10):
        client.drain()
        client.receive(b"")

    assert b"\0" not in held
    assert client.take().count(b"\0") == size
    assert both.stage.site.live == 0


def test_gzip_with_head_is_left_alone() -> None:
    """
    There is nothing to take it off from.
    """
    both = Both(ZIPPED)
    client, app = both.ask(GET.replace(b"GET", b"HEAD"))

    app.receive(zipped(b"hello").partition(b"\r\n\r\n")[0] + b"\r\n\r\n")

    assert b"\r\nContent-Encoding: gzip\r\n" in client.take()


# --- back-pressure


def test_a_client_that_does_not_read_pauses_the_upstream() -> None:
    """
    Both ways: reading again resumes it.
    """
    both = Both()
    client, app = both.ask()
    app.receive(b"HTTP/1.1 200 OK\r\n%bContent-Length: 10\r\n\r\nhello" % TEXT)

    client.fill()
    paused = app.reading
    client.drain()

    assert (paused, app.reading) == (False, True)


def test_an_upstream_that_does_not_read_pauses_the_client() -> None:
    """
    An upload goes as fast as it is taken.
    """
    both = Both()
    client, app = both.ask(post(b"hello", length=1 << 20))

    app.fill()
    paused = client.reading
    app.drain()

    assert (paused, client.reading) == (False, True)


def test_a_connection_that_was_paused_serves_the_next_client() -> None:
    """
    A slow client leaves no trace.
    """
    both = Both()
    client, app = both.ask()
    app.receive(b"HTTP/1.1 200 OK\r\n%bContent-Length: 10\r\n\r\nhello" % TEXT)
    client.fill()
    app.receive(b"world")
    second = both.stage.connect()

    second.receive(GET)
    app.receive(OK)

    assert app.reading
    assert statuses(second.take()) == [200]


# --- request bodies


def test_a_body_goes_on_as_it_comes() -> None:
    """
    With its length, piece by piece.
    """
    both = Both()
    client, app = both.ask(post(b"he", length=5))
    early = app.take()

    client.receive(b"llo")

    assert early == ERRAND.head + b"he"
    assert app.take() == b"llo"


def test_a_chunked_body_is_chunked_again() -> None:
    """
    A read is a chunk, and the last one ends it; trailers stay here.
    """
    both = Both()
    client, app = both.ask(get("/", "Transfer-Encoding: chunked") + b"2\r\nhe\r\n")
    app.take()

    client.receive(b"1\r\nl\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n")
    app.receive(OK)

    assert both.stage.requests[0].head.length == CHUNKED
    assert app.take() == b"3\r\nllo\r\n0\r\n\r\n"
    assert both.upstream.pool.idle == 1


def test_a_body_that_was_read_goes_at_once() -> None:
    """
    A signed request has its body already.
    """
    both = Both(evolve(ERRAND, body=b"whole"))
    _client, app = both.ask(post(b"whole"))

    app.receive(OK)

    assert app.take() == ERRAND.head + b"whole"
    assert both.upstream.pool.idle == 1


def test_an_early_answer_ends_the_upload() -> None:
    """
    The upstream has answered before the body was in: the client gets the answer, the
    rest goes nowhere.
    """
    both = Both()
    client, app = both.ask(post(b"he", length=1000))
    app.receive(b"HTTP/1.1 413 No\r\n%bContent-Length: 0\r\n\r\n" % TEXT)
    app.take()

    client.receive(b"x" * 500)
    client.receive(b"x" * 498)

    assert statuses(client.take()) == [413]
    assert app.take() == b""
    assert app.aborted
    assert client.disconnecting


def test_an_early_answer_that_goes_on_does_not_end_the_upload() -> None:
    """
    Both directions may flow at once.
    """
    both = Both()
    client, app = both.ask(post(b"he", length=5))
    app.receive(b"HTTP/1.1 200 OK\r\n%bContent-Length: 10\r\n\r\nhello" % TEXT)

    client.receive(b"llo")
    app.receive(b"world")

    assert body_of(client.take()) == b"helloworld"
    assert app.take().endswith(b"hello")
    assert not client.disconnecting
    assert both.upstream.pool.idle == 1


def test_a_client_that_leaves_within_its_body_cuts_the_upstream() -> None:
    """
    Half a request is none.
    """
    both = Both()
    client, app = both.ask(post(b"he", length=5))

    client.lose()

    assert app.aborted


# --- failures


def test_a_refused_connection_is_502() -> None:
    """
    The client is told that there is a problem.
    """
    both = Both()
    client = both.stage.connect()
    client.receive(GET)

    both.upstream.refuse()

    assert statuses(client.take()) == [502]
    assert both.upstream.pool.meter.errors.values == {("app", "connect"): 1}


def test_an_upstream_that_does_not_answer_is_504() -> None:
    """
    The time for a response has an end.
    """
    both = Both()
    client, _app = both.ask()

    both.upstream.wait(31)

    assert statuses(client.take()) == [504]
    assert both.upstream.pool.meter.errors.values == {("app", "timeout"): 1}


def test_a_broken_response_is_502() -> None:
    """
    As long as nothing was sent the client gets a whole answer.
    """
    both = Both()
    client, app = both.ask()

    app.receive(b"garbage\r\n\r\n")

    assert statuses(client.take()) == [502]
    assert both.upstream.pool.meter.errors.values == {("app", "response"): 1}


def test_a_response_that_breaks_off_cuts_the_client() -> None:
    """
    After the first byte an error is an abort, never an end.
    """
    both = Both()
    client, app = both.ask()
    app.receive(b"HTTP/1.1 200 OK\r\n%bContent-Length: 10\r\n\r\nhello" % TEXT)

    app.lose()

    assert client.aborted
    assert both.stage.site.live == 0
    assert both.upstream.pool.meter.errors.values == {("app", "aborted"): 1}


def test_a_failed_upload_says_that_the_connection_ends() -> None:
    """
    The answer to half a request ends the connection, and says so.
    """
    both = Both()
    client, app = both.ask(post(b"he", length=1000))

    app.receive(b"garbage\r\n\r\n")

    written = client.take()
    assert statuses(written) == [502]
    assert b"\r\nConnection: close\r\n" in written


# --- once more


def kept(both: Both) -> Wire:
    """
    Return the upstream's end of a connection that was used and kept.
    """
    _, app = both.ask()
    app.receive(OK)
    return app


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_an_idempotent_request_is_repeated_on_a_new_connection(method: str) -> None:
    """
    A kept connection that ended without a byte was closed by an upstream that did not
    see the request (RFC 9110, 9.2.2).
    """
    both = Both()
    stale = kept(both)
    client = both.stage.connect()
    client.receive(GET.replace(b"GET", method.encode()))
    stale.lose()

    both.upstream.accept().receive(OK)

    assert statuses(client.take()) == [200]
    assert both.errors == []


def test_a_request_is_repeated_once() -> None:
    """
    A new connection that ends as well is an error.
    """
    both = Both()
    stale = kept(both)
    client = both.stage.connect()
    client.receive(GET)
    stale.lose()

    both.upstream.accept().lose()

    assert statuses(client.take()) == [502]
    assert not both.upstream.asked


@pytest.mark.parametrize(
    "request_",
    [GET.replace(b"GET", b"POST"), GET.replace(b"GET", b"PATCH"), post(b"x")],
)
def test_other_requests_are_sent_once(request_: bytes) -> None:
    """
    What may have had an effect, or has a body, is not repeated.
    """
    both = Both()
    stale = kept(both)
    client = both.stage.connect()
    client.receive(request_)

    stale.lose()

    assert statuses(client.take()) == [502]
    assert not both.upstream.asked


def test_a_request_that_was_answered_in_part_is_not_repeated() -> None:
    """
    A byte of an answer means that the request was seen.
    """
    both = Both()
    stale = kept(both)
    client = both.stage.connect()
    client.receive(GET)
    stale.receive(b"H")

    stale.lose()

    assert statuses(client.take()) == [502]
    assert not both.upstream.asked


# --- a client that leaves


def test_a_client_that_leaves_frees_its_connection() -> None:
    """
    At once, in whatever state its request is.
    """
    both = Both()
    waiting, app = both.ask()
    streaming, second = both.ask()
    second.receive(b"HTTP/1.1 200 OK\r\n%b\r\nhello" % TEXT)
    in_line = both.stage.connect()
    in_line.receive(GET)

    for client in (in_line, waiting, streaming):
        client.lose()

    assert app.aborted
    assert second.aborted
    assert both.stage.site.live == 0
    app.lose()
    second.lose()
    assert both.upstream.asked == []
    assert both.upstream.pool.open == 0


def test_a_client_that_leaves_while_connecting_connects_nothing() -> None:
    """
    The attempt is ended.
    """
    both = Both()
    client = both.stage.connect()
    client.receive(GET)

    client.lose()

    assert both.upstream.cancelled == 1


# --- tunnels


def upgrading(rest: bytes = b"") -> tuple[Both, Wire, Wire]:
    """
    Return both ends of a request for a WebSocket.
    """
    both = Both(evolve(ERRAND, upgrade=b"websocket"))
    client, app = both.ask(get("/", *UPGRADE) + rest)
    app.take()
    return both, client, app


def test_a_switch_makes_a_tunnel() -> None:
    """
    The client hears of it, then bytes go both ways as they are.
    """
    both, client, app = upgrading()
    app.receive(SWITCH)
    head = client.take()

    client.receive(b"ping")
    app.receive(b"pong")

    assert head.startswith(
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket"
    )
    assert b"X-Ours: 1\r\n" in head
    assert (app.take(), client.take()) == (b"ping", b"pong")
    assert both.stage.site.tunnels == 1


def test_nothing_is_lost_around_a_switch() -> None:
    """
    Bytes in the same packet as either head come behind it.
    """
    _both, client, app = upgrading(b"early")

    app.receive(SWITCH + b"hello")

    assert client.take().endswith(b"\r\n\r\nhello")
    assert app.take() == b"early"


def test_a_tunnel_ends_with_its_client() -> None:
    """
    The request is over and counted as such.
    """
    both, client, app = upgrading()
    app.receive(SWITCH)

    client.lose()

    assert app.disconnecting
    assert both.stage.site.live == both.stage.site.tunnels == 0
    assert [request.status for request in both.stage.notes.answered_] == [101]


def test_a_tunnel_ends_with_its_upstream() -> None:
    """
    The client's connection is closed, and cut when it does not end.
    """
    both, client, app = upgrading()
    app.receive(SWITCH)

    app.lose()
    closed = client.disconnecting
    both.wait(1000)

    assert closed
    assert client.aborted
    assert both.stage.site.live == 0


def test_a_tunnel_has_back_pressure() -> None:
    """
    The slow side pauses the fast one.
    """
    _both, client, app = upgrading()
    app.receive(SWITCH)

    client.fill()
    app_paused = not app.reading
    app.fill()

    assert app_paused
    assert not client.reading


def test_a_declined_upgrade_is_answered_as_usual() -> None:
    """
    What the client sent ahead is its next request.
    """
    both, client, app = upgrading(get("/2"))

    app.receive(OK)
    both.stage.turn()
    app.receive(OK)

    assert statuses(client.take()) == [200, 200]


def test_another_protocol_than_asked_for_is_502() -> None:
    """
    An upstream that switches to something else is broken.
    """
    _both, client, app = upgrading()

    app.receive(SWITCH.replace(b"websocket", b"other"))

    assert statuses(client.take()) == [502]
    assert app.aborted


# --- pipelining through the pool


def test_pipelined_requests_share_a_connection() -> None:
    """
    One after the other, on the same connection, in order.
    """
    both = Both()
    client, app = both.ask(get("/1") + get("/2"))

    app.receive(b"HTTP/1.1 200 OK\r\n%bContent-Length: 1\r\n\r\n1" % TEXT)
    both.stage.turn()
    app.receive(b"HTTP/1.1 200 OK\r\n%bContent-Length: 1\r\n\r\n2" % TEXT)

    written = client.take()
    assert statuses(written) == [200, 200]
    assert written.index(b"\r\n\r\n1") < written.index(b"\r\n\r\n2")
    assert len(both.upstream.wires) == 1


def test_the_time_until_a_response_is_counted() -> None:
    """
    Each response that begins is one observation.
    """
    both = Both()
    _, app = both.ask()

    app.receive(OK)

    assert sum(both.upstream.pool.meter.seconds.counts) == 1
