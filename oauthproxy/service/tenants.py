"""
Houses that live one after the other behind the same doors.

Rule 1: a new house moves in when it has begun; the old one stays until its requests
are over, however long they take.
Rule 2: in the end all of them have the same, limited time to finish.
"""

from collections.abc import Callable
from typing import Any, Protocol

from attrs import frozen
from twisted.internet.defer import (
    CancelledError,
    Deferred,
    DeferredList,
    FirstError,
    gatherResults,
)
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from oauthproxy.errors import ProxyError, SettingsError
from oauthproxy.ports import Clock, Log
from oauthproxy.settings.kinds import HOUR
from oauthproxy.settings.model import Settings

READY_PATIENCE = 5.0
"""Seconds that a reload waits for the new configuration's provider and store."""

LONGEST_REQUEST = 30 * 24 * HOUR


class House(Protocol):
    """
    A running configuration, as `assembly` makes it.
    """

    site: Any
    metrics_site: Any

    async def start(self) -> None:
        """
        Begin to learn what logins need.
        """

    async def drain(self, patience: int) -> None:
        """
        Wait for running requests, `patience` nanoseconds at most.
        """

    async def stop(self) -> None:
        """
        Close everything.
        """


def _nothing() -> None:
    """
    Do nothing.
    """


@frozen(eq=False)
class Tenancy:
    """
    A house, its settings and its log; `close` gives the log's file up.
    """

    settings: Settings
    log: Log
    house: House
    close: Callable[[], None] = _nothing


MoveIn = Callable[[Settings, Any, Clock], Tenancy]
"""Make a house from settings, for a reactor; raises SettingsError."""


class Tenants:
    """
    The house that is current, and those that are about to leave.
    """

    def __init__(
        self, settings: Settings, reactor: Any, clock: Clock, move_in: MoveIn
    ) -> None:
        self._reactor = reactor
        self._clock = clock
        self._move_in = move_in
        self._leaving: dict[Tenancy, Deferred[bool]] = {}
        self._departures: list[Deferred[bool]] = []
        self._hurried = False
        self.current = move_in(settings, reactor, clock)

    async def begin(self) -> None:
        """
        Start the first house; raises SettingsError when it may not run like this.
        """
        try:
            await self.current.house.start()
        except ProxyError as problem:
            raise SettingsError([problem.detail or problem.sentence]) from problem

    async def successor(self, settings: Settings) -> Tenancy:
        """
        Return a house for other settings that has begun; raises SettingsError.
        """
        coming = self._move_in(settings, self._reactor, self._clock)
        try:
            await self._begun(coming.house)
        except BaseException:
            await coming.house.stop()
            coming.close()
            raise
        return coming

    def succeed(self, coming: Tenancy) -> None:
        """
        Make a house the current one, and let the old one leave in its own time.
        """
        old, self.current = self.current, coming
        leaving = Deferred.fromCoroutine(_leave(old.house, LONGEST_REQUEST))
        self._leaving[old] = leaving
        leaving.addBoth(self._left, old)

    def _left(self, result: object, tenancy: Tenancy) -> None:
        self._leaving.pop(tenancy, None)
        if result is True:
            tenancy.close()
        if isinstance(result, Failure):
            message = f"the old configuration did not end well: {result.value}"
            self.current.log.error(message)

    async def leave(self) -> None:
        """
        Let running requests finish within the time for that, and stop everything.
        """
        patience = 0 if self._hurried else self.current.settings.limits.drain_timeout
        tenancies = [*self._leaving, self.current]
        for early in list(self._leaving.values()):
            early.cancel()
        self._departures = [
            Deferred.fromCoroutine(_leave(t.house, patience)) for t in tenancies
        ]
        await gatherResults(self._departures)

    def hurry(self) -> None:
        """
        Wait for running requests no longer.
        """
        self._hurried = True
        for departure in self._departures:
            departure.cancel()

    async def _begun(self, house: House) -> None:
        """
        Wait for a house to have begun, but not for ever: it comes round by itself.
        """
        begun = Deferred.fromCoroutine(house.start())
        patience: Deferred[None] = deferLater(self._reactor, READY_PATIENCE)
        try:
            await DeferredList(
                [begun, patience],
                fireOnOneCallback=True,
                fireOnOneErrback=True,
                consumeErrors=True,
            )
        except FirstError as first:
            raise _refusal(first.subFailure) from first
        finally:
            patience.addErrback(lambda failure: failure.trap(CancelledError) and None)
            patience.cancel()


async def _leave(house: House, patience: int) -> bool:
    """
    Let a house end; tell whether it has, or was only asked to be quicker.
    """
    try:
        await house.drain(patience)
    except CancelledError:
        if patience == LONGEST_REQUEST:
            return False
    await house.stop()
    return True


def _refusal(failure: Failure) -> SettingsError:
    problem = failure.value
    detail = problem.detail if isinstance(problem, ProxyError) else ""
    return SettingsError([detail or str(problem)])
