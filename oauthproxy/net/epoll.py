"""
Twisted's epoll reactor, with an innermost loop that knows who must not wait.

Page views of people who are signed in are short, and somebody looks at the screen
meanwhile. New connections, and answers of identity providers, come in crowds when many
people sign in at once, and each takes as long as several page views.

Rule 1: who is patient (`be_patient`) is dealt with after everybody else, and gets
SHARE of the time that everybody else took, saved up until it is enough for one of them;
or the whole time when nobody else is there.
Rule 2: the patient have their turns in the order in which they were first seen ready,
and again behind all others, so that no crowd of busy ones keeps the rest waiting.
Rule 3: a descriptor that can be read, the case of nearly every event, is read at once,
without the logging context that the stock reactor makes for each event.
Rule 4: what becomes of errors, and of all other events, is as in the stock reactor.
"""

import select
from collections import OrderedDict
from collections.abc import Callable
from time import perf_counter
from typing import Any

from twisted.internet.epollreactor import EPollReactor
from twisted.logger import Logger

SHARE = 0.2
ALONE = 0.004
"""Seconds that the patient get in one turn when nobody else is there."""

SAVED, OWED = 0.001, 0.01
"""Seconds that they can save up, or owe, at most."""

_log = Logger()


class DirectReactor(EPollReactor):
    """
    The stock reactor but for its innermost loop. `line` are the events of the patient,
    by descriptor, who is next first.
    """

    _poller: Any
    _selectables: dict[int, Any]
    _doReadOrWrite: Callable[[Any, int, int], None]
    _disconnectSelectable: Callable[..., None]
    _credit = 0.0
    line: OrderedDict[int, int]

    def __init__(self) -> None:
        self.line = OrderedDict()
        super().__init__()  # type: ignore[no-untyped-call]

    def doPoll(self, timeout: float | None) -> None:
        """
        Wait for events, `timeout` seconds at most, and have each dealt with.
        """
        selectables = self._selectables
        try:
            events = self._poller.poll(timeout, len(selectables))
        except InterruptedError:
            return
        begun = perf_counter()
        patient: dict[int, int] = {}
        for fd, event in events:
            selectable = selectables.get(fd)
            if selectable is None:
                continue
            if getattr(selectable, "patient", False):
                patient[fd] = event
            else:
                self._deal_with(selectable, fd, event)
        if patient:
            now = perf_counter()
            if len(patient) == len(events):
                self._credit = ALONE
            else:
                self._credit = min(self._credit + SHARE * (now - begun), SAVED)
            self._deal_with_patient(patient, now)

    def _deal_with_patient(self, events: dict[int, int], begun: float) -> None:
        """
        Deal with as many as there is credit for. Epoll tells of the rest again.
        """
        until = begun + self._credit
        now = begun
        line = self.line
        if now < until:
            line.update(events)  # who is in line already keeps the place
        while line and now < until:
            fd, event = line.popitem(last=False)
            selectable = self._selectables.get(fd)
            if fd in events and selectable is not None:
                self._deal_with(selectable, fd, event)
                now = perf_counter()
        self._credit = max(until - now, -OWED)

    def _deal_with(self, selectable: Any, fd: int, event: int) -> None:
        if event != select.EPOLLIN:
            self._guarded(self._doReadOrWrite, selectable, fd, event)
            return
        try:
            why = selectable.doRead()
        except Exception as error:  # noqa: BLE001  # it must not end the loop
            _log.failure("Unhandled error")
            why = error
        if why:
            self._guarded(self._disconnectSelectable, selectable, why, True)

    def _guarded(self, call: Callable[..., None], *arguments: Any) -> None:
        """
        Call, and go on with the others when somebody cannot even be told the end.
        """
        try:
            call(*arguments)
        except Exception:  # noqa: BLE001  # it must not end the loop
            _log.failure("Unhandled error")

    doIteration = doPoll


def take_over(reactor: Any) -> None:
    """
    Give Twisted's epoll reactor this loop, whoever installed it; leave others alone.

    Only methods and the line of the patient differ, so that a reactor can change its
    class at any time.
    """
    if type(reactor) is EPollReactor:
        reactor.__class__ = DirectReactor
        taken: Any = reactor
        taken.line = OrderedDict()
