"""
Few connections for many requests.
"""

from attrs import evolve

from oauthproxy.net.upstream import UpstreamConnection
from tests.unit.net.upstreams import LIMITS, OK, Told, Upstream


def test_a_kept_connection_is_used_again() -> None:
    """
    Two requests, one after the other, make one connection.
    """
    upstream, first, second = Upstream(), Told(), Told()
    upstream.pool.carry(first)
    wire = upstream.accept()
    wire.receive(OK)

    upstream.pool.carry(second)

    assert second.connection is first.connection
    assert upstream.pool.open == 1


def test_the_connection_that_was_used_last_is_used_next() -> None:
    """
    The others age and go.
    """
    upstream, told = Upstream(), [Told(), Told()]
    for exchange in told:
        upstream.pool.carry(exchange)
    wires = [upstream.accept(), upstream.accept()]
    wires[1].receive(OK)
    wires[0].receive(OK)
    third = Told()

    upstream.pool.carry(third)

    assert third.connection is told[0].connection


def test_nothing_is_kept_where_nothing_shall_be() -> None:
    """
    With `disable_keep_alives` every request has its own connection.
    """
    upstream = Upstream(keep=False)
    upstream.pool.carry(Told())
    wire = upstream.accept()

    wire.receive(OK)

    assert wire.disconnecting
    assert upstream.pool.idle == 0


def test_no_more_than_some_are_kept() -> None:
    """
    Idle connections are bounded by a number of their own.
    """
    upstream = Upstream(evolve(LIMITS, idle=1))
    for _ in range(2):
        upstream.pool.carry(Told())
    wires = [upstream.accept(), upstream.accept()]

    for wire in wires:
        wire.receive(OK)

    assert [wire.disconnecting for wire in wires] == [False, True]


def test_connections_are_bounded() -> None:
    """
    Beyond the limit requests wait in line.
    """
    upstream = Upstream()
    for _ in range(5):
        upstream.pool.carry(Told())

    assert len(upstream.asked) == upstream.pool.open == 2


def test_the_line_is_served_in_order() -> None:
    """
    Who came first goes first, on whichever connection is free.
    """
    upstream, told = Upstream(), [Told() for _ in range(4)]
    for exchange in told:
        upstream.pool.carry(exchange)
    wire = upstream.accept()

    wire.receive(OK)
    first = [exchange.connection is not None for exchange in told]
    wire.receive(OK)

    assert first == [True, False, True, False]
    assert told[3].connection is told[0].connection


def test_a_connection_that_ends_makes_room() -> None:
    """
    The next in line gets a new connection in place of a lost one.
    """
    upstream, told = Upstream(), [Told() for _ in range(3)]
    for exchange in told:
        upstream.pool.carry(exchange)
    wire = upstream.accept()
    upstream.accept()

    wire.lose()
    upstream.accept()

    assert told[2].connection is not None


def test_a_failed_attempt_makes_room() -> None:
    """
    So does a connection that could not be made.
    """
    upstream, told = Upstream(), [Told() for _ in range(3)]
    for exchange in told:
        upstream.pool.carry(exchange)

    upstream.refuse()

    assert told[0].failure == "ConnectFailed"
    assert len(upstream.asked) == 2


def test_the_wait_in_line_has_an_end() -> None:
    """
    Nobody waits for a connection for longer than for connecting.
    """
    upstream, told = Upstream(), [Told(response_time=0) for _ in range(3)]
    for exchange in told:
        upstream.pool.carry(exchange)
    for _ in range(2):
        upstream.accept()

    upstream.wait(LIMITS.connect_time + 1)

    assert told[2].failure == "ConnectFailed"
    assert told[0].failures == []


def test_an_attempt_has_an_end() -> None:
    """
    A name that is looked up for ever does not hold its place.
    """
    upstream, told = Upstream(), Told()
    upstream.pool.carry(told)

    upstream.wait(2 * LIMITS.connect_time + 1)

    assert told.failure == "ConnectFailed"
    assert upstream.pool.open == 0


