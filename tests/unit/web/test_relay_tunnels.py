"""
An upstream that switches to another protocol.
"""

from attrs import evolve

from tests.unit.net.upstreams import OK
from tests.unit.net.wire import Wire
from tests.unit.web.relays import ERRAND, Both
from tests.unit.web.stage import UPGRADE, get, statuses

SWITCH = b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"


def upgrading(rest: bytes = b"") -> tuple[Both, Wire, Wire]:
    """
    Return both ends of a request for a WebSocket.
    """
    both = Both(evolve(ERRAND, upgrade=b"websocket"))
    client, app = both.ask(get("/", *UPGRADE) + rest)
    app.take()
    return both, client, app


def test_a_switch_makes_a_tunnel() -> None:
    """
    The client hears of it, then bytes go both ways as they are.
    """
    both, client, app = upgrading()
    app.receive(SWITCH)
    head = client.take()

    client.receive(b"ping")
    app.receive(b"pong")

    assert head.startswith(
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket"
    )
    assert b"X-Ours: 1\r\n" in head
    assert (app.take(), client.take()) == (b"ping", b"pong")
    assert both.stage.site.tunnels == 1


def test_nothing_is_lost_around_a_switch() -> None:
    """
    Bytes in the same packet as either head come behind it.
    """
    _both, client, app = upgrading(b"early")

    app.receive(SWITCH + b"hello")

    assert client.take().endswith(b"\r\n\r\nhello")
    assert app.take() == b"early"


def test_a_tunnel_ends_with_its_client() -> None:
    """
    The request is over and counted as such.
    """
    both, client, app = upgrading()
    app.receive(SWITCH)

    client.lose()

    assert app.disconnecting
    assert both.stage.site.live == both.stage.site.tunnels == 0
    assert [request.status for request in both.stage.notes.answered_] == [101]


def test_a_tunnel_ends_with_its_upstream() -> None:
    """
    The client's connection is closed, and cut when it does not end.
    """
    both, client, app = upgrading()
    app.receive(SWITCH)

    app.lose()
    closed = client.disconnecting
    both.wait(1000)

    assert closed
    assert client.aborted
    assert both.stage.site.live == 0


def test_a_tunnel_has_back_pressure() -> None:
    """
    The slow side pauses the fast one.
    """
    _both, client, app = upgrading()
    app.receive(SWITCH)

    client.fill()
    app_paused = not app.reading
    app.fill()

    assert app_paused
    assert not client.reading


def test_a_declined_upgrade_is_answered_as_usual() -> None:
    """
    What the client sent ahead is its next request.
    """
    both, client, app = upgrading(get("/2"))

    app.receive(OK)
    both.stage.turn()
    app.receive(OK)

    assert statuses(client.take()) == [200, 200]


def test_another_protocol_than_asked_for_is_502() -> None:
    """
    An upstream that switches to something else is broken.
    """
    _both, client, app = upgrading()

    app.receive(SWITCH.replace(b"websocket", b"other"))

    assert statuses(client.take()) == [502]
    assert app.aborted
