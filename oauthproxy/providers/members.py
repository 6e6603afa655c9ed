"""
Read members of foreign JSON; what is missing or of another type is empty.
"""

from collections.abc import Mapping
from typing import Any

from oauthproxy.providers import jsontext


def text(value: Any, *path: str) -> str:
    """
    Return the text under a path of member names.
    """
    found = jsontext.member(value, *path)
    return found if type(found) is str else ""


def texts(value: Any, *path: str) -> tuple[str, ...]:
    """
    Return the texts in the list under a path, without the empty ones.
    """
    found = jsontext.member(value, *path)
    listed = found if isinstance(found, list) else []
    return tuple(each for each in listed if type(each) is str and each)


def objects(value: Any, *path: str) -> tuple[Mapping[str, Any], ...]:
    """
    Return the objects in the list under a path.
    """
    found = jsontext.member(value, *path)
    listed = found if isinstance(found, list) else []
    return tuple(each for each in listed if isinstance(each, Mapping))


def flag(value: Any, *path: str) -> bool:
    """
    Return whether true stands under a path.
    """
    return jsontext.member(value, *path) is True


def number(value: Any, *path: str) -> int:
    """
    Return the whole number under a path, or 0.
    """
    return jsontext.seconds(jsontext.member(value, *path)) or 0
