"""
Twisted's epoll reactor, with a shorter way from an event to the one who reads.

The stock one makes a logging context for every event, for log lines that name the
connection they belong to. Ours name the request instead, and nobody reads the context.

Rule 1: a descriptor that can be read, the case of nearly every event, is read at once.
Rule 2: what becomes of errors, and of all other events, is as in the stock reactor.
"""

import select
import sys
from collections.abc import Callable
from typing import Any

from twisted.internet.epollreactor import EPollReactor
from twisted.internet.main import installReactor
from twisted.logger import Logger

_log = Logger()


class DirectReactor(EPollReactor):
    """
    The stock reactor but for its innermost loop.
    """

    _poller: Any
    _selectables: dict[int, Any]
    _doReadOrWrite: Callable[[Any, int, int], None]
    _disconnectSelectable: Callable[..., None]

    def doPoll(self, timeout: float | None) -> None:
        """
        Wait for events, `timeout` seconds at most, and have each dealt with.
        """
        selectables = self._selectables
        try:
            events = self._poller.poll(timeout, len(selectables))
        except InterruptedError:
            return
        for fd, event in events:
            selectable = selectables.get(fd)
            if selectable is not None:
                try:
                    if event == select.EPOLLIN:
                        why = selectable.doRead()
                    else:
                        why = None
                        self._doReadOrWrite(selectable, fd, event)
                except Exception as error:  # noqa: BLE001  # it must not end the loop
                    _log.failure("Unhandled error")
                    why = error
                if why:
                    self._disconnectSelectable(selectable, why, True)

    doIteration = doPoll


def install() -> None:
    """
    Make this the process's reactor, unless it has one.
    """
    if "twisted.internet.reactor" not in sys.modules:
        installReactor(DirectReactor())  # type: ignore[no-untyped-call]
