"""
JSON as identity providers send it, and what its values are as text.

Rule 1: a number stays the text it was spelled with (`Number`), so that long ids keep
their digits and claims print as they came.
Rule 2: NaN and the infinities are not JSON.
Rule 3: text is always encodable: halves of surrogate pairs become U+FFFD.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from oauthproxy.wire.gojson import go_json

_HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))


class Number(str):
    """
    A JSON number by its spelling.
    """

    __slots__ = ()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def parse(text: str | bytes) -> Any:
    """
    Return the value of a JSON text; raises ValueError.
    """
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    try:
        value = json.loads(
            plain,
            parse_int=Number,
            parse_float=Number,
            parse_constant=_refuse_constant,
        )
        return _mend(value) if _HALF.search(plain) else value
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _mend(value: Any) -> Any:
    match value:
        case Number():
            return value
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_mend(each) for each in value]
        case dict():
            return {_mend(key): _mend(each) for key, each in value.items()}
    return value


def parse_object(text: str | bytes) -> dict[str, Any]:
    """
    Return the members of a JSON object; raises ValueError for anything else.
    """
    value = parse(text)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def seconds(value: Any) -> int | None:
    """
    Return a JSON number as whole seconds, or None when it is no number or absurd.
    """
    if not isinstance(value, Number):
        return None
    try:
        number = int(float(value)) if set(value) & set(".eE") else int(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 1 << 53 else None


def compact(value: Any) -> str:
    """
    Return a value as the reference prints it: no blanks, keys sorted, `<>&` escaped.
    """
    match value:
        case Number():
            return str(value)
        case dict():
            members = (f"{compact(k)}:{compact(value[k])}" for k in sorted(value))
            return "{" + ",".join(members) + "}"
        case list():
            return "[" + ",".join(map(compact, value)) + "]"
    return go_json(value)


def as_text(value: Any) -> str:
    """
    Return a claim as text: strings as they are, everything else as compact JSON.
    """
    return str(value) if isinstance(value, str) else compact(value)


def as_texts(value: Any) -> tuple[str, ...]:
    """
    Return a claim as a list of texts: the elements of a list, the keys of an object,
    or the one value.
    """
    match value:
        case list():
            return tuple(map(as_text, value))
        case dict():
            return tuple(value)
    return (as_text(value),)


def as_flag(value: Any) -> bool:
    """
    Return a claim as a truth value; what cannot be read is false.
    """
    match value:
        case bool():
            return value
        case Number():
            return float(value) != 0
        case str():
            return value in _TRUE
    return False


def storable(value: Any) -> Any:
    """
    Return a claim as sessions keep it: numbers as plain text, at any depth.
    """
    match value:
        case str():
            return str(value)
        case list():
            return [storable(each) for each in value]
        case dict():
            return {key: storable(each) for key, each in value.items()}
    return value


def member(value: Any, *path: str) -> Any:
    """
    Return what stands under a path of member names, or None.
    """
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
