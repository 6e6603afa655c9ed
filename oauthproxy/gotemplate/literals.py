"""
Go's literals: quoted texts, characters and numbers.
"""

import re

_NAMED = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
}
_ESCAPE = re.compile(
    r"\\(?:x(?P<byte>[0-9a-fA-F]{2})|u(?P<short>[0-9a-fA-F]{4})"
    r"|U(?P<long>[0-9a-fA-F]{8})|(?P<octal>[0-7]{3})|(?P<named>.)|$)",
    re.DOTALL,
)


def unquote(literal: str) -> str:
    """
    Return the text of a quoted, raw or character literal; raises ValueError.
    """
    inner = literal[1:-1]
    return inner if literal[0] == "`" else _ESCAPE.sub(_plain, inner)


def _plain(found: re.Match[str]) -> str:
    hexadecimal = found["byte"] or found["short"] or found["long"]
    if hexadecimal:
        return chr(int(hexadecimal, 16))
    if found["octal"]:
        return chr(int(found["octal"], 8))
    named = found["named"]
    if named is None or named not in _NAMED:
        raise ValueError(f"unknown escape {found.group()}")
    return _NAMED[named]


def number(literal: str) -> int | float:
    """
    Return the number of a literal; raises ValueError.
    """
    digits = literal.replace("_", "")
    bare = digits.lstrip("+-")
    if len(bare) > 1 and bare[0] == "0" and bare.isdigit():
        return int(digits, 8)
    if any(mark in bare for mark in ".eE") and bare[:2].lower() != "0x":
        return float(digits)
    return int(digits, 0)
