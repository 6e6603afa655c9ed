"""
Slow checks in threads.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from oauthproxy.net.aside import Aside


class Threads:
    """
    A reactor and its thread pool: what is begun ends when the test says so.
    """

    def __init__(self) -> None:
        self.begun: list[Callable[[], None]] = []

    def getThreadPool(self) -> "Threads":
        return self

    def callInThreadWithCallback(
        self, done: Any, function: Any, *arguments: Any
    ) -> None:
        def end() -> None:
            try:
                outcome = function(*arguments)
            except ValueError:
                done(False, Failure())
            else:
                done(True, outcome)

        self.begun.append(end)

    def callFromThread(self, function: Any, *arguments: Any) -> None:
        function(*arguments)


def test_a_few_run_at_once_and_the_others_wait() -> None:
    """
    However many passwords are sent, most threads stay free.
    """
    threads = Threads()
    aside = Aside(threads, at_once=2)
    results: list[int] = []
    for number in range(5):
        running: Any = Deferred.fromCoroutine(aside.run(abs, -number))
        running.addCallback(results.append)

    counts = []
    while threads.begun:
        counts.append(len(threads.begun))
        threads.begun.pop(0)()

    assert results == [0, 1, 2, 3, 4]
    assert counts == [2, 2, 2, 2, 1]


def test_a_check_that_fails_makes_room() -> None:
    """
    An exception reaches whoever asked, and the next one has its turn.
    """
    threads = Threads()
    aside = Aside(threads, at_once=1)
    failures: list[Failure] = []
    failing: Any = Deferred.fromCoroutine(aside.run(int, "x"))
    failing.addErrback(failures.append)

    threads.begun.pop()()
    Deferred.fromCoroutine(aside.run(int, "1"))

    assert failures[0].check(ValueError)
    assert len(threads.begun) == 1
