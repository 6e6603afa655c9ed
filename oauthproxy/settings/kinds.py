"""
The kinds of value an option can have.

Durations, here and everywhere in the program, are integer nanoseconds.
"""

from enum import Enum

NANOSECOND = 1
MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


class Kind(Enum):
    """
    How the text of an option is read.
    """

    TEXT = "string"
    SECRET = "secret"  # noqa: S105
    FLAG = "bool"
    INTEGER = "int"
    DURATION = "duration"
    TEXTS = "string-list"


TEXT = Kind.TEXT
SECRET = Kind.SECRET
FLAG = Kind.FLAG
INTEGER = Kind.INTEGER
DURATION = Kind.DURATION
TEXTS = Kind.TEXTS
