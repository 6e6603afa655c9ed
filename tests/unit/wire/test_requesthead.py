"""
What is a request head, and what follows from it.
"""

import pytest

from oauthproxy.wire.fields import Pair
from oauthproxy.wire.requesthead import CHUNKED, HeadRefused, RequestHead, judge

HOST = (b"Host", b"app.test")


def judged(
    *fields: Pair,
    method: bytes = b"GET",
    target: bytes = b"/",
    version: str = "1.1",
) -> RequestHead:
    """
    Return the judgement of a head.
    """
    return judge(method, target, version, list(fields))


def refusal(
    *fields: Pair,
    method: bytes = b"GET",
    target: bytes = b"/",
    version: str = "1.1",
) -> int:
    """
    Return the status of a refused head.
    """
    with pytest.raises(HeadRefused) as refused:
        judged(*fields, method=method, target=target, version=version)
    return refused.value.status


@pytest.mark.parametrize("version", ["0.9", "1.2", "2.0", "3.0", "0.0"])
def test_other_versions_are_505(version: str) -> None:
    """
    HTTP/1.0 and HTTP/1.1 are spoken, nothing else.
    """
    assert refusal(HOST, version=version) == 505


def test_http_1_1_needs_a_host() -> None:
    """
    A request without Host is refused (RFC 9112, 3.2).
    """
    assert refusal() == 400


def test_http_1_0_needs_no_host() -> None:
    """
    Host came with HTTP/1.1.
    """
    assert judged(version="1.0").host == b""


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_two_hosts_are_one_too_many(version: str) -> None:
    """
    Who reads the first and who reads the last must not be told different things.
    """
    assert refusal(HOST, HOST, version=version) == 400


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"a b",
        b"a@b",
        b"a/b",
        b"a\\b",
        b"a?b",
        b"a:99999",
        b"a:-1",
        b"a:1:2",
        b"[::1",
        b"::1",
        b"[a.test]x",
        b"a" * 1025,
        b"a\xff",
    ],
)
def test_an_odd_host_is_refused(host: bytes) -> None:
    """
    Host is a name or address and perhaps a port.
    """
    assert refusal((b"Host", host)) == 400


@pytest.mark.parametrize(
    "host", [b"a", b"a.test:80", b"a:", b"192.0.2.1:65535", b"[2001:db8::1]:443"]
)
def test_a_plain_host_is_taken(host: bytes) -> None:
    """
    Names, addresses and ports are as they come.
    """
    assert judged((b"Host", host)).host == host


def test_chunks_and_a_length_are_refused() -> None:
    """
    A message is framed in one way (RFC 9112, 6.3).
    """
    fields = (HOST, (b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"3"))

    assert refusal(*fields) == 400


@pytest.mark.parametrize(
    "coding", [b"gzip, chunked", b"chunked, chunked", b"xchunked", b"identity", b""]
)
def test_a_coding_is_just_chunked(coding: bytes) -> None:
    """
    Other codings, or several, are refused.
    """
    assert refusal(HOST, (b"Transfer-Encoding", coding)) == 400


def test_two_codings_in_two_lines_are_refused() -> None:
    """
    A second line does not make it better.
    """
    coding = (b"Transfer-Encoding", b"chunked")

    assert refusal(HOST, coding, coding) == 400


def test_chunks_in_http_1_0_are_refused() -> None:
    """
    HTTP/1.0 knows no chunks, and somebody on the way may take them for a body.
    """
    assert refusal((b"Transfer-Encoding", b"chunked"), version="1.0") == 400


def test_a_chunked_body_has_no_known_length() -> None:
    """
    The coding's name has no case.
    """
    assert judged(HOST, (b"transfer-encoding", b"Chunked")).length == CHUNKED


@pytest.mark.parametrize(
    "length", [b"", b"-1", b"+1", b"1_0", b"0x1", b"1, 1", b"1" * 19, b"\xb2"]
)
def test_an_odd_length_is_refused(length: bytes) -> None:
    """
    A length is digits, and not too many.
    """
    assert refusal(HOST, (b"Content-Length", length)) == 400


def test_two_equal_lengths_are_refused() -> None:
    """
    Even where they agree: nobody honest sends them.
    """
    length = (b"Content-Length", b"3")

    assert refusal(HOST, length, length) == 400


