"""
The body of a request: invited, held, waited for, thrown away.
"""

from oauthproxy.web.limits import DRAIN_BYTES, DRAIN_SECONDS
from tests.unit.web.stage import (
    GET,
    LIMITS,
    Collected,
    Stage,
    answer,
    post,
    statuses,
)


def test_a_body_is_invited_when_it_is_wanted() -> None:
    """
    A client that waits for `100 Continue` gets it when somebody takes its body, once.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(post(b"", "Expect: 100-continue", length=5))
    before = wire.take()
    body = stage.requests[0].body
    assert body is not None

    body.deliver(Collected())

    assert (before, wire.take()) == (b"", b"HTTP/1.1 100 Continue\r\n\r\n")


def test_a_body_that_came_uninvited_is_not_invited() -> None:
    """
    A client that did not wait needs no invitation.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(post(b"he", "Expect: 100-continue", length=5))
    body = stage.requests[0].body
    assert body is not None

    body.deliver(Collected())

    assert wire.take() == b""


def test_a_refused_body_is_not_invited() -> None:
    """
    A client that waits is answered and closed, its body never sent.
    """
    stage = Stage(lambda request: answer(request, status=401))
    wire = stage.connect()

    wire.receive(post(b"", "Expect: 100-continue", length=5))

    written = wire.take()
    assert statuses(written) == [401]
    assert b"Connection: close\r\n" in written
    assert wire.disconnecting


def test_a_body_nobody_takes_is_bounded() -> None:
    """
    What comes before somebody takes it is held, and soon not read any more.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(post(b"", length=1 << 20))

    for _ in range(20):
        wire.receive(b"x" * 8192)

    assert not wire.reading


def test_a_body_nobody_takes_yet_has_no_deadline() -> None:
    """
    A client need not hurry while nobody wants its body.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(post(b"", "Expect: 100-continue", length=5))

    stage.wait(10 * LIMITS.body_time)

    assert not wire.aborted


def test_a_wanted_body_that_stops_is_cut() -> None:
    """
    A pause within a body has an end; its request hears of it.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(post(b"", length=100))
    body = stage.requests[0].body
    assert body is not None
    body.deliver(Collected())

    stage.wait(LIMITS.body_time - 1)
    wire.receive(b"x")
    stage.wait(LIMITS.body_time - 1)
    early = wire.aborted
    stage.wait(LIMITS.body_time + 1)

    assert (early, wire.aborted) == (False, True)


def test_a_body_is_waited_for_although_the_client_reads_slowly() -> None:
    """
    A client that catches up with its answer still owes the rest of its body.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(post(b"", length=100))
    body = stage.requests[0].body
    assert body is not None
    body.deliver(Collected())
    wire.fill()
    wire.drain()

    stage.wait(LIMITS.body_time + 1)

    assert wire.aborted


def test_a_consumer_pauses_the_client() -> None:
    """
    A consumer that is slow stops the reading, and there is no deadline for the client.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(post(b"", length=1 << 20))
    body = stage.requests[0].body
    assert body is not None
    body.deliver(Collected())

    body.pauseProducing()
    paused = wire.reading
    stage.wait(10 * LIMITS.body_time)
    body.resumeProducing()

    assert (paused, wire.reading, wire.aborted) == (False, True, False)


# --- answers before the end of the request


def test_an_early_answer_says_that_the_connection_ends() -> None:
    """
    A client whose body nobody takes is told not to use the connection again.
    """
    stage = Stage(lambda request: answer(request, status=403))
    wire = stage.connect()

    wire.receive(post(b"abc", length=1000))

    assert b"\r\nConnection: close\r\n" in wire.take()


def test_the_rest_of_a_body_is_thrown_away() -> None:
    """
    Behind an early answer the body is read to its end, then the connection ends.
    """
    stage = Stage(answer)
    wire = stage.connect()
    wire.receive(post(b"abc", length=6))
    kept = not wire.disconnecting

    wire.receive(b"def" + GET)

    assert kept
    assert wire.disconnecting
    assert len(stage.requests) == 1


def test_no_more_than_a_little_is_thrown_away() -> None:
    """
    A body without end is not read for ever.
    """
    stage = Stage(answer)
    wire = stage.connect()
    wire.receive(post(b"", length=1 << 30))

    for _ in range(DRAIN_BYTES // 65536 + 1):
        wire.receive(b"x" * 65536)

    assert wire.disconnecting


def test_a_slow_rest_of_a_body_is_not_waited_for() -> None:
    """
    Throwing away has an end in time too.
    """
    stage = Stage(answer)
    wire = stage.connect()
    wire.receive(post(b"", length=1 << 30))

    stage.wait(DRAIN_SECONDS + 1)
    closed = wire.disconnecting
    stage.wait(DRAIN_SECONDS + 1)

    assert closed
    assert wire.aborted
