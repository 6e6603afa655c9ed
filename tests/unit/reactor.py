"""
One reactor for the tests that need real sockets, in a thread of its own.

`on_reactor(coroutine_function)` runs a coroutine there and returns its result.
"""

import threading
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, TypeVar

from twisted.internet import reactor as _reactor
from twisted.internet import threads
from twisted.internet.defer import Deferred

T = TypeVar("T")
reactor: Any = _reactor
blocking_call: Any = threads.blockingCallFromThread
"""Its annotation cannot say that what fails is raised."""
PATIENCE = 20.0


@cache
def _started() -> threading.Thread:
    begun = threading.Event()
    reactor.callWhenRunning(begun.set)
    thread = threading.Thread(
        target=lambda: reactor.run(installSignalHandlers=False), daemon=True
    )
    thread.start()
    assert begun.wait(PATIENCE), "the reactor did not start"
    threading._register_atexit(  # type: ignore[attr-defined]
        lambda: reactor.callFromThread(reactor.stop)
    )
    return thread


def start_reactor() -> None:
    """
    Run the reactor, once; it ends with the process.
    """
    _started()


def on_reactor(coroutine_function: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """
    Run a coroutine on the reactor, for `PATIENCE` seconds at most.
    """
    _started()

    def begin() -> "Deferred[T]":
        deferred = Deferred.fromCoroutine(coroutine_function())
        return deferred.addTimeout(PATIENCE, reactor)

    result: T = blocking_call(reactor, begin)
    return result
