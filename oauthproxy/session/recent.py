"""
Remember a bounded number of things for a while.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Recent(Generic[K, T]):
    """
    At most `entries` values by key, each until its time (nanoseconds) has come.
    """

    def __init__(self, entries: int) -> None:
        self._most = entries
        self._entries: dict[K, tuple[T, int]] = {}

    def get(self, key: K, now: int) -> T | None:
        """
        Return a value whose time has not come, or None.
        """
        entry = self._entries.get(key)
        if entry is None:
            return None
        value, until = entry
        if now < until:
            return value
        del self._entries[key]
        return None

    def put(self, key: K, value: T, until: int) -> None:
        """
        Remember a value; the oldest one goes when there are too many.
        """
        self._entries.pop(key, None)
        if len(self._entries) >= self._most:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (value, until)

    def drop(self, key: K) -> None:
        """
        Forget a value.
        """
        self._entries.pop(key, None)
