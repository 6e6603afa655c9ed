"""
Run coroutines of the inner floors without a reactor, and fakes of the ports.
"""

from collections.abc import Coroutine
from typing import Any, TypeVar

from attrs import define, field

from oauthproxy.errors import FetchError
from oauthproxy.ports import FetchRequest, FetchResponse

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """
    Drive a coroutine that awaits nothing but fakes, and return its result.
    """
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    coroutine.close()
    raise AssertionError("the coroutine waited for something real")


@define
class FakeClock:
    """
    A clock that moves only when told to; sleeping moves it.
    """

    time: int = 1_700_000_000_000_000_000

    def now(self) -> int:
        return self.time

    async def sleep(self, duration: int) -> None:
        self.time += duration


@define
class CountingEntropy:
    """
    Bytes that differ from call to call and are the same in every run.
    """

    calls: int = 0

    def __call__(self, size: int) -> bytes:
        self.calls += 1
        return bytes((self.calls + i) % 256 for i in range(size))


@define
class FakeFetcher:
    """
    Answer by "METHOD URL"; records what was asked.
    """

    answers: dict[str, FetchResponse | list[FetchResponse]] = field(factory=dict)
    requests: list[FetchRequest] = field(factory=list)

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        self.requests.append(request)
        answer = self.answers.get(f"{request.method} {request.url}")
        if answer is None:
            raise FetchError(f"no answer for {request.method} {request.url}")
        if isinstance(answer, list):
            return answer.pop(0)
        return answer


@define
class RecordingLog:
    """
    Keep log lines as (kind, text).
    """

    lines: list[tuple[str, str]] = field(factory=list)

    def info(self, message: str) -> None:
        self.lines.append(("info", message))

    def error(self, message: str) -> None:
        self.lines.append(("error", message))

    def auth(self, scope: Any, username: str, status: str, message: str) -> None:
        self.lines.append(("auth", f"{status} {username}: {message}"))
