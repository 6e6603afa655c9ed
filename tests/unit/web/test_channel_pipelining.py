"""
A client that sends requests before it has its answers.
"""

from oauthproxy.web.limits import HELD_LIMIT, PARSED_AHEAD
from tests.unit.web.stage import (
    GET,
    LIMITS,
    Collected,
    Stage,
    answer,
    channel_of,
    get,
    post,
    statuses,
)


def test_pipelined_requests_are_begun_one_by_one() -> None:
    """
    The second request begins when the first is answered.
    """
    stage = Stage()
    stage.connect().receive(get("/1") + get("/2"))
    begun = len(stage.requests)

    answer(stage.requests[0])
    stage.turn()

    assert begun == 1
    assert [request.uri for request in stage.requests] == [b"/1", b"/2"]


def test_each_pipelined_request_is_begun_once() -> None:
    """
    However turns of the reactor and answers fall, nothing is asked twice.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/1") + get("/2"))
    wire.receive(get("/3"))

    for number in range(3):
        answer(stage.requests[number])
        wire.receive(b"")
        stage.turn()
        stage.turn()

    assert [request.uri for request in stage.requests] == [b"/1", b"/2", b"/3"]
    assert statuses(wire.take()) == [200, 200, 200]


def test_a_flood_of_requests_is_parsed_a_little_ahead() -> None:
    """
    A read full of small requests becomes few request objects at a time.
    """
    stage = Stage()
    wire = stage.connect()

    wire.receive(GET * 2000)

    most = PARSED_AHEAD // len(GET) + 1
    assert len(channel_of(wire).requests) <= most


def test_a_flood_of_requests_is_answered_whole() -> None:
    """
    What was held back is answered in its turn.
    """
    stage = Stage(answer)
    wire = stage.connect()

    wire.receive(GET * 2000)
    for _ in range(2000):
        stage.turn()

    assert len(statuses(wire.take())) == 2000


def test_what_is_sent_ahead_is_bounded() -> None:
    """
    A client that sends on and on while it is being answered is not read any more,
    until it is answered.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/1") + get("/2"))
    for _ in range(HELD_LIMIT // len(GET) + 1):
        wire.receive(GET)
    before = wire.reading

    stage.react = answer
    answer(stage.requests[0])
    for _ in range(HELD_LIMIT // len(GET) + 10):
        stage.turn()

    assert (before, wire.reading) == (False, True)


def test_a_client_that_sent_ahead_is_still_noticed_to_leave() -> None:
    """
    While a little waits the socket is read: a client that leaves frees everything.
    """
    stage = Stage()
    wire = stage.connect()

    wire.receive(get("/1") + get("/2"))

    assert wire.reading


def test_requests_that_never_began_are_not_counted_as_answered() -> None:
    """
    Requests that were only queued when the client left leave no trace.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/1") + get("/2"))

    wire.lose()

    assert [request.uri for request in stage.notes.answered_] == [b"/1"]
    assert stage.site.live == 0


def test_a_body_behind_a_request_does_not_end_that_one() -> None:
    """
    A slow body that is queued has no deadline while another request is answered.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/long-poll") + post(b"x", length=10))

    stage.wait(10 * LIMITS.body_time)

    assert not wire.aborted


def test_a_pipelined_body_arrives_whole() -> None:
    """
    The body of a queued request waits for it.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/1") + post(b"hello") + get("/3"))

    answer(stage.requests[0])
    stage.turn()
    taken = Collected()
    assert stage.requests[1].body is not None
    stage.requests[1].body.deliver(taken)

    assert (taken.data, taken.finished) == (b"hello", 1)
