"""
An upstream that fails, a request that is sent again, a client that leaves.
"""

import pytest

from tests.unit.net.upstreams import OK
from tests.unit.net.wire import Wire
from tests.unit.web.relays import TEXT, Both
from tests.unit.web.stage import GET, post, statuses

# --- failures


def test_a_refused_connection_is_502() -> None:
    """
    The client is told that there is a problem.
    """
    both = Both()
    client = both.stage.connect()
    client.receive(GET)

    both.upstream.refuse()

    assert statuses(client.take()) == [502]
    assert both.upstream.meter.errors.values == {("app", "connect"): 1}


def test_an_upstream_that_does_not_answer_is_504() -> None:
    """
    The time for a response has an end.
    """
    both = Both()
    client, _app = both.ask()

    both.upstream.wait(31)

    assert statuses(client.take()) == [504]
    assert both.upstream.meter.errors.values == {("app", "timeout"): 1}


def test_a_broken_response_is_502() -> None:
    """
    As long as nothing was sent the client gets a whole answer.
    """
    both = Both()
    client, app = both.ask()

    app.receive(b"garbage\r\n\r\n")

    assert statuses(client.take()) == [502]
    assert both.upstream.meter.errors.values == {("app", "response"): 1}


def test_a_response_that_breaks_off_cuts_the_client() -> None:
    """
    After the first byte an error is an abort, never an end.
    """
    both = Both()
    client, app = both.ask()
    app.receive(b"HTTP/1.1 200 OK\r\n%bContent-Length: 10\r\n\r\nhello" % TEXT)

    app.lose()

    assert client.aborted
    assert both.stage.site.live == 0
    assert both.upstream.meter.errors.values == {("app", "aborted"): 1}


def test_a_failed_upload_says_that_the_connection_ends() -> None:
    """
    The answer to half a request ends the connection, and says so.
    """
    both = Both()
    client, app = both.ask(post(b"he", length=1000))

    app.receive(b"garbage\r\n\r\n")

    written = client.take()
    assert statuses(written) == [502]
    assert b"\r\nConnection: close\r\n" in written


# --- once more


def kept(both: Both) -> Wire:
    """
    Return the upstream's end of a connection that was used and kept.
    """
    _, app = both.ask()
    app.receive(OK)
    return app


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_an_idempotent_request_is_repeated_on_a_new_connection(method: str) -> None:
    """
    A kept connection that ended without a byte was closed by an upstream that did not
    see the request (RFC 9110, 9.2.2).
    """
    both = Both()
    stale = kept(both)
    client = both.stage.connect()
    client.receive(GET.replace(b"GET", method.encode()))
    stale.lose()

    both.upstream.accept().receive(OK)

    assert statuses(client.take()) == [200]
    assert both.errors == []


def test_a_request_is_repeated_once() -> None:
    """
    A new connection that ends as well is an error.
    """
    both = Both()
    stale = kept(both)
    client = both.stage.connect()
    client.receive(GET)
    stale.lose()

    both.upstream.accept().lose()

    assert statuses(client.take()) == [502]
    assert not both.upstream.asked


@pytest.mark.parametrize(
    "request_",
    [GET.replace(b"GET", b"POST"), GET.replace(b"GET", b"PATCH"), post(b"x")],
)
def test_other_requests_are_sent_once(request_: bytes) -> None:
    """
    What may have had an effect, or has a body, is not repeated.
    """
    both = Both()
    stale = kept(both)
    client = both.stage.connect()
    client.receive(request_)

    stale.lose()

    assert statuses(client.take()) == [502]
    assert not both.upstream.asked


def test_a_request_that_was_answered_in_part_is_not_repeated() -> None:
    """
    A byte of an answer means that the request was seen.
    """
    both = Both()
    stale = kept(both)
    client = both.stage.connect()
    client.receive(GET)
    stale.receive(b"H")

    stale.lose()

    assert statuses(client.take()) == [502]
    assert not both.upstream.asked


# --- a client that leaves


def test_a_client_that_leaves_frees_its_connection() -> None:
    """
    At once, in whatever state its request is.
    """
    both = Both()
    waiting, app = both.ask()
    streaming, second = both.ask()
    second.receive(b"HTTP/1.1 200 OK\r\n%b\r\nhello" % TEXT)
    in_line = both.stage.connect()
    in_line.receive(GET)

    for client in (in_line, waiting, streaming):
        client.lose()

    assert app.aborted
    assert second.aborted
    assert both.stage.site.live == 0
    app.lose()
    second.lose()
    assert both.upstream.asked == []
    assert both.upstream.pool.open == 0


def test_a_client_that_leaves_while_connecting_connects_nothing() -> None:
    """
    The attempt is ended.
    """
    both = Both()
    client = both.stage.connect()
    client.receive(GET)

    client.lose()

    assert both.upstream.cancelled == 1
