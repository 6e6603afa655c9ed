"""
Gzip that is taken off on the way.
"""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from oauthproxy.web.inflation import PIECE, Inflation, Outcome


@implementer(IPushProducer)
class Source:
    """
    Where compressed bytes come from.
    """

    def __init__(self) -> None:
        self.reading = True

    def pauseProducing(self) -> None:
        self.reading = False

    def resumeProducing(self) -> None:
        self.reading = True

    def stopProducing(self) -> None:
        self.reading = False


class Stage:
    """
    An inflation, and what became of it.
    """

    def __init__(self) -> None:
        self.out: list[bytes] = []
        self.ends: list[str] = []
        self.source = Source()
        self.pause_at_once = False
        self.inflation = Inflation(
            self.source,
            Outcome(
                self._write,
                lambda: self.ends.append("broke"),
                lambda: self.ends.append("ended"),
            ),
        )

    def _write(self, data: bytes) -> None:
        self.out.append(data)
        if self.pause_at_once:
            self.inflation.pauseProducing()

    @property
    def data(self) -> bytes:
        return b"".join(self.out)


def test_what_was_compressed_comes_out() -> None:
    """
    A body of one member, and its end.
    """
    stage = Stage()

    stage.inflation.take(gzip.compress(b"hello"))
    stage.inflation.finish()

    assert (stage.data, stage.ends) == (b"hello", ["ended"])


def test_several_members_are_one_body() -> None:
    """
    Members follow one another (RFC 1952, 2.2).
    """
    stage = Stage()

    stage.inflation.take(gzip.compress(b"hello ") + gzip.compress(b"world"))
    stage.inflation.finish()

    assert (stage.data, stage.ends) == (b"hello world", ["ended"])


def test_nothing_is_nothing() -> None:
    """
    An empty body is empty, not broken.
    """
    stage = Stage()

    stage.inflation.finish()

    assert (stage.data, stage.ends) == (b"", ["ended"])


@pytest.mark.parametrize("missing", [1, 8, 12])
def test_a_body_that_breaks_off_is_broken(missing: int) -> None:
    """
    A part never passes for the whole.
    """
    stage = Stage()

    stage.inflation.take(gzip.compress(b"hello world" * 10)[:-missing])
    stage.inflation.finish()

    assert stage.ends == ["broke"]


@pytest.mark.parametrize(
    "body", [b"no gzip at all", gzip.compress(b"x") + b"behind", b"\x1f\x8bxxxxxxxxxx"]
)
def test_what_is_no_gzip_is_broken(body: bytes) -> None:
    """
    It is told once, also when more comes.
    """
    stage = Stage()

    stage.inflation.take(body)
    stage.inflation.take(b"more")
    stage.inflation.finish()

    assert stage.ends == ["broke"]


def test_a_bomb_expands_no_faster_than_it_is_read() -> None:
    """
    A client that does not read stops the expansion after one piece.
    """
    stage = Stage()
    stage.pause_at_once = True

    stage.inflation.take(gzip.compress(b"\0" * (64 << 20)))

    assert len(stage.out) == 1
    assert len(stage.data) <= PIECE
    assert not stage.source.reading


def test_a_bomb_goes_on_when_it_is_read() -> None:
    """
    Piece by piece everything comes, then its end, and the source is read again.
    """
    stage = Stage()
    stage.pause_at_once = True
    size = 5 * PIECE
    stage.inflation.take(gzip.compress(b"\0" * size))
    pieces = 1

    while not stage.source.reading and pieces < 20:
        stage.inflation.resumeProducing()
        pieces += 1
    stage.inflation.finish()

    assert len(stage.data) == size
    assert stage.ends == ["ended"]


def test_the_end_waits_for_what_waits() -> None:
    """
    A response that is whole is ended when its client has all of it.
    """
    stage = Stage()
    stage.pause_at_once = True
    stage.inflation.take(gzip.compress(b"\0" * (2 * PIECE)))
    stage.inflation.finish()
    early = list(stage.ends)

    for _ in range(5):
        stage.inflation.resumeProducing()

    assert (early, stage.ends) == ([], ["ended"])


def test_a_client_that_is_gone_needs_nothing() -> None:
    """
    What waits is forgotten, and nobody is told.
    """
    stage = Stage()
    stage.pause_at_once = True
    stage.inflation.take(gzip.compress(b"\0" * (2 * PIECE)))

    stage.inflation.stopProducing()
    stage.inflation.resumeProducing()
    stage.inflation.finish()

    assert len(stage.out) == 1
    assert stage.ends == []


@given(st.lists(st.binary(max_size=500), max_size=3), st.integers(1, 40))
def test_any_split_gives_the_same_body(members: list[bytes], size: int) -> None:
    """
    How the network cuts the compressed bytes makes no difference.
    """
    stage = Stage()
    raw = b"".join(gzip.compress(member) for member in members)

    for start in range(0, len(raw), size):
        stage.inflation.take(raw[start : start + size])
    stage.inflation.finish()

    assert (stage.data, stage.ends) == (b"".join(members), ["ended"])
