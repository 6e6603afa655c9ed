"""
One request to an upstream and its response back: heads, framing, types.
"""

import pytest

from oauthproxy.web.relay import SNIFF_SECONDS
from tests.unit.net.upstreams import OK
from tests.unit.web.relays import ERRAND, TEXT, Both, body_of
from tests.unit.web.stage import GET, get, statuses

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
