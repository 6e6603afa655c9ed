"""
Responses that are none, that break off, or that come in any pieces.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthproxy.net.response import FRAMING_LIMIT, HEAD_LIMIT, LONG_BODY
from tests.unit.net.upstreams import Told, asked, kept

BODY = st.binary(max_size=80)


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


# --- any split of a response gives the same response


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
