"""
Turn what a source holds into the value of an option.

Flags hold text by pflag's grammar, the environment holds text whose lists are split
at every comma, the configuration file holds TOML values, which are converted freely.
Every function raises ValueError with a text that does not repeat a secret.
"""

import math
import re
from decimal import Decimal

from oauthproxy.crypto.secret import Secret
from oauthproxy.settings.durations import LONGEST, parse_duration
from oauthproxy.settings.kinds import Kind

TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})

_INTEGER = re.compile(
    r"[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+"
    r"|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)"
)
_RECORD = re.compile(r'"((?:[^"]|"")*)"(?=,|\Z)|([^",]*)(?=,|\Z)')


def from_flag(kind: Kind, texts: list[str]) -> object:
    """
    Return the value of a flag that was given once or more, each time with a text.
    """
    if kind is Kind.TEXTS:
        return tuple(item for text in texts for item in csv_record(text))
    return _from_text(kind, texts[-1])


def from_variable(kind: Kind, text: str) -> object:
    """
    Return the value of an environment variable that is not empty.
    """
    if kind is Kind.TEXTS:
        return tuple(text.split(","))
    return _from_text(kind, text)


def from_toml(kind: Kind, value: object) -> object:
    """
    Return what a TOML value means for an option of this kind.
    """
    if kind is Kind.TEXTS:
        return _texts(value)
    if isinstance(value, str):
        if value == "" and kind is Kind.FLAG:
            return False
        if value == "" and kind is Kind.INTEGER:
            return 0
        return _from_text(kind, value)
    if not isinstance(value, int | float):
        raise ValueError(f"{_called(value)} cannot be {_wanted(kind)}")
    return _from_number(kind, value)


def _from_text(kind: Kind, text: str) -> object:
    match kind:
        case Kind.FLAG:
            return parse_bool(text)
        case Kind.INTEGER:
            return parse_integer(text)
        case Kind.DURATION:
            return parse_duration(text)
        case Kind.SECRET:
            return Secret(text)
        case _:
            return text


def _from_number(kind: Kind, number: float) -> object:
    match kind:
        case Kind.FLAG:
            return bool(number)
        case Kind.INTEGER:
            return _whole(number)
        case Kind.DURATION if not isinstance(number, bool):
            return _whole(number)
        case Kind.DURATION:
            raise ValueError("a boolean cannot be a duration")
        case Kind.SECRET:
            return Secret(_number_text(number))
        case _:
            return _number_text(number)


def _whole(number: float) -> int:
    if not math.isfinite(number):
        raise ValueError(f"{number} is not a whole number")
    return _bounded(int(number))


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split(",")) if value else ()
    if isinstance(value, list):
        return tuple(_item(item) for item in value)
    return (_item(value),)


def _item(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return _number_text(value)
    raise ValueError(f"{_called(value)} cannot be an item of a list of texts")


def _number_text(number: float) -> str:
    if isinstance(number, bool):
        return "1" if number else "0"
    if isinstance(number, int):
        return str(number)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("a number without end cannot be a text")
    return format(Decimal(repr(number)), "f").removesuffix(".0")


def parse_bool(text: str) -> bool:
    """
    Return the truth that one of Go's words means.
    """
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise ValueError(f'"{text}" is neither true nor false')


def parse_integer(text: str) -> int:
    """
    Return a 64-bit integer; 0x, 0o, 0b or a leading 0 give its base.
    """
    if not _INTEGER.fullmatch(text):
        raise ValueError(f'"{text}" is not a whole number')
    sign = -1 if text[0] == "-" else 1
    digits = text.lstrip("+-")
    octal = len(digits) > 1 and digits[0] == "0" and digits[1] in "_01234567"
    return _bounded(sign * (int(digits, 8) if octal else int(digits, 0)))


def _bounded(number: int) -> int:
    if not -LONGEST - 1 <= number <= LONGEST:
        raise ValueError("the number is too large")
    return number


def csv_record(text: str) -> tuple[str, ...]:
    """
    Return the fields of the first line of a CSV text; quotes protect commas.
    """
    line = _first_record(text.lstrip("\r\n"))
    if not line:
        return ()
    found = []
    position = 0
    while True:
        match = _RECORD.match(line, position)
        if match is None:
            raise ValueError('a " within an item must be doubled, and the item quoted')
        quoted, plain = match.groups()
        found.append(plain if quoted is None else quoted.replace('""', '"'))
        position = match.end() + 1
        if position > len(line):
            return tuple(found)


def _first_record(text: str) -> str:
    """
    Cut a text at the first line end that is not inside quotes.
    """
    inside = False
    for position, character in enumerate(text):
        inside ^= character == '"'
        if character == "\n" and not inside:
            return text[:position].removesuffix("\r")
    return text


def _called(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return "a date or time"


def _wanted(kind: Kind) -> str:
    return {
        Kind.FLAG: "true or false",
        Kind.INTEGER: "a whole number",
        Kind.DURATION: "a duration",
    }.get(kind, "a text")
