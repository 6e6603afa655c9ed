"""
Wait for moments in which the machine has nothing else to do.
"""

import time
from pathlib import Path

from attrs import define

LOOK_SECONDS = 0.5
IDLE_SHARE = 0.85
LONGEST_WAIT = 20.0


@define
class Patience:
    """
    So many seconds may be waited in all, and LONGEST_WAIT at once.
    """

    seconds: float

    def wait(self) -> None:
        """
        Return once the machine was idle for a moment, or when patience is at its end.
        """
        until = time.monotonic() + min(self.seconds, LONGEST_WAIT)
        while time.monotonic() < until and _idle_share() < IDLE_SHARE:
            self.seconds -= LOOK_SECONDS


def _idle_share() -> float:
    """
    Look for a moment; return what share of all cores was idle.
    """
    idle, total = _times()
    time.sleep(LOOK_SECONDS)
    idle_after, total_after = _times()
    return (idle_after - idle) / max(total_after - total, 1)


def _times() -> tuple[int, int]:
    line = Path("/proc/stat").read_text().partition("\n")[0]
    times = [int(word) for word in line.split()[1:9]]
    return times[3] + times[4], sum(times)
