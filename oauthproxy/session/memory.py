"""
Keep sessions in the memory of this process.

For one process only: they are lost when it ends and no other process sees them.
"""

from attrs import define, frozen

from oauthproxy.ports import Clock, Watcher

MOST_ENTRIES = 100_000
"""Beyond it the entry stored longest ago is forgotten."""


@frozen
class _Entry:
    value: bytes
    expires: int
    """Nanoseconds since the epoch; 0 for never."""

    def live(self, now: int) -> bool:
        """
        Tell whether the entry is still there.
        """
        return not self.expires or now < self.expires


class MemoryVault:
    """
    A bounded vault for one process (`ports.Vault`), and its index (`ports.Index`).
    """

    def __init__(self, clock: Clock, entries: int = MOST_ENTRIES) -> None:
        self._clock = clock
        self._most = entries
        self._entries: dict[str, _Entry] = {}
        self._locks: dict[str, _Entry] = {}
        self._labels: dict[str, set[str]] = {}
        self._labelled: dict[str, set[str]] = {}
        self._watcher: Watcher | None = None

    def watch(self, watcher: Watcher) -> None:
        """
        Tell `watcher` of everything stored or deleted from now on.
        """
        self._watcher = watcher
        watcher.restored()

    async def get(self, key: str) -> bytes | None:
        """
        Return the value, or None when there is none.
        """
        entry = self._entries.get(key)
        if entry is None or not entry.live(self._clock.now()):
            return None
        return entry.value

    async def set(self, key: str, value: bytes, lifetime: int) -> None:
        """
        Store a value for `lifetime` nanoseconds, for ever when 0.
        """
        self._entries.pop(key, None)
        self._make_room()
        now = self._clock.now()
        self._entries[key] = _Entry(value, now + lifetime if lifetime else 0)
        self._tell(key)

    async def delete(self, key: str) -> None:
        """
        Forget a value.
        """
        self._forget(key)

    async def add(self, label: str, key: str, lifetime: int) -> None:  # noqa: ARG002
        """
        Put a label on a key, for as long as it has a value.
        """
        if key in self._entries:
            self._labels.setdefault(key, set()).add(label)
            self._labelled.setdefault(label, set()).add(key)

    async def find(self, label: str) -> tuple[str, ...]:
        """
        Return the keys with a label that still have a value.
        """
        now = self._clock.now()
        keys = sorted(self._labelled.get(label, ()))
        return tuple(key for key in keys if self._entries[key].live(now))

    async def ping(self) -> None:
        """
        Return: memory always answers.
        """

    def lock(self, key: str) -> "MemoryLock":
        """
        Return a lock that guards `key` within this process.
        """
        return MemoryLock(key, self._locks, self._clock)

    def _make_room(self) -> None:
        """
        Forget the oldest entries: those that expired, and one when it is full.
        """
        now = self._clock.now()
        while self._entries:
            oldest = next(iter(self._entries))
            if len(self._entries) < self._most and self._entries[oldest].live(now):
                return
            self._forget(oldest)

    def _forget(self, key: str) -> None:
        self._entries.pop(key, None)
        for label in self._labels.pop(key, ()):
            self._labelled[label].discard(key)
            if not self._labelled[label]:
                del self._labelled[label]
        self._tell(key)

    def _tell(self, key: str) -> None:
        if self._watcher is not None:
            self._watcher.changed(key)


@define(eq=False)
class MemoryLock:
    """
    A lock among the coroutines of one process (`ports.Lock`).
    """

    _key: str
    _held: dict[str, _Entry]
    _clock: Clock
    _mine: _Entry | None = None

    async def obtain(self, lifetime: int) -> bool:
        """
        Try once; True when the lock is ours now.
        """
        now = self._clock.now()
        held = self._held.get(self._key)
        if held is not None and held is not self._mine and held.live(now):
            return False
        self._mine = self._held[self._key] = _Entry(b"", now + lifetime)
        return True

    async def extend(self, lifetime: int) -> bool:
        """
        Start its lifetime again; False when it is no longer ours.
        """
        if self._mine is None or self._held.get(self._key) is not self._mine:
            return False
        return await self.obtain(lifetime)

    async def release(self) -> None:
        """
        Give it back; nothing happens when it is no longer ours.
        """
        if self._mine is not None and self._held.get(self._key) is self._mine:
            del self._held[self._key]
        self._mine = None
