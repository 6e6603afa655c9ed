"""
Notice that files have changed, by looking once a second.

Looking follows symbolic links, so a link that moves on (as in mounted Kubernetes
secrets), a file put in place by renaming, one rewritten in place and one that goes and
comes back are all seen. A change is told when it has been the same for two looks: files
that belong together are often replaced one after the other.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any

LOOK_SECONDS = 1.0

Look = tuple[tuple[int, ...] | None, ...]


class FileWatch:
    """
    Call `changed` after any of `paths` has another content than before.
    """

    def __init__(
        self, reactor: Any, paths: Sequence[str], changed: Callable[[], None]
    ) -> None:
        self._reactor = reactor
        self._paths = tuple(paths)
        self._changed = changed
        self._known = self._seen = self._look()
        self._timer: Any = None

    def start(self) -> None:
        """
        Look from now on.
        """
        if self._paths and self._timer is None:
            self._timer = self._reactor.callLater(LOOK_SECONDS, self._tick)

    def stop(self) -> None:
        """
        Look no more.
        """
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _tick(self) -> None:
        self._timer = self._reactor.callLater(LOOK_SECONDS, self._tick)
        before, self._seen = self._seen, self._look()
        if self._seen != self._known and self._seen == before:
            self._known = self._seen
            self._changed()

    def _look(self) -> Look:
        return tuple(_look(path) for path in self._paths)


def _look(path: str) -> tuple[int, ...] | None:
    """
    Return what changes when a file does; None while there is none.
    """
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
