"""
What answers do to a browser's cookies, by their `Set-Cookie` fields.
"""

from collections.abc import Iterable


def cookie_of(line: str) -> tuple[str, str]:
    """
    Return name and value of a `Set-Cookie` field.
    """
    name, _, value = line.partition(";")[0].partition("=")
    return name, value


def names_set(lines: Iterable[str]) -> list[str]:
    """
    Return the names of cookies that are given a value.
    """
    return [name for name, value in map(cookie_of, lines) if value]


def names_cleared(lines: Iterable[str]) -> list[str]:
    """
    Return the names of cookies that are deleted.
    """
    return [name for name, value in map(cookie_of, lines) if not value]
