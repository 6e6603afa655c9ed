"""
Deadlines without timers.
"""

from attrs import define
from twisted.internet.testing import MemoryReactorClock

from oauthproxy.net.sweep import NEVER, PERIOD, Sweeper


@define(eq=False)
class Timed:
    """
    Something with a deadline.
    """

    deadline: float
    calls: int = 0

    def expired(self) -> None:
        self.calls += 1


def test_a_deadline_that_has_passed_is_told() -> None:
    """
    Whoever has a deadline in the past hears of it at every sweep.
    """
    reactor = MemoryReactorClock()
    sweeper, timed = Sweeper(reactor), Timed(5)
    sweeper.add(timed)
    sweeper.start()

    reactor.pump([PERIOD] * 7)

    assert timed.calls == 3


def test_a_deadline_that_was_moved_is_not_told() -> None:
    """
    Moving a deadline costs nothing, and nothing is re-armed.
    """
    reactor = MemoryReactorClock()
    sweeper, timed = Sweeper(reactor), Timed(5)
    sweeper.add(timed)
    sweeper.start()
    reactor.pump([PERIOD] * 4)

    timed.deadline = NEVER
    reactor.pump([PERIOD] * 4)

    assert timed.calls == 0


def test_who_was_discarded_hears_nothing() -> None:
    """
    Discarding is for good, and doing it twice is no error.
    """
    reactor = MemoryReactorClock()
    sweeper, timed = Sweeper(reactor), Timed(0)
    sweeper.add(timed)

    sweeper.discard(timed)
    sweeper.discard(timed)
    sweeper.sweep()

    assert timed.calls == 0


@define(eq=False)
class Jealous(Timed):
    """
    Discards another one when its time has come.
    """

    sweeper: Sweeper | None = None
    other: Timed | None = None

    def expired(self) -> None:
        super().expired()
        if self.sweeper is not None and self.other is not None:
            self.sweeper.discard(self.other)


def test_who_is_discarded_within_a_sweep_hears_nothing() -> None:
    """
    The end of one may be the end of another, who is not told any more.
    """
    sweeper = Sweeper(MemoryReactorClock())
    first, second = Jealous(0), Jealous(0)
    first.sweeper = second.sweeper = sweeper
    first.other, second.other = second, first
    sweeper.add(first)
    sweeper.add(second)

    sweeper.sweep()

    assert first.calls + second.calls == 1


def test_short_deadlines_make_short_periods() -> None:
    """
    The sweeper goes round often enough for the shortest deadline.
    """
    reactor = MemoryReactorClock()
    sweeper, timed = Sweeper(reactor), Timed(0.5)
    sweeper.add(timed)
    sweeper.start(shortest=0.4)

    reactor.pump([0.1] * 6)

    assert timed.calls > 0


def test_the_date_moves_with_the_time() -> None:
    """
    The text of the Date field is made once a second, not for each response.
    """
    reactor = MemoryReactorClock()
    sweeper = Sweeper(reactor)
    sweeper.start()
    sweeper.date = b"old"

    reactor.advance(PERIOD)

    assert sweeper.date.endswith(b" GMT")


def test_a_stopped_sweeper_does_nothing() -> None:
    """
    Behind a stop nobody is called, and starting again is possible.
    """
    reactor = MemoryReactorClock()
    sweeper, timed = Sweeper(reactor), Timed(0)
    sweeper.start()
    sweeper.stop()
    sweeper.add(timed)

    reactor.advance(10)

    assert timed.calls == 0
    assert not reactor.getDelayedCalls()
