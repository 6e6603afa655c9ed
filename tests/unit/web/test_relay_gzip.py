"""
A response whose gzip we asked for, and the client did not.
"""

import gzip

from attrs import evolve

from tests.unit.web.relays import ERRAND, TEXT, Both, body_of
from tests.unit.web.stage import GET

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
