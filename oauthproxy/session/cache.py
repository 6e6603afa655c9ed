"""
Remember a bounded number of things by the exact text that identifies a session.

Rule 1: entries live in two generations; when the young one is full it becomes the old
one, and the old one is forgotten. What is asked for stays young.
Rule 2: an entry can carry a tag, the vault key it was made from, and goes with it.
Rule 3: while changes in the vault may go unnoticed, nothing is remembered, and what
was known before is there only for those who find the vault down (`last_known`).
Rule 4: what was read before a change that came in while it was being read is stale,
and not remembered (`since`).
"""

from typing import Generic, TypeVar

from attrs import define, frozen

T = TypeVar("T")
Key = str | bytes

REMEMBERED_CHANGES = 4096


@frozen(slots=True, eq=False)
class _Entry(Generic[T]):
    value: T
    tag: str | None


@define(eq=False)
class _Generation(Generic[T]):
    entries: dict[Key, _Entry[T]]
    keys: dict[str, set[Key]]
    """The keys of each tag."""

    def put(self, key: Key, entry: _Entry[T]) -> None:
        """
        Add an entry.
        """
        self.entries[key] = entry
        if entry.tag is not None:
            self.keys.setdefault(entry.tag, set()).add(key)

    def drop(self, tag: str) -> None:
        """
        Forget the entries of a tag.
        """
        for key in self.keys.pop(tag, ()):
            self.entries.pop(key, None)


class SessionCache(Generic[T]):
    """
    A bounded memory of `entries` things; 0 remembers nothing.

    Implements `ports.Watcher`: changes in a vault forget what was made of them.
    """

    def __init__(self, entries: int) -> None:
        self._half = max((entries + 1) // 2, 0)
        self._keeping = self._half > 0
        self._young: _Generation[T] = _Generation({}, {})
        self._old: _Generation[T] = _Generation({}, {})
        self._doubtful: dict[Key, _Entry[T]] = {}
        self._moment = 0
        self._changes: dict[str, int] = {}
        self._horizon = 0

    @property
    def moment(self) -> int:
        """
        Where we are in the order of changes: take it before reading what is `put`.
        """
        return self._moment

    def get(self, key: Key) -> T | None:
        """
        Return what is remembered, or None.
        """
        entry = self._young.entries.get(key)
        if entry is not None:
            return entry.value
        entry = self._old.entries.pop(key, None)
        if entry is None:
            return None
        self._add(key, entry)
        return entry.value

    def put(
        self, key: Key, value: T, tag: str | None = None, *, since: int | None = None
    ) -> None:
        """
        Remember a value. `since` is the `moment` before what it was made of was read.
        """
        if not self._keeping or self._stale(tag, since):
            return
        self._old.entries.pop(key, None)
        self._add(key, _Entry(value, tag))

    def drop(self, key: Key) -> None:
        """
        Forget one entry.
        """
        self._young.entries.pop(key, None)
        self._old.entries.pop(key, None)
        self._doubtful.pop(key, None)

    def clear(self) -> None:
        """
        Forget everything.
        """
        self._doubtful = {}
        self._young = _Generation({}, {})
        self._old = _Generation({}, {})

    def last_known(self, key: Key) -> T | None:
        """
        Return what was known when the vault was last heard of, or None: for requests
        whose session cannot be read now.
        """
        entry = self._doubtful.get(key)
        return self.get(key) if entry is None else entry.value

    def changed(self, key: str) -> None:
        """
        Forget what was made of the vault's `key`.
        """
        self._moment += 1
        self._changes.pop(key, None)
        self._changes[key] = self._moment
        if len(self._changes) > REMEMBERED_CHANGES:
            self._horizon = self._changes.pop(next(iter(self._changes)))
        self._young.drop(key)
        self._old.drop(key)

    def lost(self) -> None:
        """
        Remember nothing until changes are noticed again.
        """
        if not self._keeping:
            return
        self._keeping = False
        known = {**self._old.entries, **self._young.entries}
        self.clear()
        self._doubtful = known

    def restored(self) -> None:
        """
        Remember again, but nothing that was read before.
        """
        self.clear()
        self._moment += 1
        self._horizon = self._moment
        self._changes.clear()
        self._keeping = self._half > 0

    def _add(self, key: Key, entry: _Entry[T]) -> None:
        if len(self._young.entries) >= self._half:
            self._old = self._young
            self._young = _Generation({}, {})
        self._young.put(key, entry)

    def _stale(self, tag: str | None, since: int | None) -> bool:
        if tag is None or since is None:
            return False
        return since < self._changes.get(tag, self._horizon)
