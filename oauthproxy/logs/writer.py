"""
Collect lines and hand them on in batches.

Rule 1: a sink that fails never fails a request; lost lines are counted.
Rule 2: lines leave in the order in which they came.
"""

import os
import select
from collections.abc import Callable

Sink = Callable[[bytes], None]
"""Write these bytes whole; raises OSError."""

BATCH_CHARACTERS = 64 * 1024
PATIENCE_MS = 100


class Writer:
    """
    Hold at most `limit` characters of lines back until somebody flushes.
    """

    def __init__(self, sink: Sink, limit: int = BATCH_CHARACTERS) -> None:
        self._sink = sink
        self._limit = limit
        self._lines: list[str] = []
        self._size = 0
        self.lost = 0

    def add(self, line: str) -> None:
        """
        Take one line, its newline included.
        """
        self._lines.append(line)
        self._size += len(line)
        if self._size >= self._limit:
            self.flush()

    def flush(self) -> None:
        """
        Write what was collected.
        """
        if not self._lines:
            return
        lines, self._lines, self._size = self._lines, [], 0
        try:
            self._sink("".join(lines).encode("utf-8", "backslashreplace"))
        except OSError:
            self.lost += len(lines)


def write_whole(descriptor: int, batch: bytes) -> None:
    """
    Write all of it; raises OSError.
    """
    rest = memoryview(batch)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            poller = select.poll()
            poller.register(descriptor, select.POLLOUT)
            if not poller.poll(PATIENCE_MS):
                raise
