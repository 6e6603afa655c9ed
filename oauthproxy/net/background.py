"""
Coroutines that go on by themselves.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

_log = Logger()


class Background:
    """
    Start coroutines beside everything else (`ports.Background`).

    What goes wrong in one is logged; `stop` ends all that are left.
    """

    def __init__(self) -> None:
        self._running: set[Deferred[None]] = set()

    def __call__(self, coroutine: Coroutine[Any, Any, None]) -> Callable[[], None]:
        """
        Start a coroutine; the returned function ends it.
        """
        running = Deferred.fromCoroutine(coroutine)
        self._running.add(running)
        running.addErrback(_report)
        running.addCallback(lambda _: self._running.discard(running))
        return running.cancel

    def stop(self) -> None:
        """
        End all coroutines that are still going on.
        """
        for running in list(self._running):
            running.cancel()


def _report(failure: Failure) -> None:
    if failure.check(CancelledError) is None:
        _log.failure("A background task failed", failure=failure)
