"""
A gate that coroutines wait at until somebody opens it.

The inner rooms let one of many do the work (one refresh a session, one discovery)
and have the others wait here.
"""

from twisted.internet.defer import Deferred


class Gate:
    """
    Closed when made; once opened it stays open.

    A waiter that is cancelled leaves alone: the others go on waiting.
    """

    def __init__(self) -> None:
        self._opened = False
        self._waiting: list[Deferred[None]] = []

    async def wait(self) -> None:
        """
        Return when the gate is open.
        """
        if not self._opened:
            waiter: Deferred[None] = Deferred(self._leave)
            self._waiting.append(waiter)
            await waiter

    def open(self) -> None:
        """
        Let everybody through, now and later.
        """
        self._opened = True
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            waiter.callback(None)

    def _leave(self, waiter: "Deferred[None]") -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
