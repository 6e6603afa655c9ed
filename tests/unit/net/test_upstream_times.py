"""
How long a connection to an upstream is waited for.
"""

from oauthproxy.net.upstream import CLOSE_SECONDS
from tests.unit.net.producer import Producer
from tests.unit.net.upstreams import OK, Told, asked


def test_a_response_has_its_time() -> None:
    """
    An upstream that does not answer in time fails with a timeout.
    """
    upstream, wire, told = asked(Told(response_time=30))

    upstream.wait(31)

    assert told.failure == "UpstreamTimeout"
    assert wire.aborted


def test_zero_is_any_time() -> None:
    """
    Without a limit there is none.
    """
    upstream, _, told = asked(Told(response_time=0))

    upstream.wait(100_000)

    assert told.failures == []


def test_the_time_begins_with_the_end_of_the_request() -> None:
    """
    An upload takes what it takes.
    """
    upstream, _, told = asked(Told(whole=False, response_time=30))
    upstream.wait(1000)
    early = list(told.failures)

    told.connection.sent_all()
    upstream.wait(31)

    assert early == []
    assert told.failure == "UpstreamTimeout"


def test_the_time_ends_with_the_head() -> None:
    """
    A response that has begun may take its time (event streams).
    """
    upstream, wire, told = asked()
    wire.receive(b"HTTP/1.1 200 OK\r\n\r\n")

    upstream.wait(100_000)

    assert told.failures == []


def test_an_upstream_that_does_not_read_has_an_end() -> None:
    """
    A request body that nobody takes is not offered for ever.
    """
    upstream, wire, told = asked(Told(whole=False, response_time=30))
    producer = Producer()
    told.connection.feed_from(producer)
    wire.fill()

    upstream.wait(31)

    assert producer.heard[0] == "pause"
    assert told.failure == "UpstreamTimeout"


def test_an_upstream_that_reads_again_is_forgiven() -> None:
    """
    The time is over when the body flows again.
    """
    upstream, wire, told = asked(Told(whole=False, response_time=30))
    producer = Producer()
    told.connection.feed_from(producer)
    wire.fill()
    wire.drain()

    upstream.wait(1000)

    assert producer.heard == ["pause", "resume"]
    assert told.failures == []


def test_an_idle_connection_ends() -> None:
    """
    A connection that nobody needs is closed, and given to nobody meanwhile.
    """
    upstream, wire, _ = asked()
    wire.receive(OK)

    upstream.wait(61)

    assert wire.disconnecting
    assert upstream.pool.idle == 0


def test_closing_has_an_end() -> None:
    """
    An upstream that does not close its side is cut.
    """
    upstream, wire, _ = asked()
    wire.receive(OK)
    upstream.wait(61)

    upstream.wait(CLOSE_SECONDS + 1)

    assert wire.aborted
