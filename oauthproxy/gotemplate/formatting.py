"""
Values as text, by Go's `fmt` verbs.
"""

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from oauthproxy.gotemplate.quoting import quoted

_VERB = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<width>\d+)?(?:\.(?P<precision>\d*))?(?P<verb>.|$)",
    re.DOTALL,
)
_LARGEST_FIELD = 1000
_LARGEST_PLAIN_POWER = 6


def shown(value: object) -> str:
    """
    Return a value as `%v` writes it.
    """
    if value is None:
        return "<nil>"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _shown_float(value)
    if isinstance(value, Mapping):
        pairs = sorted(value.items(), key=lambda pair: str(pair[0]))
        return f"map[{' '.join(f'{shown(k)}:{shown(v)}' for k, v in pairs)}]"
    if isinstance(value, Sequence):
        return f"[{' '.join(map(shown, value))}]"
    return str(value)


def _shown_float(value: float) -> str:
    """
    Return the shortest digits that mean the number, with an exponent outside of
    1e-4 to 1e6 (Go: `%g`).
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{value:+}".replace("inf", "Inf")
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    power = len(digits) - 1 + int(exponent)
    if value == 0 or -4 <= power < _LARGEST_PLAIN_POWER:
        return format(Decimal(repr(value)).normalize(), "f")
    rest = "".join(map(str, digits[1:]))
    point = "." if rest else ""
    mark = "-" if power < 0 else "+"
    return f"{'-' * sign}{digits[0]}{point}{rest}e{mark}{abs(power):02d}"


def formatted(pattern: str, values: Sequence[object]) -> str:
    """
    Return what `printf` gives; a mismatch leaves Go's note about it in the text.
    """
    waiting = list(values)

    def replaced(found: re.Match[str]) -> str:
        verb = found["verb"]
        if verb == "%":
            return "%"
        if not verb:
            return "%!(NOVERB)"
        if not waiting:
            return f"%!{verb}(MISSING)"
        return _padded(_by_verb(verb, waiting.pop(0), found), found)

    text = _VERB.sub(replaced, pattern)
    if waiting:
        extra = ", ".join(f"{_type_name(v)}={shown(v)}" for v in waiting)
        text += f"%!(EXTRA {extra})"
    return text


def _padded(text: str, found: re.Match[str]) -> str:
    width = min(int(found["width"] or 0), _LARGEST_FIELD)
    if "-" in found["flags"]:
        return text.ljust(width)
    if "0" in found["flags"] and found["verb"] in "dfFeEgGxXob":
        return text.zfill(width)
    return text.rjust(width)


def _by_verb(verb: str, value: object, found: re.Match[str]) -> str:
    """
    Write one value. Types are tested in the order in which Python nests them.
    """
    precision = _precision(found)
    if verb == "v":
        return shown(value)
    if verb == "T":
        return _type_name(value)
    if isinstance(value, bool):
        text = shown(value) if verb == "t" else None
    elif isinstance(value, str):
        text = _text_verb(verb, value, precision)
    elif isinstance(value, int):
        text = _integer_verb(verb, value)
    elif isinstance(value, float):
        text = _float_verb(verb, value, precision)
    elif value is None:
        return f"%!{verb}(<nil>)"
    else:
        text = shown(value) if verb == "s" else None
    if text is None:
        return f"%!{verb}({_type_name(value)}={shown(value)})"
    signed = isinstance(value, int | float) and not isinstance(value, bool)
    return f"+{text}" if "+" in found["flags"] and signed and text[0] != "-" else text


def _precision(found: re.Match[str]) -> int | None:
    digits = found["precision"]
    return None if digits is None else min(int(digits or 0), _LARGEST_FIELD)


def _text_verb(verb: str, value: str, precision: int | None) -> str | None:
    text = str(value) if precision is None else str(value)[:precision]
    if verb == "s":
        return text
    if verb == "q":
        return quoted(text)
    if verb in "xX":
        digits = text.encode("utf-8", "surrogateescape").hex()
        return digits if verb == "x" else digits.upper()
    return None


def _integer_verb(verb: str, value: int) -> str | None:
    match verb:
        case "d":
            return str(value)
        case "b" | "o" | "x" | "X":
            return format(value, verb)
        case "c":
            return chr(value) if 0 <= value < 0x110000 else "\ufffd"
        case "q":
            return f"'{chr(value)}'" if 0 <= value < 0x110000 else "'\ufffd'"
        case "U":
            return f"U+{value:04X}"
    return None


def _float_verb(verb: str, value: float, precision: int | None) -> str | None:
    if verb in "gG" and precision is None:
        return _shown_float(value)
    if verb in "fFeEgG":
        return format(value, f".{6 if precision is None else precision}{verb}")
    return None


def _type_name(value: object) -> str:
    names = {str: "string", bool: "bool", int: "int", float: "float64"}
    if value is None:
        return "<nil>"
    return next((n for t, n in names.items() if type(value) is t), "string")
