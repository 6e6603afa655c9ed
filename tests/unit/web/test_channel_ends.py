"""
The end of a connection: its deadlines, and a client that leaves.
"""

import pytest

from oauthproxy.net.sweep import NEVER
from oauthproxy.web.limits import DRAIN_SECONDS
from tests.unit.web.stage import (
    GET,
    LIMITS,
    UPGRADE,
    Stage,
    answer,
    channel_of,
    get,
    post,
    statuses,
)

# --- deadlines


def test_a_silent_client_is_closed() -> None:
    """
    A connection without a request ends.
    """
    stage = Stage()
    wire = stage.connect()

    stage.wait(LIMITS.head_time + 1)

    assert wire.disconnecting
    assert wire.take() == b""


def test_a_slow_head_is_408() -> None:
    """
    Drops of a head do not make more time for it.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(b"GET / HT")
    stage.wait(LIMITS.head_time - 1)
    wire.receive(b"TP/1.1\r\n")

    stage.wait(2)

    assert statuses(wire.take()) == [408]


def test_the_time_for_a_head_begins_with_its_first_byte() -> None:
    """
    Idle time does not count.
    """
    stage = Stage(answer)
    wire = stage.connect()
    wire.receive(GET)
    stage.wait(LIMITS.idle_time - 1)
    wire.receive(b"GET / HT")

    stage.wait(LIMITS.head_time - 1)
    early = wire.disconnecting
    stage.wait(2)

    assert (early, wire.disconnecting) == (False, True)


def test_an_idle_connection_is_closed() -> None:
    """
    Between requests there is a time as well.
    """
    stage = Stage(answer)
    wire = stage.connect()
    wire.receive(GET)

    stage.wait(LIMITS.idle_time + 1)

    assert wire.disconnecting


def test_a_request_that_is_handled_has_no_deadline_here() -> None:
    """
    Long polls and event streams take their time.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)

    stage.wait(10_000)

    assert not wire.aborted
    assert not wire.disconnecting


def test_a_closed_connection_that_stays_is_cut() -> None:
    """
    Closing has an end as well.
    """
    stage = Stage(answer)
    wire = stage.connect()
    wire.receive(get("/", "Connection: close"))

    stage.wait(DRAIN_SECONDS + 1)

    assert wire.aborted


# --- a client that leaves


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HT",
        GET,
        GET + GET,
        post(b"abc", length=10),
        get("/", *UPGRADE) + b"early",
        b"\x00\r\n\r\n",
    ],
)
def test_a_client_may_leave_at_any_time(sent: bytes) -> None:
    """
    Whatever state a connection is in, its end is the end of everything it had.
    """
    stage = Stage()
    wire = stage.connect()
    if sent:
        wire.receive(sent)

    wire.lose()
    stage.wait(1000)

    assert stage.site.live == 0
    assert not stage.site.channels
    assert not stage.site.idle
    assert channel_of(wire).deadline == NEVER


def test_a_request_hears_that_its_client_left() -> None:
    """
    Whoever works for a client that left can stop; the log says 499.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    gone: list[int] = []
    stage.requests[0].abandoned = lambda: gone.append(1)

    wire.lose()

    assert gone == [1]
    assert [request.status for request in stage.notes.answered_] == [499]


def test_an_answer_for_a_client_that_left_is_nothing() -> None:
    """
    Answering too late does no harm.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    wire.lose()

    stage.requests[0].write(b"late")
    stage.requests[0].finish()

    assert wire.take() == b""
    assert len(stage.notes.answered_) == 1
