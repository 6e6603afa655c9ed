"""
Choose among several cookies of one name.

A site below the same domain can set one beside ours, and nothing in a request tells
which is whose (RFC 6265, 8.6). One that cannot be ours must not hide one that is.
"""

from collections.abc import Callable, Sequence

from oauthproxy.errors import SessionRefused

MOST = 4
"""So many are looked at; a browser sends one, an attacker thousands."""


def likeliest(values: Sequence[str], check: Callable[[str], object]) -> str | None:
    """
    Return the first value that `check` does not refuse (by SessionRefused), else the
    first, None when there is none. A value that is alone is not checked.
    """
    if len(values) < 2:
        return values[0] if values else None
    return next((value for value in values[:MOST] if _holds(value, check)), values[0])


def _holds(value: str, check: Callable[[str], object]) -> bool:
    try:
        check(value)
    except SessionRefused:
        return False
    return True
