"""
The reactor's innermost loop, with real sockets.
"""

import socket
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from twisted.internet.epollreactor import EPollReactor
from twisted.internet.error import ConnectionDone
from twisted.internet.main import CONNECTION_DONE
from twisted.logger import globalLogPublisher
from twisted.python.failure import Failure

from oauthproxy.net import epoll
from oauthproxy.net.epoll import DirectReactor, take_over


class Reader:
    """
    A descriptor that does one thing when it can be read or written.
    """

    patient = False

    def __init__(self, does: Any = None) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.heard: list[bytes] = []
        self.lost: list[Failure] = []
        self._does = does

    def fileno(self) -> int:
        return self.ours.fileno()

    def logPrefix(self) -> str:
        return "reader"

    def doRead(self) -> Any:
        self.heard.append(self.ours.recv(100))
        if isinstance(self._does, type):
            raise self._does
        return self._does

    def doWrite(self) -> Any:
        self.heard.append(b"can write")
        return self._does

    def connectionLost(self, reason: Failure) -> None:
        self.lost.append(reason)
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def reactor() -> Iterator[DirectReactor]:
    """
    Yield a reactor that is not installed.
    """
    made = DirectReactor()
    yield made
    for descriptor in [*made.removeAll(), made.waker]:
        descriptor.connectionLost(Failure(CONNECTION_DONE))
    made._poller.close()


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    """
    Yield the failures that are logged.
    """
    events: list[Any] = []

    def observe(event: Any) -> None:
        if event.get("log_failure"):
            events.append(event["log_failure"].value)

    publisher: Any = globalLogPublisher
    publisher.addObserver(observe)
    yield events
    publisher.removeObserver(observe)


def test_what_can_be_read_is_read(reactor: DirectReactor) -> None:
    """
    Each in the same turn.
    """
    one, two = Reader(), Reader()
    for reader in (one, two):
        reactor.addReader(reader)
        reader.theirs.send(b"hello")

    reactor.doIteration(1)

    assert (one.heard, two.heard) == ([b"hello"], [b"hello"])


def test_what_can_be_written_is_written(reactor: DirectReactor) -> None:
    """
    Other events than reading take the stock way.
    """
    reader = Reader()
    reactor.addWriter(reader)

    reactor.doIteration(1)

    assert reader.heard == [b"can write"]


def test_the_end_is_told(reactor: DirectReactor) -> None:
    """
    Who returns that it has ended is disconnected.
    """
    reader = Reader(does=CONNECTION_DONE)
    reactor.addReader(reader)
    reader.theirs.send(b"bye")

    reactor.doIteration(1)

    assert [why.type for why in reader.lost] == [ConnectionDone]
    assert reader not in reactor.getReaders()


def test_an_error_ends_one_connection(
    reactor: DirectReactor, logged: list[Any]
) -> None:
    """
    Who raises is disconnected and logged; the loop goes on.
    """
    broken, sound = Reader(does=ZeroDivisionError), Reader()
    for reader in (broken, sound):
        reactor.addReader(reader)
        reader.theirs.send(b"hello")

    reactor.doIteration(1)

    assert [type(error) for error in logged] == [ZeroDivisionError]
    assert [why.type for why in broken.lost] == [ZeroDivisionError]
    assert sound.heard == [b"hello"]


@pytest.mark.parametrize("broken_by", ["reading", "hanging up"])
def test_an_error_at_the_end_is_one_connections_own(
    reactor: DirectReactor, logged: list[Any], broken_by: str
) -> None:
    """
    Who raises when it is told that it has ended is logged, once, and the others are
    read in the same turn.
    """
    broken, sound = Reader(does=CONNECTION_DONE), Reader()
    told: list[Failure] = []

    def lost(reason: Failure) -> None:
        told.append(reason)
        broken.ours.close()
        broken.theirs.close()
        raise ZeroDivisionError

    broken.connectionLost = lost  # type: ignore[method-assign]
    for reader in (broken, sound):
        reactor.addReader(reader)
    if broken_by == "reading":
        broken.theirs.send(b"bye")
    else:
        broken.theirs.close()
    sound.theirs.send(b"hello")

    reactor.doIteration(1)

    assert sound.heard == [b"hello"]
    assert [type(error) for error in logged] == [ZeroDivisionError]
    assert len(told) == 1


