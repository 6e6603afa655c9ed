"""
Places in a page.
"""

import re
from enum import Enum

from attrs import frozen


class Place(Enum):
    """
    Where the scanner stands in the markup.
    """

    TEXT = "text"
    PLAIN_TEXT = "text of a title or a textarea"
    COMMENT = "comment"
    TAG_NAME = "name of a tag"
    TAG = "tag"
    ATTRIBUTE_NAME = "name of an attribute"
    AFTER_NAME = "after the name of an attribute"
    BEFORE_VALUE = "before the value of an attribute"
    VALUE = "value of an attribute"
    SCRIPT = "script"
    STYLE = "style"


class Kind(Enum):
    """
    What an attribute's value is.
    """

    PLAIN = "text"
    URL = "address"
    SOURCES = "addresses"
    SCRIPT = "script"
    STYLE = "style"
    PAGE = "page"


class Mode(Enum):
    """
    Where the scanner stands in a script or a style.
    """

    CODE = "code"
    DOUBLE = "text in double quotes"
    SINGLE = "text in single quotes"
    TEMPLATE = "template literal"
    PATTERN = "regular expression"
    PATTERN_CLASS = "class in a regular expression"
    LINE_COMMENT = "comment to the end of the line"
    BLOCK_COMMENT = "block comment"
    URL = "url(…)"


@frozen(kw_only=True)
class Context:
    """
    A place, with what has to be remembered about it.

    `name` is the tag or attribute name so far, `element` that of the element whose
    tag or content this is, `closing` marks an end tag. `quote` is the quote of an
    attribute value, empty for none. `divides` tells that a slash here would divide,
    not begin a regular expression. `begun` and `in_query` are about an address.
    """

    place: Place = Place.TEXT
    element: str = ""
    closing: bool = False
    name: str = ""
    kind: Kind = Kind.PLAIN
    quote: str = ""
    mode: Mode = Mode.CODE
    divides: bool = False
    begun: bool = False
    in_query: bool = False


_URL_ATTRIBUTE = re.compile(
    r"action|archive|background|cite|classid|codebase|data|formaction|href|icon"
    r"|longdesc|manifest|poster|profile|usemap|xmlns|.*(?:src|uri|url).*",
    re.DOTALL,
)


def attribute_kind(name: str) -> Kind:
    """
    Return what the value of an attribute is, judging by its name.
    """
    lowered = name.lower().removeprefix("data-")
    prefix, colon, rest = lowered.partition(":")
    if colon:
        if prefix == "xmlns":
            return Kind.URL
        lowered = rest
    named = {
        "style": Kind.STYLE,
        "srcset": Kind.SOURCES,
        "imagesrcset": Kind.SOURCES,
        "srcdoc": Kind.PAGE,
    }
    if lowered in named:
        return named[lowered]
    if lowered.startswith("on"):
        return Kind.SCRIPT
    return Kind.URL if _URL_ATTRIBUTE.fullmatch(lowered) else Kind.PLAIN
