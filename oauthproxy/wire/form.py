"""
Read the form values of a request: its query and its url-encoded body.

Rule 1: a form is refused exactly where Go's `ParseForm` refuses it: a semicolon or a
bad percent escape in a pair, too many pairs, a broken Content-Type of a body.
Rule 2: values of the body come before those of the query.
Rule 3: multipart bodies are never read.
"""

import re
from collections.abc import Iterable, Iterator

from attrs import field, frozen

from oauthproxy.wire.fields import field_text
from oauthproxy.wire.gourl import escape_query, unescape_query

MAX_PAIRS = 10_000
_WITH_BODY = ("POST", "PUT", "PATCH")
_URLENCODED = "application/x-www-form-urlencoded"
_NAME = r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+"
_VALUE = _NAME + r'|"(?>(?:\\[()<>@,;:\\"/\[\]?=]|[^"\r\n])*)"'
_PARAMETER = re.compile(rf"\s*;\s*({_NAME})\s*=\s*({_VALUE})")
_TYPE = re.compile(rf"\s*{_NAME}(?:/{_NAME})?\s*")
_END = re.compile(r"\s*;?\s*")


class FormError(ValueError):
    """
    The query or the body of a request cannot be read as a form.
    """


@frozen
class Form:
    """
    Form values by key; `dropped` are the pairs, as they came, that could not be read.
    """

    values: dict[str, list[str]] = field(factory=dict)
    dropped: tuple[str, ...] = ()

    def first(self, name: str) -> str:
        """
        Return the first value of a key, or the empty text.
        """
        return self.values.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """
        Return all values of a key, in order.
        """
        return self.values.get(name, [])

    def __contains__(self, name: str) -> bool:
        return name in self.values


def parse_form(query: str, content_type: str, body: bytes, method: str) -> Form:
    """
    Return the form values of a request; raises FormError.

    `content_type` is the first value of the field, empty when there is none.
    """
    values: dict[str, list[str]] = {}
    texts = [query]
    if method in _WITH_BODY and content_type and _media_type(content_type):
        texts.insert(0, field_text(body))
    for text in texts:
        read = parse_query(text)
        if read.dropped:
            raise FormError("a pair of the form cannot be read")
        for key, more in read.values.items():
            values.setdefault(key, []).extend(more)
    return Form(values)


def _media_type(content_type: str) -> bool:
    found = _TYPE.match(content_type)
    position = found.end() if found else -1
    seen: dict[str, str] = {}
    while found and (found := _PARAMETER.match(content_type, position)):
        position = found.end()
        if seen.setdefault(found[1].lower(), found[2]) != found[2]:
            raise FormError("a parameter of Content-Type has two values")
    if position < 0 or not _END.fullmatch(content_type, position):
        raise FormError("the Content-Type cannot be read")
    return content_type.partition(";")[0].strip().lower() == _URLENCODED


def parse_query(query: str) -> Form:
    """
    Return the values of a query, leaving out the pairs that cannot be read.
    """
    if query.count("&") >= MAX_PAIRS:
        return Form({}, (query,))
    values: dict[str, list[str]] = {}
    dropped: list[str] = []
    for pair in query.split("&"):
        if not pair:
            continue
        try:
            key, value = _pair(pair)
        except ValueError:
            dropped.append(pair)
        else:
            values.setdefault(key, []).append(value)
    return Form(values, tuple(dropped))


def _pair(pair: str) -> tuple[str, str]:
    if ";" in pair:
        raise FormError("a semicolon in a query")
    key, _, value = pair.partition("=")
    return unescape_query(key), unescape_query(value)


def encode_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """
    Return pairs as a query, in their order.
    """
    return "&".join(
        f"{escape_query(key)}={escape_query(value)}" for key, value in pairs
    )


def sorted_pairs(*forms: Form) -> Iterator[tuple[str, str]]:
    """
    Yield the pairs of several forms by key; values of one key keep their order.
    """
    for key in sorted({key for form in forms for key in form.values}, key=_by_bytes):
        for form in forms:
            for value in form.all(key):
                yield key, value


def _by_bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")
