"""
Follow the text of a template and tell the place at its end.

Each step takes a context and the rest of the text, consumes at least one character,
and returns the next context and position. This is the tokenizer of the HTML standard
(13.2.5) as far as it decides where a value stands.
"""

import html
import re

from attrs import evolve

from oauthproxy.pages.escaping.code import scan_script, scan_style
from oauthproxy.pages.escaping.context import Context, Kind, Place, attribute_kind

_SPACE = " \t\n\f\r"
_TAG_NAME = re.compile(r"[^ \t\n\f\r/>]*")
_ATTRIBUTE_NAME = re.compile(r"[^ \t\n\f\r=>\"'/<]*")
_RAW = {"script": Place.SCRIPT, "style": Place.STYLE}
_COMMENT = "<!--"
_PLAIN = ("title", "textarea")


def scan(context: Context, text: str) -> tuple[Context, str]:
    """
    Return the context after some text, and the text without HTML comments: what a
    template's author notes for himself is not for readers of the page.
    """
    position, kept = 0, []
    while position < len(text):
        before, start = context.place, position
        context, position = _STEPS[before](context, text, position)
        if before is Place.COMMENT:
            continue
        opens = context.place is Place.COMMENT
        kept.append(text[start : position - len(_COMMENT) * opens])
    return context, "".join(kept)


def _text(context: Context, text: str, at: int) -> tuple[Context, int]:
    start = text.find("<", at)
    if start < 0:
        return context, len(text)
    if text.startswith(_COMMENT, start):
        return Context(place=Place.COMMENT), start + len(_COMMENT)
    after = start + 1
    closing = text.startswith("/", after)
    after += closing
    first = text[after : after + 1]
    if first and not (first.isascii() and first.isalpha()):
        return context, after
    return Context(place=Place.TAG_NAME, closing=closing), after


def _comment(context: Context, text: str, at: int) -> tuple[Context, int]:
    end = text.find("-->", at)
    return (context, len(text)) if end < 0 else (Context(), end + 3)


def _plain_text(context: Context, text: str, at: int) -> tuple[Context, int]:
    end = _end_tag(context.element, text, at)
    if end is None:
        return context, len(text)
    return Context(place=Place.TAG, element=context.element, closing=True), end


def _end_tag(element: str, text: str, at: int) -> int | None:
    found = re.compile(rf"</{re.escape(element)}(?=[ \t\n\f\r/>]|$)", re.I).search(
        text, at
    )
    return None if found is None else found.end()


def _tag_name(context: Context, text: str, at: int) -> tuple[Context, int]:
    found = _TAG_NAME.match(text, at)
    end = found.end() if found else at
    name = context.name + text[at:end].lower()
    if end == len(text):
        return evolve(context, name=name), end
    return Context(place=Place.TAG, element=name, closing=context.closing), end


def _tag(context: Context, text: str, at: int) -> tuple[Context, int]:
    char = text[at]
    if char == ">":
        return _content(context), at + 1
    if char in _SPACE or char in "/\"'=<":
        return context, at + 1
    return evolve(context, place=Place.ATTRIBUTE_NAME, name=""), at


def _content(context: Context) -> Context:
    """
    Return the context behind a tag.
    """
    element = context.element
    if context.closing:
        return Context()
    if element in _RAW:
        return Context(place=_RAW[element], element=element)
    if element in _PLAIN:
        return Context(place=Place.PLAIN_TEXT, element=element)
    return Context()


def _attribute_name(context: Context, text: str, at: int) -> tuple[Context, int]:
    found = _ATTRIBUTE_NAME.match(text, at)
    end = found.end() if found else at
    context = evolve(context, name=context.name + text[at:end])
    if end == len(text):
        return context, end
    return evolve(context, place=Place.AFTER_NAME), end


def _after_name(context: Context, text: str, at: int) -> tuple[Context, int]:
    if text[at] in _SPACE:
        return context, at + 1
    if text[at] != "=":
        return evolve(context, place=Place.TAG, name=""), at
    kind = attribute_kind(context.name)
    return evolve(context, place=Place.BEFORE_VALUE, kind=kind), at + 1


def _before_value(context: Context, text: str, at: int) -> tuple[Context, int]:
    char = text[at]
    if char in _SPACE:
        return context, at + 1
    if char == ">":
        return _after_value(context), at
    if char in "\"'":
        return evolve(context, place=Place.VALUE, quote=char), at + 1
    return evolve(context, place=Place.VALUE, quote=""), at


def _after_value(context: Context) -> Context:
    return Context(place=Place.TAG, element=context.element, closing=context.closing)


def _value(context: Context, text: str, at: int) -> tuple[Context, int]:
    pattern = re.escape(context.quote) if context.quote else r"[ \t\n\f\r>]"
    found = re.compile(pattern).search(text, at)
    end = len(text) if found is None else found.start()
    context = _inside_value(context, html.unescape(text[at:end]))
    if found is None:
        return context, end
    return _after_value(context), end + len(context.quote)


def _inside_value(context: Context, text: str) -> Context:
    if not text:
        return context
    match context.kind:
        case Kind.SCRIPT:
            return scan_script(context, text)
        case Kind.STYLE:
            return scan_style(context, text)
    in_query = context.in_query or "?" in text or "#" in text
    begun = context.begun or bool(text.strip())
    return evolve(context, begun=begun, in_query=in_query)


def _code(context: Context, text: str, at: int) -> tuple[Context, int]:
    end = _end_tag(context.element, text, at)
    if end is not None:
        return Context(place=Place.TAG, element=context.element, closing=True), end
    scanned = scan_script if context.place is Place.SCRIPT else scan_style
    return scanned(context, text[at:]), len(text)


_STEPS = {
    Place.TEXT: _text,
    Place.PLAIN_TEXT: _plain_text,
    Place.COMMENT: _comment,
    Place.TAG_NAME: _tag_name,
    Place.TAG: _tag,
    Place.ATTRIBUTE_NAME: _attribute_name,
    Place.AFTER_NAME: _after_name,
    Place.BEFORE_VALUE: _before_value,
    Place.VALUE: _value,
    Place.SCRIPT: _code,
    Place.STYLE: _code,
}
