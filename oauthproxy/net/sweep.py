"""
Deadlines without timers: one sweep looks at all connections, none is re-armed.

Rule 1: a connection sets its own `deadline`, in seconds of `Sweeper.now`, or `NEVER`.
Rule 2: the sweeper calls `expired` once a deadline has passed, and goes on calling it
at every sweep until the connection moves its deadline or leaves.
Rule 3: `now` is coarse (one period); nothing on the hot path asks a clock.
"""

from typing import Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.web.http import datetimeToString

NEVER = float("inf")
PERIOD = 1.0
FINEST = 0.02


class Timed(Protocol):
    """
    Something with a deadline.
    """

    deadline: float

    def expired(self) -> None:
        """
        Act on the deadline that has passed.
        """


class Sweeper:
    """
    Keep the coarse time, the text of the `Date` field, and everybody's deadlines.
    """

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = reactor
        self._timed: set[Timed] = set()
        self._loop = LoopingCall(self.sweep)
        self._loop.clock = reactor
        self._date_at = 0.0
        self.now: float = reactor.seconds()
        self.date = b""
        self._tell_date()

    def start(self, shortest: float = 4 * PERIOD) -> None:
        """
        Sweep from now on, often enough for deadlines of `shortest` seconds.
        """
        if not self._loop.running:
            self._loop.start(max(FINEST, min(PERIOD, shortest / 4)), now=True)

    def stop(self) -> None:
        """
        Sweep no more.
        """
        if self._loop.running:
            self._loop.stop()

    def add(self, timed: Timed) -> None:
        """
        Look after `timed` until it is discarded.
        """
        self._timed.add(timed)

    def discard(self, timed: Timed) -> None:
        """
        Forget `timed`.
        """
        self._timed.discard(timed)

    def sweep(self) -> None:
        """
        Move the time on and call those whose deadline has passed.
        """
        self.now = now = self._reactor.seconds()
        if now - self._date_at >= 1:
            self._tell_date()
        for timed in [t for t in self._timed if t.deadline <= now]:
            # Somebody before may have moved or ended this one.
            if timed.deadline <= now and timed in self._timed:
                timed.expired()

    def _tell_date(self) -> None:
        self._date_at = self._reactor.seconds()
        self.date = datetimeToString()
