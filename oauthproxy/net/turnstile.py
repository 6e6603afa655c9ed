"""
Longer pieces of work, such as a step of a login, take turns with everything else.

A thousand logins at once would otherwise be taken up as fast as they come, all of them
in one turn of the reactor, and every page view in the meantime would wait for them.

Rule 1: with nobody waiting, who comes first in a turn of the reactor goes on at once.
Rule 2: the others wait, and get SHARE of the time that everything else took, saved up
until it is enough for one of them.
"""

from collections import deque
from time import perf_counter
from typing import Any

from twisted.internet.defer import Deferred

SHARE = 0.2
LEAST = 0.0002
"""Seconds that those who wait get in each turn, however little else there is to do."""

SAVED, OWED = 0.001, 0.01
"""Seconds that they can save up, or owe, at most."""


class Turnstile:
    """
    Lets coroutines through, a few at each turn of the reactor.

    A waiter that is cancelled leaves alone.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._waiting: deque[Deferred[None]] = deque()
        self._turning = False
        self._left_at = 0.0
        self._credit = 0.0

    async def passage(self) -> None:
        """
        Return when it is one's turn.
        """
        if not self._turning:
            self._turn_on()
            return
        waiter: Deferred[None] = Deferred(self._leave)
        self._waiting.append(waiter)
        await waiter

    def _turn_on(self) -> None:
        self._turning = True
        self._left_at = perf_counter()
        self._reactor.callLater(0, self._turn)

    def _turn(self) -> None:
        begun = perf_counter()
        gained = max(LEAST, SHARE * (begun - self._left_at))
        until = begun + min(self._credit + gained, SAVED)
        self._turning = False
        waiting, now = self._waiting, begun
        while waiting:
            self._turning = True
            if now >= until:
                break
            waiting.popleft().callback(None)
            now = perf_counter()
        self._credit = max(until - now, -OWED)
        if self._turning:
            self._turn_on()

    def _leave(self, waiter: "Deferred[None]") -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