def test_who_was_removed_meanwhile_hears_nothing(reactor: DirectReactor) -> None:
    """
    An event of a descriptor that another one has removed in the same turn is dropped.
    """
    readers: list[Any] = [Reader(), Reader()]

    def read(me: Any, other: Any) -> None:
        reactor.removeReader(other)
        me.heard.append(b"read")

    for reader, other in zip(readers, reversed(readers), strict=True):
        reader.doRead = partial(read, reader, other)
        reactor.addReader(reader)
        reader.theirs.send(b"hello")

    reactor.doIteration(1)

    assert sorted(len(reader.heard) for reader in readers) == [0, 1]
    for reader in readers:
        reactor.removeReader(reader)
        reader.connectionLost(Failure(CONNECTION_DONE))


def waiting(reactor: DirectReactor, *readers: Reader) -> None:
    """
    Have something come for each.
    """
    for reader in readers:
        reactor.addReader(reader)
        reader.theirs.send(b"hello")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """
    Let each that is dealt with take a millisecond.
    """
    now = [0.0]
    monkeypatch.setattr(epoll, "perf_counter", lambda: now[0])
    stock = Reader.doRead

    def read(reader: Reader) -> Any:
        now[0] += 0.001
        return stock(reader)

    monkeypatch.setattr(Reader, "doRead", read)
    return now


def test_the_patient_come_after_everybody_else(reactor: DirectReactor) -> None:
    """
    In the same turn, when there is time.
    """
    order: list[str] = []
    readers: list[Any] = [Reader(), Reader()]
    patient, urgent = readers
    patient.patient = True
    for name, reader in (("patient", patient), ("urgent", urgent)):
        reader.doRead = partial(order.append, name)
    waiting(reactor, patient, urgent)

    reactor.doIteration(1)

    assert order == ["urgent", "patient"]


@pytest.mark.usefixtures("clock")
def test_the_patient_wait_for_their_turn(reactor: DirectReactor) -> None:
    """
    Alone they have all the time of a turn, in the order in which they came; nobody is
    forgotten.
    """
    readers = [Reader() for _ in range(6)]
    for reader in readers:
        reader.patient = True
    waiting(reactor, *readers)

    turns = []
    for _ in range(2):
        reactor.doIteration(1)
        turns.append([len(reader.heard) for reader in readers])

    assert turns == [[1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1]]


@pytest.mark.usefixtures("clock")
def test_who_is_not_patient_has_every_turn(reactor: DirectReactor) -> None:
    """
    However many wait; they get their share of the time, turn by turn or saved up.
    """
    crowd, urgent = [Reader() for _ in range(20)], Reader()
    for reader in crowd:
        reader.patient = True
    waiting(reactor, *crowd, urgent)

    for _ in range(30):
        reactor.doIteration(1)
        urgent.theirs.send(b"hello")

    assert len(urgent.heard) == 30
    assert sum(len(reader.heard) for reader in crowd) == round(30 * epoll.SHARE)


@pytest.mark.usefixtures("clock")
def test_busy_ones_keep_no_patient_one_waiting(reactor: DirectReactor) -> None:
    """
    Those for whom there is always something to read get behind the others each time.
    """
    busy, newcomers = [Reader() for _ in range(8)], [Reader() for _ in range(8)]
    for reader in (*busy, *newcomers):
        reader.patient = True
    waiting(reactor, *busy, *newcomers)

    for _ in range(4):
        reactor.doIteration(1)
        for reader in busy:
            reader.theirs.send(b"hello")

    assert [len(reader.heard) for reader in newcomers] == [1] * 8


def test_a_stock_reactor_can_be_taken_over() -> None:
    """
    Whoever installed it; another kind of reactor is left alone.
    """
    stock = EPollReactor()
    other = object()

    take_over(stock)
    take_over(other)

    assert type(stock) is DirectReactor
    assert type(other) is object
    stock.removeAll()
    stock.waker.connectionLost(Failure(CONNECTION_DONE))
    stock._poller.close()


def test_it_waits_no_longer_than_told(reactor: DirectReactor) -> None:
    """
    Without events the turn ends when its time does.
    """
    reactor.doIteration(0)

    assert reactor.getReaders() == [reactor.waker] or not reactor.getReaders()
