"""
One call for many: those who come while it runs share its outcome.
"""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from attrs import define

from oauthproxy.errors import ProxyError
from oauthproxy.ports import Gate, NewGate

T = TypeVar("T")


@define(eq=False)
class _Run(Generic[T]):
    gate: Gate
    results: list[T]
    error: ProxyError | None = None


class Flight(Generic[T]):
    """
    Let at most one call run at a time.
    """

    def __init__(self, new_gate: NewGate) -> None:
        self._new_gate = new_gate
        self._run: _Run[T] | None = None

    @property
    def running(self) -> bool:
        """
        Whether a call runs that others could join.
        """
        return self._run is not None

    async def join(self, call: Callable[[], Awaitable[T]]) -> T:
        """
        Return the outcome of the running call, or of `call` when none is running.

        A run that was cancelled has no outcome: the next in line starts another.
        """
        while self._run is not None:
            run = self._run
            await run.gate.wait()
            if run.error is not None:
                raise run.error
            if run.results:
                return run.results[0]
        return await self._lead(call)

    async def _lead(self, call: Callable[[], Awaitable[T]]) -> T:
        run = self._run = _Run(self._new_gate(), [])
        try:
            result = await call()
        except ProxyError as error:
            run.error = error
            raise
        else:
            run.results.append(result)
            return result
        finally:
            self._run = None
            run.gate.open()