def test_who_leaves_the_line_is_not_served() -> None:
    """
    A client that is gone takes no connection from others.
    """
    upstream, told = Upstream(), [Told() for _ in range(4)]
    for exchange in told:
        upstream.pool.carry(exchange)
    wire = upstream.accept()

    upstream.pool.leave(told[2])
    wire.receive(OK)

    assert told[2].connection is None
    assert told[3].connection is not None


def test_who_leaves_while_connecting_ends_the_attempt() -> None:
    """
    Nothing is connected for a client that is gone, and it hears nothing more.
    """
    upstream, told = Upstream(), Told()
    upstream.pool.carry(told)

    upstream.pool.leave(told)

    assert upstream.cancelled == 1
    assert told.failures == []
    assert upstream.pool.open == 0


def test_a_connection_that_dies_idle_is_forgotten() -> None:
    """
    The next request makes a new one.
    """
    upstream = Upstream()
    upstream.pool.carry(Told())
    wire = upstream.accept()
    wire.receive(OK)

    wire.lose()
    upstream.pool.carry(Told())

    assert len(upstream.asked) == 1


def test_a_closing_connection_is_given_to_nobody() -> None:
    """
    A connection that ends because it was idle for too long is out of the game at once,
    though its end takes a while.
    """
    upstream, told = Upstream(), Told()
    upstream.pool.carry(Told())
    wire = upstream.accept()
    wire.receive(OK)
    upstream.wait(LIMITS.idle_time + 1)

    upstream.pool.carry(told)

    assert not wire.gone
    assert told.connection is None
    assert len(upstream.asked) == 1


def test_a_kept_connection_that_ended_is_told_as_untouched() -> None:
    """
    The race that every pool has: the exchange hears that nothing was answered.
    """
    upstream, told = Upstream(), Told()
    upstream.pool.carry(Told())
    wire = upstream.accept()
    wire.receive(OK)
    upstream.pool.carry(told)

    wire.lose(cleanly=False)

    assert [untouched for _, untouched in told.failures] == [True]


def test_a_new_connection_that_ended_is_not_untouched() -> None:
    """
    An upstream that takes a connection and ends it has perhaps seen the request.
    """
    upstream, told = Upstream(), Told()
    upstream.pool.carry(told)

    upstream.accept().lose()

    assert [untouched for _, untouched in told.failures] == [False]


def test_a_fresh_connection_is_fresh() -> None:
    """
    A second attempt does not take another kept connection.
    """
    upstream, told = Upstream(), Told()
    upstream.pool.carry(Told())
    upstream.accept().receive(OK)

    upstream.pool.carry(told, fresh=True)

    assert told.connection is None
    assert len(upstream.asked) == 1


def test_a_stopped_pool_keeps_nothing() -> None:
    """
    Idle connections close at once, the others behind their response.
    """
    upstream = Upstream()
    upstream.pool.carry(Told())
    upstream.pool.carry(Told())
    idle, busy = upstream.accept(), upstream.accept()
    idle.receive(OK)

    upstream.pool.stop()
    closed = (idle.disconnecting, busy.disconnecting)
    busy.receive(OK)

    assert closed == (True, False)
    assert busy.disconnecting
    assert upstream.pool.idle == 0


class Buggy(Told):
    """
    An exchange that breaks when it boards.
    """

    def board(self, connection: UpstreamConnection) -> None:
        raise ValueError("a bug")


def test_a_bug_in_an_exchange_ends_that_exchange() -> None:
    """
    Whatever breaks, somebody hears of it and nothing hangs.
    """
    upstream, told = Upstream(), Buggy()
    upstream.pool.carry(told)

    wire = upstream.accept()

    assert told.failure == "ProxyError"
    assert wire.aborted
    assert "a bug" in upstream.errors[0]


def test_what_happens_is_counted() -> None:
    """
    Opened connections are counted by upstream.
    """
    upstream = Upstream()
    upstream.pool.carry(Told())
    upstream.accept()

    assert upstream.meter.opened.values == {("app",): 1}
