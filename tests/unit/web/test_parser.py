"""
Bytes in, requests out.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthproxy.web.parser import FRAMING_LIMIT, LONG_BODY, RequestParser
from tests.unit.web.heard import Heard, heard

GET = b"GET /%d HTTP/1.1\r\nHost: app.test\r\n\r\n"
UPGRADE = (
    b"%b /up HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: %b\r\n%b\r\n"
)


def test_requests_come_in_order() -> None:
    """
    Requests of one read are told one after the other.
    """
    told = heard(b"".join(GET % n for n in range(3)))

    assert (told.targets, told.whole) == ([b"/0", b"/1", b"/2"], 3)


def test_a_body_is_told_in_one_piece_for_each_read() -> None:
    """
    However small its chunks are, what one read gave goes on at once.
    """
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    told = heard(head, b"1\r\na\r\n" * 1000, b"1\r\nb\r\n0\r\n\r\n")

    assert told.pieces == [b"a" * 1000, b"b"]
    assert told.whole == 1


def test_a_long_body_is_followed_by_the_next_request() -> None:
    """
    Bytes behind a body that was only counted are parsed.
    """
    size = LONG_BODY + 10
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size

    told = heard(head, b"x" * (size - 1), b"y" + GET % 1)

    assert told.bodies[0] == b"x" * (size - 1) + b"y"
    assert (told.targets, told.whole) == ([b"/", b"/1"], 2)


def test_trailers_are_dropped() -> None:
    """
    A trailer is no field of the request, whatever it calls itself.
    """
    told = heard(
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"1\r\na\r\n0\r\nX-Forwarded-User: evil\r\n\r\n" + GET % 1
    )

    assert [name for head in told.heads for name, _ in head.fields] == [
        b"Host",
        b"Transfer-Encoding",
        b"Host",
    ]


@pytest.mark.parametrize("beginning", [b"0\r\nX: ", b"1;", b"0\r\n" + b"X: y\r\n" * 9])
def test_endless_framing_is_refused(beginning: bytes) -> None:
    """
    Trailers and chunk extensions that never end are bounded: nobody keeps them.
    """
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    told = heard(head, beginning, *[b"z" * 4096] * (FRAMING_LIMIT // 4096 + 1))

    assert told.refused == [400]


def test_many_small_chunks_are_not_endless_framing() -> None:
    """
    Framing counts only while no byte of the body comes.
    """
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    told = heard(head, *[b"1;ext=1234567890\r\na\r\n"] * FRAMING_LIMIT, b"0\r\n\r\n")

    assert (told.refused, told.whole) == ([], 1)


def test_an_upgrade_is_told_with_what_comes_behind() -> None:
    """
    Bytes behind the request may be of the other protocol.
    """
    told = heard(UPGRADE % (b"GET", b"websocket", b"") + b"\x81\x00")

    assert (told.upgrades, told.whole) == ([b"\x81\x00"], 0)
    assert told.heads[0].upgrade == b"websocket"


@pytest.mark.parametrize("fields", [b"Upgrade: other\r\n", b"Upgrade: h2c, x\r\n"])
def test_who_wants_several_protocols_gets_none(fields: bytes) -> None:
    """
    Two Upgrade lines make an ordinary request, told once, and the next one follows.
    """
    told = heard(UPGRADE % (b"GET", b"websocket", fields) + GET % 1)

    assert (told.upgrades, told.whole) == ([], 2)
    assert told.targets == [b"/up", b"/1"]


def test_an_upgrade_in_http_1_0_is_an_ordinary_request() -> None:
    """
    HTTP/1.0 knows no upgrades.
    """
    request = UPGRADE % (b"GET", b"websocket", b"")

    told = heard(request.replace(b"HTTP/1.1", b"HTTP/1.0"))

    assert (told.upgrades, told.whole) == ([], 1)


@pytest.mark.parametrize("size", [5, LONG_BODY, 1 << 20])
def test_a_body_makes_an_upgrade_an_ordinary_request(size: int) -> None:
    """
    Its body is its body, however long, and the next request follows.
    """
    length = b"Content-Length: %d\r\n" % size

    told = heard(
        UPGRADE % (b"POST", b"h2c", length),
        b"x" * (size - 1),
        b"x" + GET % 1,
        head_bytes=4096,
    )

    assert (told.refused, told.upgrades, told.whole) == ([], [], 2)
    assert told.bodies[0] == b"x" * size
    assert told.heads[0].upgrade == b""


def test_a_chunked_body_makes_an_upgrade_an_ordinary_request() -> None:
    """
    The same holds for chunks, trailers included.
    """
    coding = b"Transfer-Encoding: chunked\r\n"

    told = heard(
        UPGRADE % (b"POST", b"h2c", coding) + b"3\r\nabc\r\n0\r\nX: y\r\n\r\n" + GET % 1
    )

    assert (told.bodies[0], told.whole) == (b"abc", 2)
    assert told.targets == [b"/up", b"/1"]


def test_a_head_beyond_its_size_is_431() -> None:
    """
    A head is bounded, whether it comes at once or in pieces.
    """
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX: "

    told = heard(head, *[b"y" * 100] * 20, head_bytes=1000)

    assert told.refused == [431]


@pytest.mark.parametrize("before", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"])
def test_a_head_beyond_its_size_is_431_in_one_piece(before: bytes) -> None:
    """
    However it comes, and whatever comes before it; a body does not count.
    """
    long = b"GET / HTTP/1.1\r\nHost: a\r\nX: %b\r\n\r\n" % (b"y" * 1000)
    body = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n" + b"z" * 2000

    assert heard(before + long, head_bytes=1000).refused == [431]
    assert heard(before + body, head_bytes=1000).refused == []


def test_a_head_in_two_pieces_is_measured_whole() -> None:
    """
    Its beginning counts also when it came behind another request.
    """
    first = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    begun = b"GET / HTTP/1.1\r\nHost: a\r\nX: %b" % (b"y" * 800)

    told = heard(first + begun, b"y" * 300 + b"\r\n\r\n", head_bytes=1000)

    assert told.refused == [431]


def test_too_many_fields_are_431() -> None:
    """
    The number of fields is bounded too.
    """
    told = heard(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 11, head_fields=10)

    assert told.refused == [431]


def test_nothing_is_parsed_behind_a_refusal() -> None:
    """
    What comes behind garbage is garbage.
    """
    told = heard(b"GET / HTTP/1.1\r\n\r\n", GET % 1)

    assert (told.refused, told.targets) == ([400], [])


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"asdfasdfasdf\r\n\r\n", 400),
        (b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / RTSP/1.0\r\nHost: a\r\n\r\n", 400),
        (b"GET / RTSP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"SOURCE / ICE/1.0\r\nHost: a\r\n\r\n", 400),
        (b"SOURCE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    ],
)
def test_what_is_no_request_has_its_status(sent: bytes, status: int) -> None:
    """
    Garbage is 400, an unknown method 501, another version 505.
    """
    assert heard(sent).refused == [status]


def test_another_protocol_is_noticed_in_pieces() -> None:
    """
    A name that is cut by the network is the same name.
    """
    told = heard(GET % 1 + b"GET / RT", b"SP/1.1\r\nHo", b"st: a\r\n\r\n")

    assert (told.targets, told.refused) == ([b"/1"], [400])


def test_the_name_of_another_protocol_may_be_in_a_field() -> None:
    """
    Only the request line says which protocol it is.
    """
    told = heard(
        b"GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: Player RTSP/1.0\r\n\r\n"
        b"GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
    )

    assert (told.refused, told.whole) == ([], 2)


def test_a_long_target_in_pieces_is_taken() -> None:
    """
    A request line may come in as many pieces as it likes.
    """
    target = b"/" + b"x" * 100_000

    told = heard(
        b"GET " + target[:70_000], target[70_000:], b" HTTP/1.1\r\nHos", b"t: a\r\n\r\n"
    )

    assert told.targets == [target]


def test_pipelined_requests_of_http_1_0_are_taken() -> None:
    """
    A kept connection of HTTP/1.0 may carry several requests in one read.
    """
    request = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"

    assert heard(request + request).whole == 2


def test_a_head_that_has_begun_behind_a_request_counts() -> None:
    """
    Half a head behind a whole request is known to be half a head.
    """
    parser = RequestParser(Heard(), 1 << 20, 100)
    parser.feed(GET % 1 + b"GET / HT")

    assert parser.in_head
    assert parser.head_bytes


# --- any split of a stream of requests gives the same requests

TOKEN = st.sampled_from([b"X-A", b"accept", b"COOKIE", b"x_y"])
VALUE = st.binary(max_size=30).map(
    lambda raw: bytes(c for c in raw if 0x20 <= c < 0x7F or c >= 0x80).strip()
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """
    Return the bytes of a request, and its body.
    """
    fields = draw(st.lists(st.tuples(TOKEN, VALUE), max_size=4))
    body = draw(st.binary(max_size=60))
    kind = draw(st.sampled_from(["none", "length", "chunks", "upgrade"]))
    lines = b"".join(b"%b: %b\r\n" % field for field in fields)
    framing, coded = b"", b""
    if kind == "length":
        framing, coded = b"Content-Length: %d\r\n" % len(body), body
    elif kind in ("chunks", "upgrade"):
        framing = b"Transfer-Encoding: chunked\r\n"
        cuts = draw(st.lists(st.integers(1, 60), max_size=5))
        coded = (
            chunked(body, cuts) + draw(st.sampled_from([b"", b"T: 1\r\n"])) + b"\r\n"
        )
    else:
        body = b""
    if kind == "upgrade":
        framing += b"Connection: upgrade\r\nUpgrade: h2c\r\n"
    target = draw(st.from_regex(rb"/[a-z]{0,9}", fullmatch=True))
    head = b"POST %b HTTP/1.1\r\nHost: a\r\n%b%b\r\n" % (target, lines, framing)
    return head + coded, body


def chunked(body: bytes, sizes: list[int]) -> bytes:
    """
    Return a body in chunks of some sizes, up to its last chunk.
    """
    out = b""
    for size in sizes:
        if body:
            piece, body = body[:size], body[size:]
            out += b"%x;e=1\r\n%b\r\n" % (len(piece), piece)
    if body:
        out += b"%X\r\n%b\r\n" % (len(body), body)
    return out + b"0\r\n"


def in_pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    """
    Return a stream cut at some places.
    """
    places = sorted({cut % (len(stream) + 1) for cut in cuts})
    ends = [*places, len(stream)]
    return [stream[a:b] for a, b in zip([0, *places], ends, strict=True)]


@given(st.lists(requests(), max_size=4), st.lists(st.integers(0, 5000), max_size=12))
def test_any_split_gives_the_same_requests(
    sent: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    """
    How the network cuts a stream makes no difference to what is asked.
    """
    stream = b"".join(raw for raw, _ in sent)

    at_once, cut = heard(stream), heard(*in_pieces(stream, cuts))

    assert at_once.bodies == cut.bodies == [body for _, body in sent]
    assert at_once.heads == cut.heads
    assert (cut.whole, cut.refused, cut.upgrades) == (len(sent), [], [])


@given(st.binary(max_size=200), st.lists(st.integers(0, 300), max_size=6))
def test_garbage_is_refused_once_or_waited_for(sent: bytes, cuts: list[int]) -> None:
    """
    Nothing a client sends breaks the parser: there is one refusal at most.
    """
    told = heard(*in_pieces(b"POST / HTTP/1.1\r\nHost: a\r\n" + sent, cuts))

    assert len(told.refused) <= 1
