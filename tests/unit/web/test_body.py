"""
Request bodies on their way, and read whole.
"""

from collections.abc import Callable

import pytest

from oauthproxy.web.body import HELD_LIMIT, Body, CollectedBody
from tests.unit.web.stage import Collected


class Client:
    """
    Writes down what a body asks of its client.
    """

    def __init__(self) -> None:
        self.heard: list[str] = []

    def body_wanted(self) -> None:
        self.heard.append("wanted")

    def body_paused(self) -> None:
        self.heard.append("paused")

    def body_resumed(self) -> None:
        self.heard.append("resumed")


def a_body() -> tuple[Body, Client, Collected]:
    """
    Return a body, its client, and somebody who may take it.
    """
    client = Client()
    return Body(client, -1), client, Collected()


def test_bytes_go_on_as_they_come() -> None:
    """
    Somebody who takes a body gets each piece at once.
    """
    body, _, taker = a_body()
    body.deliver(taker)

    body.received(b"a")
    early = taker.data
    body.received(b"b")
    body.ended()

    assert (early, taker.data, taker.finished) == (b"a", b"ab", 1)


def test_what_came_before_is_delivered_first() -> None:
    """
    Nothing is lost that came before somebody took it.
    """
    body, client, taker = a_body()
    body.received(b"a")

    body.deliver(taker)
    body.received(b"b")

    assert taker.data == b"ab"
    assert client.heard == ["wanted", "resumed"]


def test_a_body_that_is_whole_already_is_not_invited() -> None:
    """
    It is delivered with its end, and nobody is asked for more.
    """
    body, client, taker = a_body()
    body.received(b"a")
    body.ended()

    body.deliver(taker)

    assert (taker.data, taker.finished, client.heard) == (b"a", 1, [])


def test_an_empty_body_ends() -> None:
    """
    No bytes and an end are a body.
    """
    body, _, taker = a_body()
    body.deliver(taker)

    body.ended()

    assert (taker.data, taker.finished) == (b"", 1)


def test_what_nobody_takes_is_bounded() -> None:
    """
    Beyond the limit the client is paused, once.
    """
    body, client, _ = a_body()

    for _ in range(3):
        body.received(b"x" * (HELD_LIMIT // 2))

    assert client.heard == ["paused"]


def test_a_taker_that_is_slow_pauses_the_client() -> None:
    """
    What comes all the same is kept, in order.
    """
    body, client, taker = a_body()
    body.deliver(taker)

    body.pauseProducing()
    body.received(b"a")
    body.received(b"b")
    kept = taker.data
    body.resumeProducing()
    body.received(b"c")

    assert (kept, taker.data) == (b"", b"abc")
    assert client.heard == ["wanted", "resumed", "paused", "resumed"]


def test_the_end_waits_for_a_taker_that_is_slow() -> None:
    """
    `body_finished` comes behind the last byte, once.
    """
    body, _, taker = a_body()
    body.deliver(taker)
    body.pauseProducing()
    body.received(b"a")
    body.ended()
    early = taker.finished

    body.resumeProducing()

    assert (early, taker.data, taker.finished) == (0, b"a", 1)


class Slow(Collected):
    """
    Pauses the body at every piece.
    """

    body: Body

    def body_written(self, data: bytes) -> None:
        super().body_written(data)
        self.body.pauseProducing()


def test_a_taker_may_pause_at_every_piece() -> None:
    """
    Each piece waits until it is asked for.
    """
    body, _, _ = a_body()
    taker = Slow()
    taker.body = body
    body.received(b"a")
    body.received(b"b")
    body.ended()
    body.deliver(taker)

    seen = [taker.data]
    for _ in range(2):
        body.resumeProducing()
        seen.append(taker.data)

    assert seen == [b"a", b"ab", b"ab"]
    assert taker.finished == 1


def test_an_abandoned_body_reaches_nobody() -> None:
    """
    Who lets go hears nothing more, not even the end.
    """
    body, _, taker = a_body()
    body.deliver(taker)

    body.abandon()
    body.received(b"a")
    body.ended()

    assert (taker.data, taker.finished) == (b"", 0)


class Leaving(Collected):
    """
    Lets go at the first piece.
    """

    body: Body

    def body_written(self, data: bytes) -> None:
        super().body_written(data)
        self.body.abandon()


def test_who_lets_go_within_a_piece_gets_no_other() -> None:
    """
    Nor is the client asked for more.
    """
    body, client, _ = a_body()
    taker = Leaving()
    taker.body = body
    body.received(b"a")
    body.received(b"b")

    body.deliver(taker)

    assert taker.data == b"a"
    assert client.heard == ["wanted"]


@pytest.mark.parametrize("end", [Body.abandon, Body.stopProducing])
def test_a_taker_that_is_gone_is_forgotten(end: Callable[[Body], None]) -> None:
    """
    A consumer's transport that ends is the same as letting go.
    """
    body, _, taker = a_body()
    body.deliver(taker)

    end(body)

    assert not body.wanted


def test_many_small_pieces_cost_little() -> None:
    """
    Holding a piece takes the same time however many are held.
    """
    body, client, taker = a_body()

    for _ in range(200_000):
        body.received(b"x")
    body.deliver(taker)

    assert client.heard.count("paused") == 1
    assert len(taker.data) == 200_000


def test_a_body_is_read_whole() -> None:
    """
    Small bodies are collected.
    """
    bodies: list[bytes | None] = []
    collected = CollectedBody(3, bodies.append)

    collected.body_written(b"ab")
    collected.body_written(b"c")
    collected.body_finished()

    assert bodies == [b"abc"]


def test_a_body_that_is_too_large_is_given_up() -> None:
    """
    Beyond the limit the answer is None, once and at once.
    """
    bodies: list[bytes | None] = []
    collected = CollectedBody(3, bodies.append)

    collected.body_written(b"abcd")
    collected.body_written(b"e")
    collected.body_finished()

    assert bodies == [None]
