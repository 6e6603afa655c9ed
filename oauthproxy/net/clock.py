"""
The time of this machine, and waits on the reactor.
"""

import time
from typing import Any

from twisted.internet.task import deferLater

from oauthproxy.settings.kinds import SECOND


class ReactorClock:
    """
    Tell the wall clock's time; wait by the reactor's timers (`ports.Clock`).
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def now(self) -> int:
        """
        Return nanoseconds since the Unix epoch.
        """
        return time.time_ns()

    async def sleep(self, duration: int) -> None:
        """
        Wait for `duration` nanoseconds; ends at once when cancelled.
        """
        await deferLater(self._reactor, max(duration, 0) / SECOND)
