"""
Bodies that are relayed, both ways, as fast as the slower side.
"""

from attrs import evolve

from oauthproxy.wire.requesthead import CHUNKED
from tests.unit.net.upstreams import OK
from tests.unit.web.relays import ERRAND, TEXT, Both, body_of
from tests.unit.web.stage import GET, get, post, statuses

# --- back-pressure


def test_a_client_that_does_not_read_pauses_the_upstream() -> None:
    """
    Both ways: reading again resumes it.
    """
    both = Both()
    client, app = both.ask()
    app.receive(b"HTTP/1.1 200 OK\r\n%bContent-Length: 10\r\n\r\nhello" % TEXT)

    client.fill()
    paused = app.reading
    client.drain()

    assert (paused, app.reading) == (False, True)


def test_an_upstream_that_does_not_read_pauses_the_client() -> None:
    """
    An upload goes as fast as it is taken.
    """
    both = Both()
    client, app = both.ask(post(b"hello", length=1 << 20))

    app.fill()
    paused = client.reading
    app.drain()

    assert (paused, client.reading) == (False, True)


def test_a_connection_that_was_paused_serves_the_next_client() -> None:
    """
    A slow client leaves no trace.
    """
    both = Both()
    client, app = both.ask()
    app.receive(b"HTTP/1.1 200 OK\r\n%bContent-Length: 10\r\n\r\nhello" % TEXT)
    client.fill()
    app.receive(b"world")
    second = both.stage.connect()

    second.receive(GET)
    app.receive(OK)

    assert app.reading
    assert statuses(second.take()) == [200]


# --- request bodies


def test_a_body_goes_on_as_it_comes() -> None:
    """
    With its length, piece by piece.
    """
    both = Both()
    client, app = both.ask(post(b"he", length=5))
    early = app.take()

    client.receive(b"llo")

    assert early == ERRAND.head + b"he"
    assert app.take() == b"llo"


def test_a_chunked_body_is_chunked_again() -> None:
    """
    A read is a chunk, and the last one ends it; trailers stay here.
    """
    both = Both()
    client, app = both.ask(get("/", "Transfer-Encoding: chunked") + b"2\r\nhe\r\n")
    app.take()

    client.receive(b"1\r\nl\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n")
    app.receive(OK)

    assert both.stage.requests[0].head.length == CHUNKED
    assert app.take() == b"3\r\nllo\r\n0\r\n\r\n"
    assert both.upstream.pool.idle == 1


def test_a_body_that_was_read_goes_at_once() -> None:
    """
    A signed request has its body already.
    """
    both = Both(evolve(ERRAND, body=b"whole"))
    _client, app = both.ask(post(b"whole"))

    app.receive(OK)

    assert app.take() == ERRAND.head + b"whole"
    assert both.upstream.pool.idle == 1


def test_an_early_answer_ends_the_upload() -> None:
    """
    The upstream has answered before the body was in: the client gets the answer, the
    rest goes nowhere.
    """
    both = Both()
    client, app = both.ask(post(b"he", length=1000))
    app.receive(b"HTTP/1.1 413 No\r\n%bContent-Length: 0\r\n\r\n" % TEXT)
    app.take()

    client.receive(b"x" * 500)
    client.receive(b"x" * 498)

    assert statuses(client.take()) == [413]
    assert app.take() == b""
    assert app.aborted
    assert client.disconnecting


def test_an_early_answer_that_goes_on_does_not_end_the_upload() -> None:
    """
    Both directions may flow at once.
    """
    both = Both()
    client, app = both.ask(post(b"he", length=5))
    app.receive(b"HTTP/1.1 200 OK\r\n%bContent-Length: 10\r\n\r\nhello" % TEXT)

    client.receive(b"llo")
    app.receive(b"world")

    assert body_of(client.take()) == b"helloworld"
    assert app.take().endswith(b"hello")
    assert not client.disconnecting
    assert both.upstream.pool.idle == 1


def test_a_client_that_leaves_within_its_body_cuts_the_upstream() -> None:
    """
    Half a request is none.
    """
    both = Both()
    client, app = both.ask(post(b"he", length=5))

    client.lose()

    assert app.aborted
