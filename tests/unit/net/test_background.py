"""
Coroutines beside everything else.
"""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import LogEvent, globalLogPublisher

from oauthproxy.net.background import Background


def test_coroutine_runs_until_it_is_ended() -> None:
    """
    A coroutine starts at once, and the returned function ends it where it waits.
    """
    background = Background()
    steps: list[str] = []

    async def work() -> None:
        steps.append("started")
        try:
            await Deferred()
        finally:
            steps.append("ended")

    stop = background(work())
    stop()

    assert steps == ["started", "ended"]


def test_stop_ends_all() -> None:
    """
    Everything still going on ends with the program.
    """
    background = Background()
    ended: list[int] = []

    async def work(number: int) -> None:
        try:
            await Deferred()
        finally:
            ended.append(number)

    for number in range(3):
        background(work(number))
    background.stop()

    assert sorted(ended) == [0, 1, 2]


def test_failure_is_logged() -> None:
    """
    A coroutine that fails is heard of in the log, and nowhere else.
    """
    events: list[LogEvent] = []
    observe: Any = events.append
    globalLogPublisher.addObserver(observe)
    try:

        async def work() -> None:
            raise ValueError("broken")

        Background()(work())
    finally:
        globalLogPublisher.removeObserver(observe)

    assert any("log_failure" in event for event in events)
