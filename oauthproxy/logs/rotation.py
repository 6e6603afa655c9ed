"""
A log file that begins anew when it is full.

Rule 1: several processes may write to one file. Each looks before a batch whether the
path still names its file, and only the one that holds the file's lock renames it.
Rule 2: whoever else renames the file (logrotate, a person) is followed.
Rule 3: what is no regular file, such as /dev/stdout, is only written to.
"""

import contextlib
import fcntl
import os
import stat
from collections.abc import Callable

from oauthproxy.logs.archive import Archive
from oauthproxy.logs.writer import write_whole
from oauthproxy.ports import Clock

MODE = 0o600
CLOSED = -1
"""No descriptor: another file may have the number of one that was closed."""


class RotatingFile:
    """
    Write batches to `path`; more than `limit` bytes begin a new file. Raises OSError.
    """

    def __init__(
        self,
        path: str,
        *,
        archive: Archive,
        clock: Clock,
        limit: int,
        aside: Callable[[Callable[[], None]], None],
    ) -> None:
        self._path = path
        self._archive = archive
        self._clock = clock
        self._limit = limit
        self._aside = aside
        self._descriptor = self._open()

    def __call__(self, batch: bytes) -> None:
        """
        Write a batch whole.
        """
        status = self._followed()
        if stat.S_ISREG(status.st_mode) and 0 < status.st_size > (
            self._limit - len(batch)
        ):
            with contextlib.suppress(OSError):  # a file too large beats lost lines
                self._rotate()
        write_whole(self._descriptor, batch)

    def reopen(self) -> None:
        """
        Open the path again.
        """
        old, self._descriptor = self._descriptor, self._open()
        os.close(old)

    def close(self) -> None:
        """
        Close the file; what is written afterwards is an OSError.
        """
        descriptor, self._descriptor = self._descriptor, CLOSED
        if descriptor != CLOSED:
            os.close(descriptor)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        return os.open(self._path, flags, MODE)

    def _followed(self) -> os.stat_result:
        """
        Return the state of the open file, which is the one at the path again.
        """
        if not self._is_current():
            self.reopen()
        return os.fstat(self._descriptor)

    def _is_current(self) -> bool:
        ours = os.fstat(self._descriptor)
        if not stat.S_ISREG(ours.st_mode):
            return True
        try:
            return os.path.samestat(ours, os.stat(self._path))
        except FileNotFoundError:
            return False

    def _rotate(self) -> None:
        """
        Begin a new file. The old one's lock goes with its descriptor, and the tidying
        comes after, because it looks at that lock.
        """
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        moment = self._clock.now()
        is_ours = self._is_current()
        if is_ours:
            self._archive.take(moment)
        self.reopen()
        if is_ours:
            self._aside(lambda: self._archive.tidy(moment))
