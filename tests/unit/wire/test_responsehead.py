"""
What is a response head, and what follows from it.
"""

import pytest

from oauthproxy.wire.fields import Pair
from oauthproxy.wire.responsehead import ResponseHead, ResponseRefused, judge


def judged(*fields: Pair, status: int = 200) -> ResponseHead:
    """
    Return the judgement of a head.
    """
    return judge(status, list(fields))


@pytest.mark.parametrize("length", [b"", b"-1", b"+1", b"1, 1", b"1" * 19, b"0x1"])
def test_an_odd_length_is_refused(length: bytes) -> None:
    """
    A length is digits, and not too many.
    """
    with pytest.raises(ResponseRefused):
        judged((b"Content-Length", length))


def test_two_different_lengths_are_refused() -> None:
    """
    Nobody can tell which one is meant.
    """
    with pytest.raises(ResponseRefused):
        judged((b"Content-Length", b"1"), (b"Content-Length", b"2"))


def test_equal_lengths_are_one() -> None:
    """
    Repeating a length is clumsy, not dangerous (RFC 9112, 6.3).
    """
    head = judged((b"Content-Length", b"1"), (b"Content-Length", b"1"))

    assert head.length == 1


def test_a_length_beside_chunks_is_refused() -> None:
    """
    Two ways of framing are an error, not a choice.
    """
    with pytest.raises(ResponseRefused):
        judged((b"Content-Length", b"1"), (b"Transfer-Encoding", b"chunked"))


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"gzip", b""])
def test_other_codings_are_refused(coding: bytes) -> None:
    """
    We undo chunks, nothing else.
    """
    with pytest.raises(ResponseRefused):
        judged((b"Transfer-Encoding", coding))


def test_chunked_twice_is_refused() -> None:
    """
    A body is cut into chunks once.
    """
    coding = (b"Transfer-Encoding", b"chunked")

    with pytest.raises(ResponseRefused):
        judged(coding, coding)


def test_fields_of_the_hop_go_no_further() -> None:
    """
    What concerns the connection to the upstream stays there, and what it names.
    """
    head = judged(
        (b"Connection", b"close, X-Hop"),
        (b"Keep-Alive", b"timeout=5"),
        (b"Proxy-Authenticate", b"Basic"),
        (b"Upgrade", b"h2"),
        (b"x-hop", b"1"),
        (b"X-Kept", b"2"),
    )

    assert head.fields == [(b"X-Kept", b"2")]
    assert head.closes


def test_framing_is_left_to_who_writes_the_head() -> None:
    """
    Length and coding are told apart from the fields.
    """
    head = judged((b"Content-Length", b"5"), (b"Content-Type", b"text/plain"))

    assert head.fields == [(b"Content-Type", b"text/plain")]
    assert (head.length, head.has_type, head.until_close) == (5, True, False)


def test_without_framing_the_body_ends_with_the_connection() -> None:
    """
    Neither length nor chunks: the end of the connection is the end (RFC 9112, 6.3).
    """
    assert judged().until_close


def test_repeated_fields_keep_their_order() -> None:
    """
    Every Set-Cookie goes on by itself.
    """
    cookies = [(b"Set-Cookie", b"a=1"), (b"set-cookie", b"b=2")]

    assert judged(*cookies).fields == cookies
