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
    Of those who come together one goes on at each turn, in their order.
    """
    for number in range(4):
        desk.come(number)

    after = []
    for _ in range(4):
        after.append(list(desk.served))
        desk.turn()

    assert after == [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]


def test_busy_turns_let_more_through(desk: Desk) -> None:
    """
    When everything else takes long, those who wait get their share of the time.
    """
    for number in range(40):
        desk.come(number)
    desk.turn()
    before = len(desk.served)

    desk.turn(elsewhere=0.040)

    assert len(desk.served) - before == 10


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
