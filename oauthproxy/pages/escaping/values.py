"""
Escape a value for a context; what cannot be made safe becomes a harmless word.
"""

import json
import re

from oauthproxy.gotemplate.formatting import shown
from oauthproxy.pages.escaping.context import Context, Kind, Mode, Place, attribute_kind
from oauthproxy.pages.escaping.urls import (
    REFUSED,
    component,
    is_harmless,
    normalised,
)

HARMLESS = "ZgotmplZ"
_HTML = {
    "\0": "\ufffd",
    '"': "&#34;",
    "'": "&#39;",
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "+": "&#43;",
}
_TEXT = str.maketrans(_HTML)
_UNQUOTED = str.maketrans(
    {**_HTML, **{char: f"&#{ord(char)};" for char in "\t\n\v\f\r =`"}}
)
_NAME = re.compile(r"[A-Za-z0-9-]+")
_TAG = re.compile(r"<[^>]*>?")
_STYLE_REFUSED = re.compile(r"[\x00\"'()/;@\[\\\]`{}<>]|--")
_STYLE_WORDS = ("expression", "mozbinding")


class Html(str):
    """
    Text that is HTML already.
    """

    __slots__ = ()


class Unplaceable(ValueError):
    """
    A value stands where no escaping could make it safe.
    """


def escaped(value: object, context: Context) -> str:
    """
    Return what to write for a value; raises Unplaceable.
    """
    text = "" if value is None else shown(value)
    match context.place:
        case Place.TEXT:
            return text if isinstance(value, Html) else html_text(text)
        case Place.PLAIN_TEXT:
            return html_text(text)
        case Place.COMMENT:
            return ""
        case Place.VALUE | Place.BEFORE_VALUE:
            inner = _attribute(value, text, context)
            return html_text(inner) if context.quote else _unquoted(inner)
        case Place.SCRIPT:
            return _script(value, context)
        case Place.STYLE:
            return _style(text, context)
        case Place.TAG | Place.ATTRIBUTE_NAME:
            return _attribute_name(text, context)
    raise Unplaceable(f"a value cannot stand in the {context.place.value}")


def html_text(text: str) -> str:
    """
    Return a text for content, or for a quoted attribute value.
    """
    return text.translate(_TEXT)


def _unquoted(text: str) -> str:
    return text.translate(_UNQUOTED) or HARMLESS


def _attribute(value: object, text: str, context: Context) -> str:
    """
    Return what the attribute's value shall mean, before HTML escaping.
    """
    match context.kind:
        case Kind.URL:
            return _address(text, context)
        case Kind.SOURCES:
            return (
                normalised(text).replace(",", "%2c") if is_harmless(text) else REFUSED
            )
        case Kind.SCRIPT:
            return _script(value, context)
        case Kind.STYLE:
            return _style(text, context)
        case Kind.PAGE:
            return html_text(text)
    return _TAG.sub("", text) if isinstance(value, Html) else text


def _address(text: str, context: Context) -> str:
    if context.in_query:
        return component(text)
    if not context.begun and not is_harmless(text):
        return REFUSED
    return normalised(text)


def _attribute_name(text: str, context: Context) -> str:
    whole = context.name + text if context.place is Place.ATTRIBUTE_NAME else text
    plain = _NAME.fullmatch(text) and attribute_kind(whole) is Kind.PLAIN
    return text if plain else HARMLESS


def _script(value: object, context: Context) -> str:
    match context.mode:
        case Mode.CODE:
            return f" {_script_value(value)} "
        case Mode.DOUBLE | Mode.SINGLE:
            return _script_text(shown(value), allowed=" ,.:_-")
        case Mode.PATTERN | Mode.PATTERN_CLASS:
            return _script_text(shown(value), allowed=" ,_") or "(?:)"
        case Mode.LINE_COMMENT | Mode.BLOCK_COMMENT:
            return ""
    raise Unplaceable(f"a value cannot stand in a {context.mode.value}")


def _script_value(value: object) -> str:
    """
    Return a value as a literal in which nothing can end a script, a text or a
    comment, not even when the place was misjudged.
    """
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    return f'"{_script_text(shown(value), allowed=" ,.:_-")}"'


def _script_text(text: str, allowed: str) -> str:
    return "".join(
        char
        if (char.isascii() and char.isalnum()) or char in allowed
        else _script_escape(char)
        for char in text
    )


def _script_escape(char: str) -> str:
    raw = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{raw[at]:02x}{raw[at + 1]:02x}" for at in range(0, len(raw), 2))


def _style(text: str, context: Context) -> str:
    match context.mode:
        case Mode.CODE:
            return text if _is_plain_style(text) else HARMLESS
        case Mode.DOUBLE | Mode.SINGLE:
            return _style_text(text)
        case Mode.URL:
            address = _address(text, context)
            return _style_text(address, allowed="-._~!#$&*+,/:;=?@[]%")
        case Mode.LINE_COMMENT | Mode.BLOCK_COMMENT:
            return ""
    raise Unplaceable(f"a value cannot stand in a {context.mode.value}")


def _is_plain_style(text: str) -> bool:
    if _STYLE_REFUSED.search(text):
        return False
    letters = re.sub(r"[^a-z]", "", text.lower())
    return not any(word in letters for word in _STYLE_WORDS)


def _style_text(text: str, allowed: str = " ,._-") -> str:
    return "".join(
        char
        if (char.isascii() and char.isalnum()) or char in allowed
        else f"\\{ord(char):x} "
        for char in text
    )
