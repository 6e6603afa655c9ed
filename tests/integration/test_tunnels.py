"""
WebSockets and other upgrades become tunnels.
"""

import threading

import pytest

from tests.integration.harness.client import RawClient, request
from tests.integration.harness.stage import Stage
from tests.integration.harness.upstream import Exchange

UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


def _echo_tunnel(exchange: Exchange, first: bytes = b"") -> None:
    exchange.seen.complete = True
    exchange.send(SWITCHED + first)
    stream = exchange.stream
    while True:
        if stream.buffer:
            exchange.send(stream.take(len(stream.buffer)))
        if not stream.more():
            exchange.close()
            return


@pytest.fixture
def tunnel(stage: Stage) -> Stage:
    """
    A proxy in front of an application that echoes on /ws.
    """
    stage.upstream.on("/ws", _echo_tunnel)
    return stage


def _opened(stage: Stage, client: RawClient, more: bytes = b"") -> None:
    client.send(stage.get("/ws?room=1;x", *UPGRADE) + more)
    answer = client.answer()
    assert answer.status == 101
    assert (answer.one("Upgrade") or "").lower() == "websocket"
    assert (answer.one("Connection") or "").lower() == "upgrade"
    assert answer.one("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_websocket_carries_bytes_both_ways(tunnel: Stage) -> None:
    """
    After the 101 every byte passes in both directions.
    """
    with tunnel.connect() as client:
        _opened(tunnel, client)
        for message in (b"\x81\x05hello", b"\x00" * 1000, b"\xff" * 70000):
            client.send(message)
            assert client.exactly(len(message)) == message

    seen = tunnel.upstream.last()
    assert seen.target == "/ws?room=1;x"
    assert seen.all("Sec-WebSocket-Key") == ["dGhlIHNhbXBsZSBub25jZQ=="]
    assert seen.all("X-Forwarded-User") == ["user-1"]


def test_bytes_in_the_same_segment_as_the_handshake_are_kept(tunnel: Stage) -> None:
    """
    A client that sends its first frame with the handshake loses nothing.
    """
    with tunnel.connect() as client:
        _opened(tunnel, client, b"\x81\x05early")

        assert client.exactly(7) == b"\x81\x05early"


def test_bytes_in_the_same_segment_as_the_101_are_kept(stage: Stage) -> None:
    """
    An application that speaks first, together with its 101, is heard.
    """
    stage.upstream.on("/ws", lambda exchange: _echo_tunnel(exchange, b"\x81\x02hi"))
    with stage.connect() as client:
        _opened(stage, client)

        assert client.exactly(4) == b"\x81\x02hi"


def test_application_that_leaves_ends_the_tunnel(stage: Stage) -> None:
    """
    When the application closes, the client's connection closes after the last byte.
    """

    def short(exchange: Exchange) -> None:
        exchange.seen.complete = True
        exchange.send(SWITCHED + b"bye")
        exchange.close()

    stage.upstream.on("/ws", short)
    with stage.connect() as client:
        _opened(stage, client)

        assert client.rest() == b"bye"


def test_client_that_leaves_ends_the_tunnel(stage: Stage) -> None:
    """
    When the client closes, the application's connection closes.
    """
    left = threading.Event()

    def waiting(exchange: Exchange) -> None:
        exchange.seen.complete = True
        exchange.send(SWITCHED)
        if exchange.left():
            left.set()

    stage.upstream.on("/ws", waiting)
    with stage.connect() as client:
        _opened(stage, client)

    assert left.wait(10)


def test_refused_upgrade_is_an_ordinary_answer(stage: Stage) -> None:
    """
    An application that does not switch answers as usual, and the connection goes on.
    """
    stage.upstream.on("/ws", lambda exchange: exchange.answer(426, [], b"no"))
    with stage.connect() as client:
        refused = client.ask(stage.get("/ws", *UPGRADE))
        again = client.ask(stage.get("/again"))

    assert (refused.status, refused.body) == (426, b"no")
    assert again.status == 200


def test_stranger_gets_no_tunnel(tunnel: Stage) -> None:
    """
    Without a session there is no 101 and the application hears nothing.
    """
    answer = tunnel.ask(request("GET", "/ws", UPGRADE))

    assert answer.status in (401, 403)
    assert tunnel.upstream.seen == []


def test_other_protocols_are_tunnelled_when_the_application_switches(
    stage: Stage,
) -> None:
    """
    An upgrade to a protocol that is not HTTP is passed on as it was asked for.
    """

    def other(exchange: Exchange) -> None:
        exchange.seen.complete = True
        exchange.send(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
            b"Upgrade: echo/1\r\n\r\n"
        )
        exchange.send(exchange.stream.exactly(4))
        exchange.close()

    stage.upstream.on("/other", other)
    with stage.connect() as client:
        client.send(
            stage.get("/other", "Connection: keep-alive, Upgrade", "Upgrade: echo/1")
        )
        answer = client.answer()
        client.send(b"ping")

        assert answer.status == 101
        assert client.rest() == b"ping"


def test_large_messages_are_held_back_not_piled_up(stage: Stage) -> None:
    """
    A tunnel whose client does not read holds the application back.
    """
    size, sent, stuck = 64 << 20, [0], threading.Event()

    def flood(exchange: Exchange) -> None:
        exchange.seen.complete = True
        exchange.send(SWITCHED)
        exchange.stream.socket.settimeout(1)
        part = b"x" * 65536
        try:
            while sent[0] < size:
                sent[0] += exchange.stream.socket.send(part)
        except TimeoutError:
            stuck.set()
            raise

    stage.upstream.on("/ws", flood)
    before = stage.program.memory()
    with stage.connect(receive_buffer=65536) as client:
        _opened(stage, client)

        assert stuck.wait(20)
        assert sent[0] < 24 << 20
        assert stage.program.memory() - before < 20 << 20


def test_unasked_101_is_an_error(stage: Stage) -> None:
    """
    An application that switches although nobody asked is answered 502.
    """
    stage.upstream.on("/unasked", lambda exchange: exchange.send(SWITCHED))

    assert stage.ask(stage.get("/unasked")).status == 502
