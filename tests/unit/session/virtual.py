"""
Run several coroutines of the inside at once, in time that only the tests move.
"""

import heapq
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from attrs import define, field

Wake = Callable[[], None]


class _Pause:
    """
    Yielded by whatever waits: `arrange` is called with what wakes it.
    """

    def __init__(self, arrange: Callable[[Wake], None]) -> None:
        self.arrange = arrange

    def __await__(self) -> Generator["_Pause", None, None]:
        yield self


@define(eq=False)
class Task:
    coroutine: Coroutine[Any, Any, Any]
    result: Any = None
    error: Exception | None = None
    done: bool = False

    def stop(self) -> None:
        if not self.done:
            self.done = True
            self.coroutine.close()


@define(eq=False)
class World:
    """
    A scheduler that is also clock (`ports.Clock`) and maker of gates.
    """

    time: int = 1_700_000_000_000_000_000
    _timers: list[tuple[int, int, Wake]] = field(factory=list)
    _count: int = 0
    tasks: list[Task] = field(factory=list)

    def now(self) -> int:
        return self.time

    async def sleep(self, duration: int) -> None:
        def arrange(wake: Wake) -> None:
            self._count += 1
            heapq.heappush(self._timers, (self.time + duration, self._count, wake))

        await _Pause(arrange)

    def gate(self) -> "VirtualGate":
        return VirtualGate()

    def background(self, coroutine: Coroutine[Any, Any, None]) -> Callable[[], None]:
        return self.start(coroutine).stop

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> Task:
        """
        Run a coroutine up to its first wait.
        """
        task = Task(coroutine)
        self.tasks.append(task)
        self._step(task)
        return task

    def _step(self, task: Task) -> None:
        if task.done:
            return
        try:
            pause = task.coroutine.send(None)
        except StopIteration as stop:
            task.result, task.done = stop.value, True
        except Exception as error:  # noqa: BLE001 - kept for the test
            task.error, task.done = error, True
        else:
            pause.arrange(lambda: self._step(task))

    def run(self, *coroutines: Coroutine[Any, Any, Any]) -> list[Task]:
        """
        Run coroutines until they are done, moving time as needed.
        """
        tasks = [self.start(each) for each in coroutines]
        while not all(task.done for task in tasks):
            assert self._timers, "everybody waits for ever"
            self.time, _, wake = heapq.heappop(self._timers)
            wake()
        return tasks


class VirtualGate:
    """
    A gate (`ports.Gate`).
    """

    def __init__(self) -> None:
        self._opened = False
        self._waiting: list[Wake] = []

    async def wait(self) -> None:
        if not self._opened:
            await _Pause(self._waiting.append)

    def open(self) -> None:
        self._opened = True
        waiting, self._waiting = self._waiting, []
        for wake in waiting:
            wake()
