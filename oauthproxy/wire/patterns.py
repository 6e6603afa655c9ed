"""
Regular expressions in the language of the configuration: RE2, as Go reads it.

Rule 1: a search is unanchored and takes time linear in the text.
Rule 2: bytes that are not UTF-8 count as one U+FFFD each, as they do in Go.
"""

import re
from functools import cache
from typing import Any

import re2
from attrs import field, frozen

from oauthproxy.wire.fields import field_bytes, field_text

_UNDECODED = re.compile(r"[\ud800-\udfff]")


@cache
def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    return options


def searchable(text: str) -> bytes:
    """
    Return a text as the bytes that patterns are searched in.
    """
    if text.isascii():
        return text.encode("ascii")
    whole = field_text(field_bytes(_UNDECODED.sub(_lone_byte, text)))
    return _UNDECODED.sub("\ufffd", whole).encode("utf-8")


def _lone_byte(found: re.Match[str]) -> str:
    return found[0] if "\udc80" <= found[0] <= "\udcff" else "\ufffd"


@frozen
class Pattern:
    """
    One compiled expression.
    """

    text: str
    compiled: Any = field(repr=False, eq=False)

    @classmethod
    def compile(cls, text: str) -> "Pattern":
        """
        Return the pattern; raises ValueError naming the text when it is none.
        """
        try:
            return cls(text, re2.compile(searchable(text), _options()))
        except re2.error as cause:
            reason = cause.args[0] if cause.args else ""
            if isinstance(reason, bytes):
                reason = field_text(reason)
            raise ValueError(
                f'"{text}" is not a regular expression: {reason}'
            ) from None

    def found_in(self, subject: bytes) -> bool:
        """
        Tell whether the pattern is found anywhere in `searchable(…)` bytes.
        """
        return self.compiled.search(subject) is not None

    def search(self, text: str) -> bool:
        """
        Tell whether the pattern is found anywhere in a text.
        """
        return self.found_in(searchable(text))
