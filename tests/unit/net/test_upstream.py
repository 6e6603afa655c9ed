"""
One connection to an upstream, and the responses on it.
"""

import pytest

from oauthproxy.net.response import LONG_BODY
from tests.unit.net.producer import Producer
from tests.unit.net.upstreams import OK, REQUEST, Told, asked, kept

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