def test_the_connection_is_kept_in_http_1_1() -> None:
    """
    Persistence is the default (RFC 9112, 9.3).
    """
    assert judged(HOST).keep_alive


@pytest.mark.parametrize("value", [b"close", b"TE, Close", b"close, keep-alive"])
def test_close_anywhere_in_the_list_closes(value: bytes) -> None:
    """
    `close` wins, in any case and place.
    """
    assert not judged(HOST, (b"Connection", value)).keep_alive


def test_the_connection_of_http_1_0_is_kept_when_asked() -> None:
    """
    In HTTP/1.0 persistence is asked for.
    """
    kept = judged((b"Connection", b"Keep-Alive"), version="1.0")

    assert (kept.keep_alive, judged(version="1.0").keep_alive) == (True, False)


def test_an_upgrade_needs_both_fields() -> None:
    """
    `Upgrade` without `Connection: upgrade` is nothing (RFC 9110, 7.8).
    """
    upgrade = (b"Upgrade", b"WebSocket")

    asked = judged(HOST, upgrade, (b"Connection", b"keep-alive, Upgrade"))

    assert (asked.upgrade, judged(HOST, upgrade).upgrade) == (b"websocket", b"")


def test_http_1_0_is_not_upgraded() -> None:
    """
    An `Upgrade` in HTTP/1.0 is ignored (RFC 9110, 7.8).
    """
    fields = ((b"Upgrade", b"websocket"), (b"Connection", b"upgrade"))

    assert judged(*fields, version="1.0").upgrade == b""


@pytest.mark.parametrize(
    "values",
    [(b"websocket", b"websocket"), (b"websocket, h2c",), (b"H2C ,websocket",)],
)
def test_two_upgrades_are_no_upgrade(values: tuple[bytes, ...]) -> None:
    """
    Whoever wants several things at once is answered as usual.
    """
    upgrades = [(b"Upgrade", value) for value in values]

    assert judged(HOST, *upgrades, (b"Connection", b"upgrade")).upgrade == b""


@pytest.mark.parametrize(
    "target", [b"a", b"*", b"http:///x", b"http://u@h/", b"ftp://h/", b"app.test:443"]
)
def test_an_odd_target_is_refused(target: bytes) -> None:
    """
    A target is a path, or a whole http URL without user.
    """
    assert refusal(HOST, target=target) == 400


def test_a_fragment_is_refused() -> None:
    """
    Fragments are never sent (RFC 9112, 3.2).
    """
    assert refusal(HOST, target=b"/a#b") == 400


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"http://other.test/a?b", b"/a?b"),
        (b"HTTPS://other.test", b"/"),
        (b"http://other.test?b", b"/?b"),
    ],
)
def test_an_absolute_target_names_the_host(target: bytes, path: bytes) -> None:
    """
    The authority of the target counts, not Host (RFC 9112, 3.2.2).
    """
    head = judged(HOST, target=target)

    assert (head.host, head.target) == (b"other.test", path)


def test_options_may_ask_about_the_server() -> None:
    """
    `*` is for OPTIONS.
    """
    assert judged(HOST, method=b"OPTIONS", target=b"*").target == b"*"


@pytest.mark.parametrize("method", [b"CONNECT", b"TRACE", b"TRACK", b"SOURCE"])
def test_methods_that_are_not_for_us_are_405(method: bytes) -> None:
    """
    No tunnels to anywhere, no echoes, no streaming protocols.
    """
    assert refusal(HOST, method=method) == 405


def test_connect_to_an_authority_is_405() -> None:
    """
    The method is what is wrong with it, not its target.
    """
    assert refusal(HOST, method=b"CONNECT", target=b"a.test:443") == 405


@pytest.mark.parametrize("value", [b"", b"foo", b"100-continue, foo"])
def test_other_expectations_are_417(value: bytes) -> None:
    """
    Only `100-continue` can be met.
    """
    assert refusal(HOST, (b"Expect", value)) == 417


def test_an_expectation_of_http_1_0_is_not_met() -> None:
    """
    An HTTP/1.0 client gets no 100 (RFC 9110, 10.1.1).
    """
    expect = (b"Expect", b"100-Continue")

    assert judged(HOST, expect).expects_continue
    assert not judged(expect, version="1.0").expects_continue
