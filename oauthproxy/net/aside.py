"""
Slow checks beside everything else: in threads, a few at a time.

The threads are those that look up names too; whoever floods us with passwords must not
take them all.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import DeferredSemaphore
from twisted.internet.threads import deferToThreadPool

T = TypeVar("T")

AT_ONCE = 4
"""Of the reactor's ten threads."""


class Aside:
    """
    Run plain functions in the reactor's threads; more than `at_once` wait in a row.
    """

    def __init__(self, reactor: Any, at_once: int = AT_ONCE) -> None:
        self._reactor = reactor
        self._turns = DeferredSemaphore(at_once)

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """
        Return what the function returns, raise what it raises.
        """
        await self._turns.acquire()
        try:
            pool = self._reactor.getThreadPool()
            called: Any = deferToThreadPool(self._reactor, pool, function, *arguments)
            result: T = await called
            return result
        finally:
            self._turns.release()
