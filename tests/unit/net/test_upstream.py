"""
One connection to an upstream.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthproxy.net.response import FRAMING_LIMIT, HEAD_LIMIT, LONG_BODY
from oauthproxy.net.upstream import CLOSE_SECONDS
from tests.unit.net.upstreams import OK, REQUEST, Told, Upstream
from tests.unit.net.wire import Wire


def asked(told: Told | None = None) -> tuple[Upstream, Wire, Told]:
    """
    Return an upstream, its end of a connection, and the exchange that is on it.
    """
    upstream, told = Upstream(), told or Told()
    upstream.pool.carry(told)
    return upstream, upstream.accept(), told


def kept(upstream: Upstream) -> bool:
    """
    Tell whether the connection went back to the pool.
    """
    return upstream.pool.idle == 1


# --- whole responses


def test_a_response_is_told_and_the_connection_kept() -> None:
    """
    Head, body and end are heard; the connection is good for another request.
    """
    upstream, wire, told = asked()

    wire.receive(OK)

    assert wire.take() == REQUEST
    assert told.head is not None
    assert (told.head.status, told.body, told.trailers) == (200, b"ok", [])
    assert kept(upstream)


def test_a_response_in_pieces_is_told_as_it_comes() -> None:
    """
    After each read the exchange hears that more will come.
    """
    _, wire, told = asked()

    wire.receive(OK[:-2])
    wire.receive(OK[-2:-1])
    pauses = told.pauses
    wire.receive(OK[-1:])

    assert (pauses, told.pauses, told.body, told.done) == (2, 2, b"ok", True)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
        b"HTTP/1.1 200 OK\r\n",
    ],
)
def test_a_response_to_head_has_no_body(head: bytes) -> None:
    """
    Whatever it describes, it ends with its head, and the connection is kept.
    """
    upstream, wire, told = asked(Told(head_only=True))

    wire.receive(head + b"\r\n")

    assert told.done
    assert kept(upstream)


@pytest.mark.parametrize("status", [204, 304])
def test_some_statuses_have_no_body(status: int) -> None:
    """
    204 and 304 end with their heads (RFC 9112, 6.3).
    """
    upstream, wire, told = asked()

    wire.receive(b"HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\n" % status)

    assert (told.done, told.body) == (True, b"")
    assert kept(upstream)


@pytest.mark.parametrize("fields", [b"Connection: close\r\n", b"connection: Close\r\n"])
def test_a_closing_upstream_is_believed_without_a_body_too(fields: bytes) -> None:
    """
    `Connection: close` counts for responses that have neither body nor length.
    """
    upstream, wire, told = asked(Told(head_only=True))

    wire.receive(b"HTTP/1.1 200 OK\r\n%b\r\n" % fields)

    assert told.done
    assert not kept(upstream)
    assert wire.disconnecting


def test_http_1_0_is_not_kept() -> None:
    """
    An upstream of HTTP/1.0 closes unless it says otherwise.
    """
    upstream, wire, told = asked(Told(head_only=True))

    wire.receive(b"HTTP/1.0 200 OK\r\n\r\n")

    assert told.done
    assert not kept(upstream)


@pytest.mark.parametrize("body", [b"stray", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_bytes_behind_a_bodyless_response_make_it_the_last(body: bytes) -> None:
    """
    A body where none may be is thrown away with its connection.
    """
    upstream, wire, told = asked(Told(head_only=True))

    wire.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + body)

    assert (told.done, told.body) == (True, b"")
    assert not kept(upstream)


@pytest.mark.parametrize("stray", [b"x", OK, b"\x00\x01"])
def test_bytes_behind_a_response_make_it_the_last(stray: bytes) -> None:
    """
    A second response nobody asked for reaches nobody.
    """
    upstream, wire, told = asked()

    wire.receive(OK + stray)

    assert (told.body, told.done) == (b"ok", True)
    assert not kept(upstream)


def test_a_byte_between_requests_ends_the_connection() -> None:
    """
    An idle upstream has nothing to say.
    """
    upstream, wire, _ = asked()
    wire.receive(OK)

    wire.receive(b"H")

    assert wire.aborted
    assert upstream.pool.idle == 0


def test_a_body_until_the_end_of_the_connection() -> None:
    """
    Without length or chunks a clean end is the end.
    """
    upstream, wire, told = asked()
    wire.receive(b"HTTP/1.1 200 OK\r\n\r\nall")

    wire.lose()

    assert (told.body, told.done) == (b"all", True)
    assert upstream.pool.open == 0


def test_a_body_until_the_end_must_end_cleanly() -> None:
    """
    A reset, or TLS cut off without its farewell, may have taken something away.
    """
    _, wire, told = asked()
    wire.receive(b"HTTP/1.1 200 OK\r\n\r\nhal")

    wire.lose(cleanly=False)

    assert not told.done
    assert told.failure == "ConnectFailed"


def test_trailers_are_told() -> None:
    """
    Fields behind the last chunk are heard at the end.
    """
    _, wire, told = asked()

    wire.receive(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nok\r\n0\r\nX-Sum: 1 \r\n\r\n"
    )

    assert told.trailers == [(b"X-Sum", b"1")]


def test_a_long_body_is_exactly_as_long_as_it_says() -> None:
    """
    Bytes that are only counted are counted right, and more is not passed on.
    """
    upstream, wire, told = asked()
    size = 2 * LONG_BODY
    wire.receive(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    wire.receive(b"x" * (size - 1))

    wire.receive(b"yz")

    assert told.done
    assert told.body == b"x" * (size - 1) + b"y"
    assert not kept(upstream)


def test_a_connection_reads_again_behind_a_long_body() -> None:
    """
    The next response on the same connection is parsed as usual.
    """
    upstream, wire, _ = asked()
    wire.receive(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LONG_BODY)
    wire.receive(b"x" * LONG_BODY)
    second = Told()

    upstream.pool.carry(second)
    wire.receive(OK)

    assert (second.body, second.done) == (b"ok", True)
    assert kept(upstream)


# --- informational responses


def test_informational_responses_come_first() -> None:
    """
    103 is passed on without the hop's fields, 100 is ours alone, and the response
    follows.
    """
    _, wire, told = asked()

    wire.receive(
        b"HTTP/1.1 100 Continue\r\n\r\n"
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nKeep-Alive: 1\r\n\r\n" + OK
    )

    assert told.informed_ == [(103, [(b"Link", b"</a>")])]
    assert told.done


def test_informational_responses_without_end_are_refused() -> None:
    """
    Their number is bounded.
    """
    _, wire, told = asked()

    wire.receive(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)

    assert told.failure == "UpstreamFailed"
    assert wire.aborted


def test_a_switch_nobody_asked_for_is_refused() -> None:
    """
    101 needs a request for it.
    """
    _, wire, told = asked()

    wire.receive(b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")

    assert told.failure == "UpstreamFailed"


@pytest.mark.parametrize(
    "fields",
    [
        b"Upgrade: other\r\n",
        b"Upgrade: websocket\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
    ],
)
def test_an_odd_switch_is_refused(fields: bytes) -> None:
    """
    Another protocol than asked for, or a head that makes no sense, fails the exchange.
    """
    _, wire, told = asked(Told(upgrade=b"websocket"))

    wire.receive(b"HTTP/1.1 101 X\r\nConnection: upgrade\r\n%b\r\n" % fields)

    assert told.failure == "UpstreamFailed"


def test_a_switch_is_told_with_what_comes_behind() -> None:
    """
    The first bytes of the new protocol are not lost.
    """
    _, wire, told = asked(Told(upgrade=b"websocket"))

    wire.receive(
        b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\nhello"
    )

    assert told.switched == (b"websocket", b"hello")


def test_a_declined_upgrade_is_a_response() -> None:
    """
    An upstream that does not switch answers as usual.
    """
    upstream, wire, told = asked(Told(upgrade=b"websocket"))

    wire.receive(OK)

    assert told.done
    assert kept(upstream)


# --- broken responses


@pytest.mark.parametrize(
    "sent",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\nX: 1\n\n",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 042 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 X\r\n\r\n",
    ],
)
def test_a_broken_response_fails(sent: bytes) -> None:
    """
    What is no response ends the exchange and the connection.
    """
    upstream, wire, told = asked()

    wire.receive(sent)

    assert told.failure == "UpstreamFailed"
    assert not told.done
    assert wire.aborted
    assert upstream.pool.idle == 0


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    ],
)
def test_a_response_that_breaks_off_fails(sent: bytes) -> None:
    """
    A short response is never taken for a whole one.
    """
    _, wire, told = asked()
    if sent:
        wire.receive(sent)

    wire.lose()

    assert len(told.failures) == 1
    assert not told.done


def test_a_head_without_end_is_refused() -> None:
    """
    Heads are bounded.
    """
    _, wire, told = asked()
    wire.receive(b"HTTP/1.1 200 OK\r\nX: ")

    for _ in range(HEAD_LIMIT // 65536 + 1):
        wire.receive(b"x" * 65536)

    assert told.failure == "UpstreamFailed"


@pytest.mark.parametrize("beginning", [b"0\r\nX: ", b"5;"])
def test_trailers_without_end_are_refused(beginning: bytes) -> None:
    """
    So is what frames a body.
    """
    _, wire, told = asked()
    wire.receive(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + beginning)

    for _ in range(FRAMING_LIMIT // 65536 + 1):
        wire.receive(b"x" * 65536)

    assert told.failure == "UpstreamFailed"


class Cutting(Told):
    """
    An exchange that cuts its connection at the first byte.
    """

    def received(self, data: bytes) -> None:
        super().received(data)
        self.connection.cut()


@pytest.mark.parametrize("size", [2, LONG_BODY])
def test_a_connection_that_was_cut_within_a_response_is_not_kept(size: int) -> None:
    """
    The rest of the same read makes no difference any more.
    """
    upstream, wire, told = asked(Cutting())

    wire.receive(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    wire.receive(b"x" * size)

    assert wire.aborted
    assert upstream.pool.idle == 0
    assert (told.done, told.failures, told.pauses) == (False, [], 1)


# --- times


def test_a_response_has_its_time() -> None:
    """
    An upstream that does not answer in time fails with a timeout.
    """
    upstream, wire, told = asked(Told(response_time=30))

    upstream.wait(31)

    assert told.failure == "UpstreamTimeout"
    assert wire.aborted


def test_zero_is_any_time() -> None:
    """
    Without a limit there is none.
    """
    upstream, _, told = asked(Told(response_time=0))

    upstream.wait(100_000)

    assert told.failures == []


def test_the_time_begins_with_the_end_of_the_request() -> None:
    """
    An upload takes what it takes.
    """
    upstream, _, told = asked(Told(whole=False, response_time=30))
    upstream.wait(1000)
    early = list(told.failures)

    told.connection.sent_all()
    upstream.wait(31)

    assert early == []
    assert told.failure == "UpstreamTimeout"


def test_the_time_ends_with_the_head() -> None:
    """
    A response that has begun may take its time (event streams).
    """
    upstream, wire, told = asked()
    wire.receive(b"HTTP/1.1 200 OK\r\n\r\n")

    upstream.wait(100_000)

    assert told.failures == []


class Producer:
    """
    A request body that writes down what it hears.
    """

    def __init__(self) -> None:
        self.heard: list[str] = []

    def pauseProducing(self) -> None:
        self.heard.append("pause")

    def resumeProducing(self) -> None:
        self.heard.append("resume")

    def stopProducing(self) -> None:
        self.heard.append("stop")


def test_an_upstream_that_does_not_read_has_an_end() -> None:
    """
    A request body that nobody takes is not offered for ever.
    """
    upstream, wire, told = asked(Told(whole=False, response_time=30))
    producer = Producer()
    told.connection.feed_from(producer)
    wire.fill()

    upstream.wait(31)

    assert producer.heard[0] == "pause"
    assert told.failure == "UpstreamTimeout"


def test_an_upstream_that_reads_again_is_forgiven() -> None:
    """
    The time is over when the body flows again.
    """
    upstream, wire, told = asked(Told(whole=False, response_time=30))
    producer = Producer()
    told.connection.feed_from(producer)
    wire.fill()
    wire.drain()

    upstream.wait(1000)

    assert producer.heard == ["pause", "resume"]
    assert told.failures == []


def test_an_idle_connection_ends() -> None:
    """
    A connection that nobody needs is closed, and given to nobody meanwhile.
    """
    upstream, wire, _ = asked()
    wire.receive(OK)

    upstream.wait(61)

    assert wire.disconnecting
    assert upstream.pool.idle == 0


def test_closing_has_an_end() -> None:
    """
    An upstream that does not close its side is cut.
    """
    upstream, wire, _ = asked()
    wire.receive(OK)
    upstream.wait(61)

    upstream.wait(CLOSE_SECONDS + 1)

    assert wire.aborted


# --- early responses


def test_a_response_before_the_end_of_the_request_is_the_last() -> None:
    """
    A connection with half a request on it is good for nothing.
    """
    upstream, wire, told = asked(Told(whole=False))
    told.connection.feed_from(Producer())

    wire.receive(OK)

    assert told.done
    assert wire.aborted
    assert wire.producer is None
    assert upstream.pool.idle == 0


def test_a_response_that_begins_before_the_end_of_the_request() -> None:
    """
    When the request ends before the response does, everything is as usual.
    """
    upstream, wire, told = asked(Told(whole=False))
    wire.receive(OK[:-1])

    told.connection.sent_all()
    wire.receive(OK[-1:])

    assert told.done
    assert kept(upstream)


# --- back-pressure


def test_a_paused_response_is_not_read() -> None:
    """
    A client that does not keep up stops the reading, until it does.
    """
    _, wire, told = asked()
    wire.receive(OK[:-1])

    told.connection.pauseProducing()
    paused = wire.reading
    told.connection.resumeProducing()

    assert (paused, wire.reading) == (False, True)


def test_a_kept_connection_reads() -> None:
    """
    A connection that was paused when its response ended is read again.
    """
    upstream, wire, told = asked()
    wire.receive(OK[:-1])
    told.connection.pauseProducing()

    wire.receive(OK[-1:])

    assert kept(upstream)
    assert wire.reading


# --- any split of a response gives the same response

BODY = st.binary(max_size=80)


@st.composite
def responses(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """
    Return the bytes of a response, and its body.
    """
    body = draw(BODY)
    status = draw(st.sampled_from([200, 404, 500]))
    early = draw(st.sampled_from([b"", b"HTTP/1.1 103 X\r\nLink: a\r\n\r\n"]))
    line = b"HTTP/1.1 %d X\r\nX-A: b\r\n" % status
    if draw(st.booleans()):
        return early + line + b"Content-Length: %d\r\n\r\n" % len(body) + body, body
    sizes = draw(st.lists(st.integers(1, 40), max_size=5))
    out, rest = b"", body
    for size in [*sizes, len(body)]:
        piece, rest = rest[:size], rest[size:]
        if piece:
            out += b"%x\r\n%b\r\n" % (len(piece), piece)
    end = b"0\r\n" + draw(st.sampled_from([b"", b"T: 1\r\n"])) + b"\r\n"
    return early + line + b"Transfer-Encoding: chunked\r\n\r\n" + out + end, body


@given(responses(), st.lists(st.integers(0, 400), max_size=10))
def test_any_split_gives_the_same_response(
    response: tuple[bytes, bytes], cuts: list[int]
) -> None:
    """
    How the network cuts a response makes no difference to what is told.
    """
    raw, body = response
    places = sorted({0, *(cut % len(raw) for cut in cuts)})
    upstream, wire, told = asked()

    for start, end in zip(places, [*places[1:], len(raw)], strict=True):
        wire.receive(raw[start:end])

    assert told.body == body
    assert told.done
    assert told.failures == []
    assert kept(upstream)


@given(st.binary(max_size=120), st.lists(st.integers(0, 200), max_size=5))
def test_garbage_fails_or_is_waited_for(sent: bytes, cuts: list[int]) -> None:
    """
    Nothing that an upstream sends breaks us: an exchange ends once at most.
    """
    raw = b"HTTP/1.1 200 OK\r\n" + sent
    places = sorted({0, *(cut % len(raw) for cut in cuts)})
    _, wire, told = asked()

    for start, end in zip(places, [*places[1:], len(raw)], strict=True):
        wire.receive(raw[start:end])
    wire.lose()

    assert told.done + len(told.failures) == 1 or wire.aborted
