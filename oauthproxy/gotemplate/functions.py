"""
The functions a template may call: Go's own, and `ToUpper` and `ToLower`.

`and` and `or` are not here: they do not look at every argument (`evaluate`).
Problems are ValueErrors; the caller knows the line.
"""

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from oauthproxy.gotemplate.formatting import formatted, shown

Functions = Mapping[str, Callable[..., object]]


def is_true(value: object) -> bool:
    """
    Tell whether `if` takes its first branch: the value is not zero, nil or empty.
    """
    return bool(value)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "other"


def _comparable(first: object, second: object) -> None:
    if _kind(first) != _kind(second):
        raise ValueError("incompatible types for comparison")


def _eq(first: object, *others: object) -> bool:
    if not others:
        raise ValueError("missing argument for comparison")
    for other in others:
        if first is not None and other is not None:
            _comparable(first, other)
        if first == other:
            return True
    return False


def _ne(first: object, second: object) -> bool:
    return not _eq(first, second)


def _lt(first: Any, second: Any) -> bool:
    _comparable(first, second)
    if _kind(first) not in ("number", "string"):
        raise ValueError("invalid type for comparison")
    return bool(first < second)


def _le(first: object, second: object) -> bool:
    return _lt(first, second) or _eq(first, second)


def _gt(first: object, second: object) -> bool:
    return not _le(first, second)


def _ge(first: object, second: object) -> bool:
    return not _lt(first, second)


def _len(value: object) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogateescape"))
    if isinstance(value, Mapping | Sequence):
        return len(value)
    raise ValueError(f"len of type {type(value).__name__}")


def _index(value: object, *keys: object) -> object:
    for key in keys:
        value = _item(value, key)
    return value


def _item(value: object, key: object) -> object:
    if isinstance(value, Mapping):
        return value.get(key, "")
    if not isinstance(value, Sequence) or not isinstance(key, int):
        raise ValueError("can't index item")
    if not 0 <= key < _len(value):
        raise ValueError(f"index out of range: {key}")
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")[key]
    item: object = value[key]
    return item


def _slice(value: object, *bounds: int) -> object:
    if not isinstance(value, Sequence) or len(bounds) > 2:
        raise ValueError("can't slice item")
    start, stop = (*bounds, *(0, len(value))[len(bounds) :])
    if not 0 <= start <= stop <= len(value):
        raise ValueError("slice index out of range")
    return value[start:stop]


def _print(*values: object) -> str:
    """
    Join values; a space goes between two that are no texts.
    """
    parts: list[str] = []
    for at, value in enumerate(values):
        if at and not isinstance(value, str) and not isinstance(values[at - 1], str):
            parts.append(" ")
        parts.append(shown(value))
    return "".join(parts)


def _printf(pattern: str, *values: object) -> str:
    return formatted(pattern, values)


def _println(*values: object) -> str:
    return " ".join(map(shown, values)) + "\n"


def _html(*values: object) -> str:
    return (
        html.escape(_print(*values))
        .replace("&#x27;", "&#39;")
        .replace("&quot;", "&#34;")
    )


def _urlquery(*values: object) -> str:
    return quote_plus(_print(*values), safe="-_.~", errors="surrogateescape")


def _js(*values: object) -> str:
    return "".join(
        char if char.isalnum() or char in " _.,:;-" else _js_escape(char)
        for char in _print(*values)
    )


def _js_escape(char: str) -> str:
    if char in "'\"\\":
        return f"\\{char}"
    if char in "<>&=" or not char.isprintable():
        return f"\\u{ord(char):04X}"
    return char


FUNCTIONS: Functions = {
    "eq": _eq,
    "ne": _ne,
    "lt": _lt,
    "le": _le,
    "gt": _gt,
    "ge": _ge,
    "not": lambda value: not is_true(value),
    "len": _len,
    "index": _index,
    "slice": _slice,
    "print": _print,
    "printf": _printf,
    "println": _println,
    "html": _html,
    "js": _js,
    "urlquery": _urlquery,
    "ToUpper": lambda text: text.upper(),
    "ToLower": lambda text: text.lower(),
}
LAZY = ("and", "or")
