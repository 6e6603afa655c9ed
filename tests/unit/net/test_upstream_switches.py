"""
What an upstream sends before its response, or in its place.
"""

import pytest

from tests.unit.net.upstreams import OK, Told, asked, kept


def test_informational_responses_come_first() -> None:
    """
    103 is passed on without the hop's fields, 100 is ours alone, and the response
    follows.
    """
    _, wire, told = asked()

    wire.receive(
        b"HTTP/1.1 100 Continue\r\n\r\n"
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nKeep-Alive: 1\r\n\r\n" + OK
    )

    assert told.informed_ == [(103, [(b"Link", b"</a>")])]
    assert told.done


def test_informational_responses_without_end_are_refused() -> None:
    """
    Their number is bounded.
    """
    _, wire, told = asked()

    wire.receive(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)

    assert told.failure == "UpstreamFailed"
    assert wire.aborted


def test_a_switch_nobody_asked_for_is_refused() -> None:
    """
    101 needs a request for it.
    """
    _, wire, told = asked()

    wire.receive(b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")

    assert told.failure == "UpstreamFailed"


@pytest.mark.parametrize(
    "fields",
    [
        b"Upgrade: other\r\n",
        b"Upgrade: websocket\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
    ],
)
def test_an_odd_switch_is_refused(fields: bytes) -> None:
    """
    Another protocol than asked for, or a head that makes no sense, fails the exchange.
    """
    _, wire, told = asked(Told(upgrade=b"websocket"))

    wire.receive(b"HTTP/1.1 101 X\r\nConnection: upgrade\r\n%b\r\n" % fields)

    assert told.failure == "UpstreamFailed"


def test_a_switch_is_told_with_what_comes_behind() -> None:
    """
    The first bytes of the new protocol are not lost.
    """
    _, wire, told = asked(Told(upgrade=b"websocket"))

    wire.receive(
        b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\nhello"
    )

    assert told.switched == (b"websocket", b"hello")


def test_a_declined_upgrade_is_a_response() -> None:
    """
    An upstream that does not switch answers as usual.
    """
    upstream, wire, told = asked(Told(upgrade=b"websocket"))

    wire.receive(OK)

    assert told.done
    assert kept(upstream)
