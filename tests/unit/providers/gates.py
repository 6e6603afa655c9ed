"""
Coroutines that wait for each other, run without a reactor.
"""

from collections.abc import Coroutine, Generator
from typing import Any


class FakeGate:
    """
    A gate (`ports.Gate`).
    """

    def __init__(self) -> None:
        self.is_open = False

    async def wait(self) -> None:
        while not self.is_open:
            await _Pause()

    def open(self) -> None:
        self.is_open = True


class _Pause:
    def __await__(self) -> Generator[None, None, None]:
        yield


async def pause() -> None:
    """
    Let the other coroutines run.
    """
    await _Pause()


def run_all(*coroutines: Coroutine[Any, Any, Any]) -> list[Any]:
    """
    Run coroutines turn by turn; return their results or exceptions in order.
    """
    results: dict[int, Any] = {}
    while len(results) < len(coroutines):
        for index, coroutine in enumerate(coroutines):
            if index in results:
                continue
            try:
                coroutine.send(None)
            except StopIteration as stop:
                results[index] = stop.value
            except Exception as error:  # noqa: BLE001 - they are the results
                results[index] = error
    return [results[index] for index in range(len(coroutines))]
