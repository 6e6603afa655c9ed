"""
Know the fields of requests that came on the same connection before.

Browsers and scripts send the same fields over and over: cookies, language, kind of
browser. What llhttp and `wire.requesthead` have said of some bytes holds for the same
bytes again, and so does what others have derived from them (`RequestHead.memo`).

Rule 1: fields are the same when they are byte by byte; the first line is looked at
anew each time, and only the plainest kind is taken.
Rule 2: only what came alone, whole, and with nothing behind it is remembered or
compared, so that nothing can be both a body and a head.
"""

import re

from oauthproxy.wire.requesthead import RequestHead

REMEMBERED_BYTES = 1 << 13
"""The longest fields that are remembered."""

KINDS = 4
"""How many are: a browser asks for pages, styles, scripts and pictures in turn, and
says in different words what it accepts."""

_LINE = re.compile(rb"(GET|HEAD) (/[!\"$-~]*) HTTP/1\.1")


class Repetition:
    """
    The fields of the last few requests of one connection.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: tuple[tuple[bytes, RequestHead], ...] = ()

    def again(self, data: bytes) -> RequestHead | None:
        """
        Return the head in `data` if nothing but its first line is new.
        """
        for block, head in self._known:
            if data.endswith(block):
                line = _LINE.fullmatch(data, 0, len(data) - len(block))
                return None if line is None else head.again(line[1], line[2])
        return None

    def learn(self, data: bytes, start: int, head: RequestHead) -> None:
        """
        Remember the fields of a head that `data` begins with, if there is nothing else;
        they begin at `start`, with the end of the first line.
        """
        if (
            head.keep_alive
            and not (head.length or head.upgrade or head.expects_continue)
            and len(data) - start <= REMEMBERED_BYTES
            and data.startswith(b"/", len(head.method) + 1)
            and data.find(b"\r\n\r\n", start) == len(data) - 4
        ):
            self._known = ((data[start:], head), *self._known[: KINDS - 1])
