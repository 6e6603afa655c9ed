"""
How many different sessions were seen lately.
"""

from oauthproxy.settings.kinds import MINUTE

WINDOW = 15 * MINUTE
MOST = 200_000


class Seen:
    """
    Count different keys in the last one to two windows, in bounded memory.

    Two sets take turns; noting a key is one set operation. Keys should be short
    hashes: they are kept.
    """

    def __init__(self, window: int = WINDOW, most: int = MOST) -> None:
        self._window = window
        self._most = most
        self._since = 0
        self._now: set[int] = set()
        self._before: set[int] = set()

    def note(self, key: int) -> None:
        """
        See a key; beyond the bound it is not counted.
        """
        if len(self._now) < self._most:
            self._now.add(key)

    def count(self, now: int) -> int:
        """
        Return the number at a time, and begin a new window when one is over.
        """
        age = now - self._since
        if age >= self._window:
            self._before = self._now if age < 2 * self._window else set()
            self._now = set()
            self._since = now
        return len(self._now | self._before)
