"""
What comes in from a client: parsed as far as it is its turn, else held back.

Rule 1: at most `PARSED_AHEAD` bytes are parsed while somebody else is being answered;
what follows waits as bytes, and beyond `HELD_LIMIT` is not read at all.
Rule 2: while less than that waits the socket is read, so that a client that leaves is
noticed.
"""

from collections.abc import Sized
from typing import Any

from oauthproxy.net.prompt import read_as_usual, read_on
from oauthproxy.web.limits import HELD_LIMIT, PARSED_AHEAD, ChannelLimits
from oauthproxy.web.parser import Listener, RequestParser

HELD, BODY, REFUSED = 1, 2, 4
"""Why nothing is read from a client."""


class Intake:
    """
    Reads from one client; `queue` are the requests that were parsed.
    """

    __slots__ = ("_held", "_pauses", "_queue", "_reads_on", "_transport", "parser")

    def __init__(
        self,
        transport: Any,
        listener: Listener,
        queue: Sized,
        limits: ChannelLimits,
    ) -> None:
        self._transport = transport
        self._queue = queue
        self.parser = RequestParser(listener, limits.head_bytes, limits.head_fields)
        self._held: bytes | None = None
        self._reads_on = False
        self._pauses = 0

    @property
    def in_head(self) -> bool:
        """
        Whether a part of a head has come.
        """
        return self.parser.in_head and self.parser.head_bytes > 0

    @property
    def holding(self) -> bool:
        """
        Whether bytes are held back from now on.
        """
        return self._held is not None

    def received(self, data: bytes) -> None:
        """
        Parse bytes, or hold them back.
        """
        parser = self.parser
        while len(data) > PARSED_AHEAD and self._held is None and parser.in_head:
            self._feed(data[:PARSED_AHEAD])
            data = data[PARSED_AHEAD:]
        if self._held is None:
            self._feed(data)
            return
        self._held += data
        if len(self._held) > HELD_LIMIT:
            self.pause(HELD)

    def _feed(self, data: bytes) -> None:
        parser = self.parser
        parser.feed(data)
        if len(self._queue) > 1 and self._held is None and parser.in_head:
            self._held = b""
        if parser.long_body is not self._reads_on:
            self._reads_on = parser.long_body
            if self._reads_on:
                read_on(self._transport, self._goes_on)
            else:
                read_as_usual(self._transport)

    def _goes_on(self) -> bool:
        return self._reads_on and not self._pauses

    def hold(self, data: bytes) -> None:
        """
        Hold back `data` and what comes behind it.
        """
        self._held = data

    def release(self) -> bytes:
        """
        Return what was held back; what comes from now on is parsed.
        """
        held, self._held = self._held, None
        self.resume(HELD)
        return held or b""

    # --- reading

    def pause(self, why: int) -> None:
        """
        Read nothing until all reasons against it are gone.
        """
        if not self._pauses:
            self._transport.pauseProducing()
        self._pauses |= why

    def resume(self, why: int) -> None:
        """
        Forget a reason not to read.
        """
        if self._pauses:
            self._pauses &= ~why
            if not self._pauses:
                self._transport.resumeProducing()
