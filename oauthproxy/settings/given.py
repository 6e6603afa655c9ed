"""
What the sources say: values together with the place they came from, and problems.
"""

import re
from collections.abc import Iterable, Mapping

from attrs import field, frozen

from oauthproxy.settings.table import Option

_ENOUGH_OF_A_NAME = 6
_LIKENESS = 0.7
_USERINFO = re.compile(r'(://)[^"]*@|(")(?![^"]*://)[^":@]*:[^"]*@')
"""Also where the URL is wrong: a password with a slash in it, no scheme in front."""


@frozen
class Given:
    """
    A value and where it was set: "FILE:LINE", a variable or a flag.
    """

    value: object
    source: str


@frozen
class Reading:
    """
    What one source gave: values by the option's name, aliases by their key, and
    lines about what is wrong with it.

    `failed` names the options whose value could not be read; `broken` says that
    nothing at all could be read.
    """

    values: Mapping[str, Given] = field(factory=dict)
    aliases: Mapping[str, Given] = field(factory=dict)
    problems: tuple[str, ...] = ()
    failed: frozenset[str] = frozenset()
    broken: bool = False


def wrong(label: str, source: str, message: object) -> str:
    """
    Return the one line that reports a problem; no URL in it shows its password.
    """
    place = f"{label} ({source})" if source else label
    return f"{place}: {without_userinfo(str(message))}"


def refused(option: Option, source: str, error: ValueError) -> str:
    """
    Return the line for a value that cannot be read; a secret is not repeated.
    """
    if option.secret:
        return wrong(option.label, source, "the value cannot be read")
    return wrong(option.label, source, error)


def without_userinfo(text: str) -> str:
    """
    Blank out the user and password of any URL in a text.
    """
    return _USERINFO.sub(r"\1\2…@", text)


def nearest(name: str, known: Iterable[str], *, lower: bool = True) -> str:
    """
    Return "; did you mean X?" for the known name most like `name`, or nothing.
    """
    from difflib import get_close_matches

    wanted = name.lower() if lower else name
    names = list(known)
    begun = sorted((n for n in names if n.startswith(wanted)), key=len)
    found = (len(wanted) >= _ENOUGH_OF_A_NAME and begun) or get_close_matches(
        wanted, names, n=1, cutoff=_LIKENESS
    )
    return f"; did you mean {found[0]}?" if found else ""
