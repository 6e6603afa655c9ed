"""
A client that does not read its answer, and whoever produces that.
"""

from typing import Any

from twisted.internet.interfaces import IPullProducer
from zope.interface import implementer

from oauthproxy.web.request import FrontRequest
from tests.unit.net.producer import Producer
from tests.unit.web.stage import GET, LIMITS, Stage, answer, get


@implementer(IPullProducer)
class Pieces:
    """
    Gives so many pieces, each when asked.
    """

    def __init__(self, request: FrontRequest, pieces: int) -> None:
        self.request = request
        self.pieces = pieces
        self.stopped = False

    def resumeProducing(self) -> None:
        if self.pieces:
            self.pieces -= 1
            self.request.write(b"piece")
        else:
            self.request.unregisterProducer()
            self.request.finish()

    def stopProducing(self) -> None:
        self.stopped = True


class Broken(Pieces):
    """
    Breaks when asked.
    """

    def __init__(self, request: FrontRequest) -> None:
        super().__init__(request, 1)

    def resumeProducing(self) -> None:
        raise OSError("the disk is gone")


def pull(request: FrontRequest, producer: Any) -> None:
    """
    Register a producer that waits to be asked.
    """
    request.registerProducer(producer, False)


def test_the_next_request_waits_for_a_client_that_does_not_read() -> None:
    """
    Answers do not pile up: while the client is behind, nothing new begins.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/1"))
    wire.fill()
    answer(stage.requests[0])

    wire.receive(get("/2"))
    stage.turn()
    waiting = len(stage.requests)
    wire.drain()
    stage.turn()

    assert (waiting, len(stage.requests)) == (1, 2)


def test_a_client_that_does_not_read_is_cut() -> None:
    """
    Not reading an answer has an end.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    wire.fill()
    answer(stage.requests[0])

    stage.wait(LIMITS.body_time + 1)

    assert wire.aborted


def test_a_client_that_reads_again_is_kept() -> None:
    """
    The deadline is gone with its reason.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    wire.fill()
    wire.drain()

    stage.wait(10 * LIMITS.body_time)

    assert not wire.aborted


def test_a_producer_is_paused_with_the_client() -> None:
    """
    Whoever produces the answer waits for a client that does not read, also when it
    was behind already.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    wire.fill()
    producer = Producer()

    stage.requests[0].registerProducer(producer, True)
    wire.drain()

    assert producer.heard == ["pause", "resume"]


def test_a_pull_producer_is_asked_until_it_has_ended() -> None:
    """
    A producer that waits to be asked gives everything, though each piece goes out at
    once.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    request = stage.requests[0]
    producer = Pieces(request, 20)

    pull(request, producer)
    for _ in range(20):
        stage.turn()

    assert wire.take().count(b"piece") == 20
    assert producer.pieces == 0


def test_a_pull_producer_waits_for_the_client() -> None:
    """
    A client that does not read is not asked for.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    request = stage.requests[0]
    producer = Pieces(request, 100)
    pull(request, producer)

    wire.fill()
    before = producer.pieces
    stage.turn()
    paused = producer.pieces
    wire.drain()
    stage.turn()

    assert before == paused > producer.pieces


def test_a_pull_producer_that_cannot_read_cuts_the_answer() -> None:
    """
    A file that breaks in the middle is no whole answer.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    producer = Broken(stage.requests[0])

    pull(stage.requests[0], producer)

    assert wire.aborted
    assert producer.stopped
