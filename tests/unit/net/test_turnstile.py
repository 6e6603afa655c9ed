"""
Longer work takes turns with everything else.
"""

from collections.abc import Callable

import pytest
from attrs import define, field
from twisted.internet.defer import Deferred

from oauthproxy.net import turnstile
from oauthproxy.net.turnstile import Turnstile


@define
class Turns:
    """
    A reactor, as far as it calls at its next turn.
    """

    calls: list[Callable[[], None]] = field(factory=list)

    def callLater(self, delay: float, call: Callable[[], None]) -> None:
        assert delay == 0
        self.calls.append(call)

    def turn(self) -> None:
        calls, self.calls = self.calls, []
        for call in calls:
            call()


@define(eq=False)
class Desk:
    """
    People at a turnstile, each of whom works for a millisecond.
    """

    reactor: Turns = field(factory=Turns)
    served: list[int] = field(factory=list)
    now: float = 0.0
    stile: Turnstile = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.stile = Turnstile(self.reactor)

    def come(self, number: int) -> "Deferred[None]":
        return Deferred.fromCoroutine(self._pass(number))

    async def _pass(self, number: int) -> None:
        await self.stile.passage()
        self.now += 0.001
        self.served.append(number)

    def turn(self, elsewhere: float = 0.0) -> None:
        """
        Let the reactor turn, after so many seconds of other work.
        """
        self.now += elsewhere
        self.reactor.turn()


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk()
    monkeypatch.setattr(turnstile, "perf_counter", lambda: desk.now)
    return desk


def test_who_comes_alone_does_not_wait(desk: Desk) -> None:
    """
    Without others one goes on at once, turn after turn.
    """
    for number in range(3):
        desk.come(number)
        desk.turn()

    assert desk.served == [0, 1, 2]


def test_many_go_on_one_after_the_other(desk: Desk) -> None:
    """
    Those who come together go on in their order, each as soon as there was time for
    the one before.
    """
    for number in range(4):
        desk.come(number)

    turns = 0
    while len(desk.served) < 4:
        before = len(desk.served)
        desk.turn()
        turns += 1
        assert len(desk.served) - before <= 1

    assert desk.served == [0, 1, 2, 3]
    assert turns <= 0.001 / turnstile.LEAST * 4


def test_busy_turns_let_more_through(desk: Desk) -> None:
    """
    Who waits gets a share of the time that everything else takes, saved up until it is
    enough for one of them.
    """
    for number in range(40):
        desk.come(number)
    desk.turn()
    before = len(desk.served)

    for _ in range(20):
        desk.turn(elsewhere=0.002)

    assert len(desk.served) - before == round(20 * 0.002 * turnstile.SHARE / 0.001)


def test_little_is_saved_up(desk: Desk) -> None:
    """
    However long everything else took, not all of them go on in one turn.
    """
    for number in range(40):
        desk.come(number)
    desk.turn()
    before = len(desk.served)

    desk.turn(elsewhere=1.0)

    assert len(desk.served) - before <= turnstile.SAVED / 0.001 + 1


def test_who_gives_up_is_passed_over(desk: Desk) -> None:
    """
    A waiter that is cancelled holds nobody up.
    """
    desk.come(0)
    gone = desk.come(1)
    gone.addErrback(lambda _: None)
    desk.come(2)

    gone.cancel()
    desk.turn()

    assert desk.served == [0, 2]
