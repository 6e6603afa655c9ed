"""
Take gzip off a response on its way.

Rule 1: memory is bounded by what was read and one piece, whatever the bytes expand to:
while the client does not keep up, nothing is expanded and nothing more is read.
Rule 2: a body may have several members (RFC 1952, 2.2); one that ends within a member,
or has something else behind the last, is broken.
"""

import zlib
from collections.abc import Callable
from typing import Any

from attrs import define
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

PIECE = 1 << 17
_GZIP = 31


@define(eq=False)
class Outcome:
    """
    What to do with what comes out: `write` passes bytes on, `broke` is called once
    when the body is no gzip, `ended` once when it is whole and was passed on.
    """

    write: Callable[[bytes], None]
    broke: Callable[[], None]
    ended: Callable[[], None]


@implementer(IPushProducer)
class Inflation:
    """
    Expands what `source` gives; the producer that the client's slowness pauses.
    """

    def __init__(self, source: IPushProducer, outcome: Outcome) -> None:
        self._source: IPushProducer | None = source
        self._outcome: Outcome | None = outcome
        self._gzip: Any = None
        self._waiting = b""
        self._paused = False
        self._last = False

    def take(self, data: bytes) -> None:
        """
        Take compressed bytes.
        """
        self._waiting += data
        self._expand()

    def finish(self) -> None:
        """
        Learn that there are no more; `ended` or `broke` follows, now or later.
        """
        self._last = True
        self._source = None
        self._expand()

    def _expand(self) -> None:
        try:
            while self._waiting and not self._paused and self._outcome is not None:
                self._outcome_of(self._waiting)
        except zlib.error:
            self._break()
        outcome = self._outcome
        if not (self._last and outcome and not self._waiting and not self._paused):
            return
        if self._gzip is not None:
            self._break()
        else:
            self._outcome = None
            outcome.ended()

    def _outcome_of(self, data: bytes) -> None:
        if self._gzip is None:
            self._gzip = zlib.decompressobj(_GZIP)
        gzip = self._gzip
        piece = gzip.decompress(data, PIECE)
        self._waiting = gzip.unconsumed_tail
        if gzip.eof:
            self._waiting = gzip.unused_data
            self._gzip = None
        if piece and self._outcome is not None:
            self._outcome.write(piece)

    def _break(self) -> None:
        outcome, self._outcome = self._outcome, None
        self._waiting = b""
        if outcome is not None:
            outcome.broke()

    # --- as the client's slowness has it

    def pauseProducing(self) -> None:
        """
        Expand nothing and read no more.
        """
        self._paused = True
        if self._source is not None:
            self._source.pauseProducing()

    def resumeProducing(self) -> None:
        """
        Go on with what waits, then with what comes.
        """
        self._paused = False
        self._expand()
        if not self._paused and self._source is not None:
            self._source.resumeProducing()

    def stopProducing(self) -> None:
        """
        Stop for good: the client is gone.
        """
        self._outcome = None
        self._waiting = b""
