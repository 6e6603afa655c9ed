"""
Write a page: the template's text as it is, values escaped for their places.
"""

from attrs import evolve

from oauthproxy.pages.escaping.context import Context, Kind, Mode, Place
from oauthproxy.pages.escaping.scanner import scan
from oauthproxy.pages.escaping.values import Html, escaped

__all__ = ["Html", "HtmlOutput", "Memory"]

Memory = dict[tuple[Context, str], tuple[Context, str]]
"""Where texts of one template lead, and what is written of them."""


class HtmlOutput:
    """
    A `gotemplate.Output`. Raises `values.Unplaceable`.
    """

    def __init__(self, memory: Memory) -> None:
        self._parts: list[str] = []
        self._memory = memory
        self._context = Context()

    def text(self, text: str) -> None:
        """
        Take text of the template itself.
        """
        step = (self._context, text)
        known = self._memory.get(step)
        if known is None:
            known = self._memory.setdefault(step, scan(*step))
        self._context, kept = known
        self._parts.append(kept)

    def value(self, value: object) -> None:
        """
        Take a value that has to be shown.
        """
        text = escaped(value, self._context)
        self._parts.append(text)
        self._context = _after(self._context, text)

    def result(self) -> str:
        """
        Return everything so far.
        """
        return "".join(self._parts)


def _after(context: Context, written: str) -> Context:
    """
    Return the context after a value; escaped, it never leaves its place.
    """
    match context.place:
        case Place.BEFORE_VALUE:
            return evolve(context, place=Place.VALUE, quote="", begun=True)
        case Place.TAG:
            return evolve(context, place=Place.ATTRIBUTE_NAME, name=HELD)
        case Place.ATTRIBUTE_NAME:
            return evolve(context, name=HELD)
        case Place.VALUE | Place.SCRIPT | Place.STYLE:
            code = context.mode is Mode.CODE
            divides = context.divides or (code and context.kind is not Kind.URL)
            return evolve(
                context, begun=context.begun or bool(written), divides=divides
            )
    return context


HELD = "value-"
"""Stands for an attribute name that came from a value: always one of plain text."""
