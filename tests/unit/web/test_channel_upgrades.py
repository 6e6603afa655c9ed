"""
A connection that is to be handed to another protocol.
"""

from oauthproxy.web.limits import DRAIN_SECONDS
from tests.unit.web.stage import (
    UPGRADE,
    Stage,
    answer,
    channel_of,
    get,
    statuses,
)


class Taker:
    """
    A protocol that takes over.
    """

    def __init__(self) -> None:
        self.data = b""
        self.lost = 0

    def dataReceived(self, data: bytes) -> None:
        self.data += data

    def connectionLost(self, reason: object) -> None:
        self.lost += 1


def test_an_upgrade_begins_with_what_came_behind_held_back() -> None:
    """
    Bytes behind the request go to whom the connection is handed.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/", *UPGRADE) + b"early")
    wire.receive(b" bird")
    taker = Taker()

    early = channel_of(wire).take_over(taker)
    wire.receive(b"later")
    wire.lose()

    assert (early, taker.data, taker.lost) == (b"early bird", b"later", 1)


def test_a_declined_upgrade_is_an_ordinary_request() -> None:
    """
    What came behind it is the next request.
    """
    stage = Stage(answer)
    wire = stage.connect()

    wire.receive(get("/1", *UPGRADE) + get("/2"))
    wire.receive(get("/3"))
    stage.turn()

    assert [request.uri for request in stage.requests] == [b"/1", b"/2", b"/3"]
    assert statuses(wire.take()) == [200, 200, 200]


def test_many_declined_upgrades_do_not_nest() -> None:
    """
    A read full of declined upgrades is answered one after the other, each in a turn
    of its own.
    """
    stage = Stage(answer)
    wire = stage.connect()

    wire.receive(get("/", *UPGRADE) * 500)
    for _ in range(600):
        stage.turn()

    assert statuses(wire.take()) == [200] * 500


def test_an_upgrade_waits_for_the_answers_before_it() -> None:
    """
    A pipelined upgrade is begun in its turn, once.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/1") + get("/2", *UPGRADE) + b"early")
    begun = len(stage.requests)

    answer(stage.requests[0])
    stage.turn()
    stage.turn()

    assert (begun, len(stage.requests)) == (1, 2)
    assert channel_of(wire).take_over(Taker()) == b"early"


def test_two_upgrades_at_once_are_asked_once() -> None:
    """
    A request that names two protocols in two lines is begun once and answered once.
    """
    stage = Stage()
    wire = stage.connect()

    wire.receive(get("/", *UPGRADE, "Upgrade: h2c"))
    begun = len(stage.requests)
    answer(stage.requests[0])
    wire.receive(get("/2"))

    assert begun == 1
    assert [request.uri for request in stage.requests] == [b"/", b"/2"]


def test_what_waits_for_an_upgrade_is_bounded() -> None:
    """
    A client that sends on before the upgrade is decided is not read for ever.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/", *UPGRADE))

    for _ in range(20):
        wire.receive(b"x" * 8192)
    held = wire.reading
    channel_of(wire).take_over(Taker())

    assert (held, wire.reading) == (False, True)


def test_a_tunnel_has_no_deadline_until_it_ends() -> None:
    """
    A WebSocket may be silent for as long as it likes; its end has an end.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/", *UPGRADE))
    channel_of(wire).take_over(Taker())
    stage.wait(100_000)
    silent = wire.aborted

    channel_of(wire).loseConnection()
    stage.wait(DRAIN_SECONDS + 1)

    assert (silent, wire.aborted) == (False, True)


def test_nobody_is_the_producer_behind_a_take_over() -> None:
    """
    The new protocol may register its own.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/", *UPGRADE))

    channel_of(wire).take_over(Taker())

    assert wire.producer is None
