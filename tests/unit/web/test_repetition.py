"""
Requests with the fields of one before: told by comparing, never told wrongly.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthproxy.web.parser import RequestParser
from oauthproxy.web.repetition import KINDS, REMEMBERED_BYTES
from tests.unit.web.heard import Heard

FIELDS = b"Host: a\r\nCookie: s=1\r\nUser-Agent: x\r\n"


def asked(
    target: bytes = b"/", fields: bytes = FIELDS, method: bytes = b"GET"
) -> bytes:
    """
    Return a request without a body.
    """
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (method, target, fields)


def after(*before: bytes) -> tuple[Heard, RequestParser]:
    """
    Return a parser that has parsed these pieces, and who heard of them.
    """
    listener = Heard()
    parser = RequestParser(listener, 1 << 20, 100)
    for piece in before:
        parser.feed(piece)
    return listener, parser


def fields_parsed_once(first: bytes, second: bytes) -> bool:
    """
    Tell whether the second request was told by comparing with the first.
    """
    listener, _ = after(first, second)
    assert len(listener.heads) == 2
    return listener.heads[0].memo is listener.heads[1].memo


def test_the_same_fields_are_known_again() -> None:
    """
    The first line is new, the fields and what was derived from them are not.
    """
    listener, parser = after(asked(b"/one?a=1"))
    listener.heads[0].memo["derived"] = 1

    parser.feed(asked(b"/two", method=b"HEAD"))

    first, second = listener.heads
    assert (second.method, second.target) == (b"HEAD", b"/two")
    assert second.fields is first.fields
    assert second.memo == {"derived": 1}
    assert second.host == first.host
    assert (second.version, second.keep_alive, second.length) == (b"HTTP/1.1", True, 0)
    assert listener.whole == 2


def test_other_fields_are_parsed() -> None:
    """
    One other byte makes other fields.
    """
    assert not fields_parsed_once(asked(), asked(fields=FIELDS + b"A: b\r\n"))
    assert not fields_parsed_once(asked(), asked(fields=FIELDS.replace(b"s=1", b"s=2")))


def test_known_fields_do_not_make_a_long_head_short() -> None:
    """
    A head beyond its size is refused however much of it was known before.
    """
    listener = Heard()
    parser = RequestParser(listener, 1000, 100)

    parser.feed(asked())
    parser.feed(asked(b"/" + b"x" * 1000))

    assert (listener.targets, listener.refused) == ([b"/"], [431])


def test_nothing_is_known_behind_the_last_request() -> None:
    """
    Behind a request that ends its connection nothing is a request.
    """
    last = asked(fields=FIELDS + b"Connection: close\r\n")

    listener, _ = after(asked(), last, asked(b"/late"))

    assert (listener.targets, listener.refused) == ([b"/", b"/"], [400])


def test_a_few_kinds_of_requests_are_known() -> None:
    """
    A browser asks for several kinds of things in turn; the oldest kind is forgotten.
    """
    kinds = [asked(fields=FIELDS + b"Accept: %d\r\n" % n) for n in range(KINDS + 1)]
    listener, parser = after(*kinds)

    parser.feed(kinds[1])
    parser.feed(kinds[0])

    memos = [head.memo for head in listener.heads]
    assert memos[KINDS + 1] is memos[1]
    assert memos[KINDS + 2] is not memos[0]


@pytest.mark.parametrize(
    "first",
    [
        asked(fields=FIELDS + b"Connection: close\r\n"),
        asked(fields=FIELDS + b"Content-Length: 3\r\n") + b"abc",
        asked(fields=FIELDS + b"Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n",
        asked(b"http://b/"),
        asked(b"*", method=b"OPTIONS"),
        b"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
        asked(fields=FIELDS + b"A: %b\r\n" % (b"a" * REMEMBERED_BYTES)),
        asked(b"/1") + asked(b"/2"),
        b"\r\n" + asked(),
    ],
    ids=lambda first: repr(first[:40]),
)
def test_only_the_plainest_is_remembered(first: bytes) -> None:
    """
    Heads that have a body, end their connection, name their host otherwise, are long,
    or did not come alone, are parsed each time.
    """
    _, parser = after(first)

    assert parser._repetition._known == ()


@pytest.mark.parametrize(
    "line",
    [
        b"GET  / HTTP/1.1",
        b"GET / HTTP/1.2",
        b"GET / RTSP/1.1",
        b"GET /a#b HTTP/1.1",
        b"GET /\x01 HTTP/1.1",
        b"GET / HTTP/1.1\r\nX: y\r\n z",
        b"GET / HTTP/1.1\nX: y",
        b"TRACE / HTTP/1.1",
        b"GET / HTTP/1.1\r\nContent-Length: x",
    ],
)
def test_a_bad_first_line_is_refused_before_known_fields(line: bytes) -> None:
    """
    Known fields do not make a request of what is none.
    """
    listener, parser = after(asked())

    parser.feed(line + b"\r\n" + FIELDS + b"\r\n")

    assert len(listener.refused) == 1
    assert len(listener.heads) == 1


def test_a_body_is_not_remembered_as_fields() -> None:
    """
    The end of a body that looks like a first line does not make what follows it, the
    next request's first line, a field.
    """
    tail = b"GET / HTTP/1.1\r\n"
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(tail)
    listener, parser = after(head, tail + asked(), asked())
    assert listener.whole == 3

    parser.feed(tail + asked())

    assert listener.refused == [400]


def test_a_body_is_not_taken_for_a_known_request() -> None:
    """
    What is a body stays one, whatever it looks like.
    """
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(asked())

    listener, _ = after(asked(), head, asked())

    assert listener.bodies == [b"", asked()]


def test_half_a_head_is_not_finished_by_known_fields() -> None:
    """
    Bytes that belong to a head already begun are not compared.
    """
    listener, _ = after(asked(), b"GET /x HTTP/1.1\r\nA: ", asked(b"/y"))

    assert [head.target for head in listener.heads] == [b"/", b"/x"]


def test_half_a_head_behind_a_body_is_not_finished_by_known_fields() -> None:
    """
    Nor is a head that began in the same piece in which a body ended.
    """
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"

    listener, parser = after(
        asked(), head, b"abcGET /x HTTP/1.1\r\nA: ", asked(b"/y"), asked(b"/z")
    )

    assert listener.targets == [b"/", b"/", b"/x", b"/z"]
    assert parser.head_bytes == 0


WHOLE = [
    asked(b"/1"),
    asked(b"/2", b"Host: b\r\n"),
    b"POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /",
    asked(b"/4", FIELDS + b"Transfer-Encoding: chunked\r\n", b"PUT")
    + b"2\r\nab\r\n0\r\nX: y\r\n\r\n",
    b"\r\n" + asked(b"/5"),
]


@given(
    st.lists(st.sampled_from(WHOLE), min_size=2, max_size=6),
    st.lists(st.integers(0, 300), max_size=6),
)
def test_it_does_not_matter_how_requests_are_cut(
    requests: list[bytes], cuts: list[int]
) -> None:
    """
    However the network cuts a connection's bytes, also between requests.
    """
    sent = b"".join(requests)
    ends = [len(b"".join(requests[:count])) for count in range(len(requests))]
    places = sorted({*ends, *cuts, len(sent)})
    pieces = [sent[a:b] for a, b in zip([0, *places], places, strict=False)]

    listener, _ = after(*pieces)
    whole, _ = after(sent)

    assert listener.heads == whole.heads
    assert listener.bodies == whole.bodies
    assert listener.refused == whole.refused == []


TARGETS = st.binary(max_size=6).map(lambda tail: b"/" + tail)
BLOCKS = st.sampled_from(
    [
        FIELDS,
        b"Host: b\r\n",
        FIELDS + b"Expect: 100-continue\r\n",
        b"Host: a\r\nHost: a\r\n",
    ]
)
METHODS = st.sampled_from([b"GET", b"HEAD", b"POST", b"BREW"])


@given(st.lists(st.tuples(METHODS, TARGETS, BLOCKS), max_size=6))
def test_nobody_can_tell_the_difference(requests: list[tuple[bytes, ...]]) -> None:
    """
    A parser that remembers tells of each request what a new parser tells.
    """
    listener, parser = after()
    for method, target, fields in requests:
        piece = asked(target, fields, method)
        before = len(listener.heads)
        parser.feed(piece)
        alone, _ = after(piece)

        assert listener.heads[before:] == alone.heads
        assert listener.refused == alone.refused
        if listener.refused:
            break
