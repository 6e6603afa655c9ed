"""
What a client sends that is no request.
"""

from oauthproxy.web.limits import LINGER_SECONDS
from tests.unit.web.stage import GET, Stage, answer, get, statuses


def test_garbage_is_answered_and_closed() -> None:
    """
    Bytes that are no request get 400, and the connection ends.
    """
    stage = Stage()
    wire = stage.connect()

    wire.receive(b"\x00\x01\x02\r\n\r\n")

    assert statuses(wire.take()) == [400]
    assert wire.disconnecting
    assert stage.notes.refused_ == [400]


def test_garbage_behind_a_request_waits_for_its_answer() -> None:
    """
    The order of answers holds for refusals too.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET + b"\x00\r\n\r\n")
    before = wire.take()

    answer(stage.requests[0])
    stage.turn()

    assert before == b""
    assert statuses(wire.take()) == [200, 400]
    assert wire.disconnecting


def test_a_body_that_breaks_ends_its_request() -> None:
    """
    A chunk that is none makes the request none: it is given up and refused.
    """
    stage = Stage()
    wire = stage.connect()
    gone: list[int] = []
    wire.receive(get("/", "Transfer-Encoding: chunked"))
    stage.requests[0].abandoned = lambda: gone.append(1)

    wire.receive(b"xyz\r\n")

    assert gone == [1]
    assert statuses(wire.take()) == [400]
    assert [request.status for request in stage.notes.answered_] == [400]


def test_a_body_that_breaks_cuts_an_answer_that_began() -> None:
    """
    Two answers to one request would be one too many.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/", "Transfer-Encoding: chunked"))
    stage.requests[0].write(b"begun")

    wire.receive(b"xyz\r\n")

    assert statuses(wire.take()) == [200]
    assert wire.aborted


def test_a_queued_body_that_breaks_leaves_the_first_answer_alone() -> None:
    """
    Only what is broken is refused.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/1") + get("/2", "Transfer-Encoding: chunked") + b"xyz\r\n")

    answer(stage.requests[0])
    stage.turn()

    assert statuses(wire.take()) == [200, 400]
    assert stage.site.live == 0


def test_nothing_is_read_behind_a_refusal() -> None:
    """
    What comes behind garbage is ignored.
    """
    stage = Stage()
    wire = stage.connect()

    wire.receive(b"\x00\r\n\r\n")
    wire.receive(GET)

    assert stage.requests == []


def test_a_refused_client_is_not_waited_for() -> None:
    """
    It has a moment to read, then the connection is cut.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(b"\x00\r\n\r\n")

    stage.wait(LINGER_SECONDS + 1)

    assert wire.aborted
