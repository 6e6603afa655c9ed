"""
Section H: request heads that two parsers read differently.

All are sent raw, with a session, so that only the parser can keep them out. Tests are
named after the rows of the attack list; numbers that the list leaves out are attacks we
thought of.
"""

import pytest

from tests.attacks import raw
from tests.conftest import OpenStage
from tests.integration.harness.client import request
from tests.integration.harness.stage import Stage


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 4", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: 4"],
        ["Content-Length: 0", "Transfer-Encoding: chunked"],
        ["content-length: 4", "TRANSFER-ENCODING: CHUNKED"],
    ],
)
def test_h01_length_and_chunks_are_400(stage: Stage, lines: list[str]) -> None:
    """
    Two ways of framing in one head are refused.
    """
    raw.refused(stage, raw.lines(stage, "Host: app.test", *lines) + "0\r\n\r\nGET /x ")


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 4", "Content-Length: 5"],
        ["Content-Length: 4", "Content-Length: 4"],
        ["Content-Length: 4, 4"],
        ["Content-Length: 4, 5"],
        ["Content-Length: 4,"],
    ],
)
def test_h02_two_lengths_are_400(stage: Stage, lines: list[str]) -> None:
    """
    A length is given once.
    """
    raw.refused(stage, raw.lines(stage, "Host: app.test", *lines) + "body")


@pytest.mark.parametrize(
    "length",
    [
        "+4", "-1", "-0", "0x4", "1_0", "", "4.0", "4e0", "four", "4 4", "\t\x0b4",
        "4;", "٤".encode().decode("latin-1"), "99999999999999999999999", '"4"', "4\x00",
    ],
)  # fmt: skip
def test_h03_odd_lengths_are_400(stage: Stage, length: str) -> None:
    """
    A length is decimal digits.
    """
    head = raw.lines(stage, "Host: app.test", f"Content-Length: {length}")

    raw.refused(stage, head + "body", 400, 413)


@pytest.mark.parametrize(
    "coding",
    [
        "gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "identity", "",
        "xchunked", "chunked;q=1", "\x0bchunked", "chun ked", '"chunked"', "chunked,",
        ",chunked", "chunked\x00",
    ],
)  # fmt: skip
def test_h04_odd_codings_are_refused(stage: Stage, coding: str) -> None:
    """
    The one transfer coding is `chunked`, written like that.
    """
    head = raw.lines(stage, "Host: app.test", f"Transfer-Encoding: {coding}")

    raw.refused(stage, head + "0\r\n\r\n", 400, 501)


