"""
What goes into a Redis command, and what comes of it.
"""

from collections.abc import Callable
from typing import Any

Argument = bytes | str | int
"""A part of a command."""

Reply = Any
"""Bytes, int, None, or a list of replies."""

Hear = Callable[[Reply], None]
"""Take a published message."""

AGAIN = frozenset(
    ("LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "UNBLOCKED")
)
MANY_CLIENTS = "max number of clients reached"


class Lost(Exception):
    """
    There is no connection, or it broke before the reply.
    """


class Refused(Exception):
    """
    The server answered with an error.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.code, _, self.rest = text.partition(" ")

    @property
    def passing(self) -> bool:
        """
        Tell whether the same command may work in a moment.
        """
        return self.code in AGAIN or MANY_CLIENTS in self.rest
