"""
Replies of Redis, as they come in pieces or many at once.
"""

from typing import Any

import pytest
from twisted.internet.testing import StringTransport

from oauthproxy.net.redis.client import _Conversation


class Transport(StringTransport):
    """
    A transport that remembers whether it was cut.
    """

    cut = False

    def abortConnection(self) -> None:
        self.cut = True


class Conversation:
    """
    A connection, what is asked on it, and what comes of it.
    """

    def __init__(self, hear: Any = None) -> None:
        self.transport = Transport()
        self.protocol = _Conversation(hear)
        self.protocol.makeConnection(self.transport)
        self.replies: list[Any] = []

    def ask(self, times: int = 1) -> None:
        for _ in range(times):
            asked = self.protocol.execute_command("GET", "a")
            asked.addBoth(self.replies.append)

    def come(self, *pieces: bytes) -> list[Any]:
        for piece in pieces:
            self.protocol.dataReceived(piece)
        return self.replies


def test_replies_of_every_kind() -> None:
    """
    Strings are bytes; nothing is None; lists nest.
    """
    talk = Conversation()
    talk.ask(5)

    heard = talk.come(
        b"$3\r\na\r\n\r\n$-1\r\n:7\r\n+OK\r\n*2\r\n$1\r\nx\r\n*1\r\n:1\r\n"
    )

    assert heard == [b"a\r\n", None, 7, b"OK", [b"x", [1]]]


def test_many_replies_are_read_at_once() -> None:
    """
    None of them waits for another turn of the reactor.
    """
    talk = Conversation()
    talk.ask(100)

    assert talk.come(b"$1\r\nx\r\n" * 100) == [b"x"] * 100


def test_a_reply_may_come_byte_by_byte() -> None:
    """
    It is told when it is whole.
    """
    talk = Conversation()
    talk.ask()

    heard = talk.come(*(bytes([byte]) for byte in b"*2\r\n$2\r\nab\r\n:1\r\n"))

    assert heard == [[b"ab", 1]]


def test_messages_go_to_who_hears_them() -> None:
    """
    They answer nothing that was asked.
    """
    messages: list[Any] = []
    talk = Conversation(messages.append)
    talk.ask()

    heard = talk.come(
        b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n$2\r\nmy\r\n"
    )

    assert messages == [[b"a", b"b"]]
    assert heard == [b"my"]


@pytest.mark.parametrize("bytes_", [b"?\r\n", b"*4294967295\r\n", b"$1\r\nx\r\n"])
def test_what_nobody_asked_for_ends_the_connection(bytes_: bytes) -> None:
    """
    Bytes that are no reply, and a reply to no command: the next command would get it.
    """
    talk = Conversation()

    talk.come(bytes_)

    assert talk.transport.cut
    assert talk.replies == []