@pytest.mark.parametrize(
    "lines",
    [
        ["Transfer-Encoding: identity", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding:"],
    ],
)
def test_h05_two_codings_are_refused(stage: Stage, lines: list[str]) -> None:
    """
    A transfer coding is given once.
    """
    head = raw.lines(stage, "Host: app.test", *lines)

    raw.refused(stage, head + "0\r\n\r\n", 400, 501)


def test_h06_chunks_in_http_1_0_are_400(stage: Stage) -> None:
    """
    HTTP/1.0 has no chunks; a parser that knows them would see another end.
    """
    head = raw.lines(
        stage,
        "Host: app.test",
        "Connection: keep-alive",
        "Transfer-Encoding: chunked",
        start="POST / HTTP/1.0",
    )

    raw.refused(stage, head + "0\r\n\r\n")


@pytest.mark.parametrize(
    "line",
    [
        "Transfer-Encoding : chunked", "Content-Length : 4", "Foo bar: x", "Foo", ": x",
        "Fo\xf6: x", "F\x01oo: x", "Foo\x7f: x", "Foo(: x", "Foo/: x", "Foo,: x",
        '"Foo": x', "[Foo]: x", "{Foo}: x", "Foo@: x", "Foo\\: x", "Foo=: x", "Foo;: x",
    ],
)  # fmt: skip
def test_h07_odd_field_names_are_400(stage: Stage, line: str) -> None:
    """
    A field name is a token, and the colon follows at once.
    """
    raw.refused(stage, raw.lines(stage, "Host: app.test", line))


@pytest.mark.parametrize(
    "byte", ["\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1b", "\x7f"]
)
def test_h08_control_bytes_in_a_value_are_400(stage: Stage, byte: str) -> None:
    """
    A field value has no control bytes.
    """
    raw.refused(stage, raw.lines(stage, "Host: app.test", f"X-A: a{byte}b"))


@pytest.mark.parametrize("line", ["X-A: 1\r\n 2", "X-A: 1\r\n\t2", "X-A:\r\n 2"])
def test_h09_folded_lines_are_400(stage: Stage, line: str) -> None:
    """
    A field is one line.
    """
    raw.refused(stage, raw.lines(stage, "Host: app.test", line))


@pytest.mark.parametrize("line", [" X-A: 1", "\tX-A: 1", " Host: evil.test"])
def test_h10_folded_first_line_is_400(stage: Stage, line: str) -> None:
    """
    There is nothing to continue before the first field.
    """
    raw.refused(stage, raw.lines(stage, line, "Host: app.test"))


def test_h11_bare_line_feeds_are_400(stage: Stage) -> None:
    """
    Lines end with CR LF; anything else is refused at once, not waited on.
    """
    raw.refused(stage, raw.lines(stage, "Host: app.test").replace("\r\n", "\n"))


@pytest.mark.parametrize(
    "line",
    ["X-A: 1\nX-B: 2", "X-A: 1\rX-B: 2", "X-A: 1\r\r\nX-B: 2", "X-A: 1\n\r\nX-B: 2"],
)
def test_h12_stray_line_ends_are_400(stage: Stage, line: str) -> None:
    """
    A CR or LF alone ends no line.
    """
    raw.refused(stage, raw.lines(stage, "Host: app.test", line))


@pytest.mark.parametrize(
    "lines",
    [
        ["Host: app.test", "Host: app.test"],
        ["Host: app.test", "Host: evil.test"],
        ["Host: app.test", "HOST: evil.test"],
        [],
    ],
)
def test_h17_exactly_one_host(stage: Stage, lines: list[str]) -> None:
    """
    HTTP/1.1 wants one Host field, neither none nor two.
    """
    raw.refused(stage, raw.lines(stage, *lines, start="GET / HTTP/1.1"))


@pytest.mark.parametrize(
    "host",
    [
        "a@b", "a/b", "a b", "", "a:99999", "a:-1", "a:b", "a:1:2", "x" * 4096, "a:+1",
        "a?b", "a#b", "a\\b", "[::1", "::1", "a:80@b", "<a>", 'a"b',
        "é", "[::1]x", "a^b", "a|b", "{a}",
    ],
)  # fmt: skip
def test_h18_odd_hosts_are_400(stage: Stage, host: str) -> None:
    """
    A host is a name or an address, and perhaps a port.
    """
    raw.refused(stage, raw.lines(stage, f"Host: {host}", start="GET / HTTP/1.1"))


@pytest.mark.parametrize(
    "start",
    [
        "GET /", "GET / ", "GET / HTTP/2.0", "GET / HTTP/1.2", "GET / HTTP/9.9",
        "GET / HTTP/1.1x", "GET / HTTP/0.9", "GET / http/1.1", "GET / HTTP/1",
        "GET / HTTP/1.10", "GET / HTTP/01.1", "GET / HTTP1.1", "GET / XTTP/1.1",
        "GET /  HTTP/1.1", "GET  / HTTP/1.1", "GET\t/\tHTTP/1.1", "GET / HTTP/1.1 ",
        "GET / x HTTP/1.1", " GET / HTTP/1.1", "GET HTTP/1.1", "/ HTTP/1.1", "GET",
    ],
)  # fmt: skip
def test_h19_odd_request_lines_are_refused(stage: Stage, start: str) -> None:
    """
    A request line is a method, a target and HTTP/1.0 or HTTP/1.1, one blank between.
    """
    raw.refused(stage, raw.lines(stage, "Host: app.test", start=start), 400, 501, 505)


@pytest.mark.parametrize(
    "target",
    ["/\x01", "/\x7f", "/\x80", "/\xff", "x", "x/y", "*", "?x", "\\x", "http://"],
)
def test_h20_odd_targets_are_refused(stage: Stage, target: str) -> None:
    """
    A target is a path, or an absolute URL; control bytes are in neither.
    """
    start = f"GET {target} HTTP/1.1"
    answer = raw.sent(stage, raw.lines(stage, "Host: app.test", start=start))

    assert answer.status in (400, 404) or target in ("/\x80", "/\xff")
    if answer.status == 400:
        assert stage.upstream.seen == []


def test_h21_leading_line_ends_are_tolerated_or_400(stage: Stage) -> None:
    """
    Empty lines before a request are skipped or refused, not misread.
    """
    with stage.connect() as client:
        client.send(b"\r\n\r\n" + stage.get("/first"))
        answer = client.answer()

    assert answer.status in (200, 400)
    assert [seen.path for seen in stage.upstream.seen] in ([], ["/first"])


@pytest.mark.parametrize(
    ("target", "field"),
    [("/" + "x" * 200_000, "X-A: 1"), ("/", "X-A: " + "x" * 200_000)],
)
def test_h22_large_lines_get_an_answer(
    open_stage: OpenStage, target: str, field: str
) -> None:
    """
    What is too large is answered, not just dropped.
    """
    stage = open_stage("max_head_bytes = 20000\nmax_head_fields = 20")

    answer = stage.ask(request("GET", target, [field]))

    assert answer.status in (414, 431)


def test_h23_many_fields_are_431(stage: Stage) -> None:
    """
    More fields than the limit are refused.
    """
    fields = [f"X-A-{number}: 1" for number in range(600)]

    answer = stage.ask(stage.get("/", *fields))

    assert answer.status == 431
    assert stage.upstream.seen == []


def test_h24_nul_bytes_are_400(stage: Stage) -> None:
    """
    A stream of NUL bytes is no request.
    """
    raw.refused(stage, "\0" * 1000)


@pytest.mark.parametrize("value", ["foo", "200-ok", "100-continue, foo", ""])
def test_h25_unknown_expectations_are_417(stage: Stage, value: str) -> None:
    """
    The one expectation is 100-continue.
    """
    head = raw.lines(stage, "Host: app.test", "Content-Length: 5", f"Expect: {value}")

    answer = raw.sent(stage, head + "hello")

    assert answer.status in (417, 400) or value == ""


@pytest.mark.parametrize(
    "method", ["TRACE", "TRACK", "CONNECT", "PRI", "SSTP_DUPLEX_POST"]
)
def test_h33_methods_for_machines_are_refused(stage: Stage, method: str) -> None:
    """
    Nobody is let through or shown its own request.
    """
    answer = stage.ask(stage.get("/", method=method))

    assert answer.status in (400, 405, 501)
    assert stage.upstream.seen == []


def test_h33_connect_opens_no_tunnel(stage: Stage) -> None:
    """
    CONNECT with an authority is refused.
    """
    answer = stage.ask(stage.get("evil.test:443", method="CONNECT"))

    assert answer.status in (400, 405, 501)
    assert stage.upstream.seen == []
