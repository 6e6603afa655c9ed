"""
Rewrite request targets by pattern, as Go's `ReplaceAllString` does.

Rule 1: the decoded path is rewritten; what the template makes of it is a decoded path
and, behind its first question mark, a query.
Rule 2: a rewritten query that cannot be read costs the path, too: the upstream is
asked for `/`. What the client may have put there is never half understood.
"""

import re
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from oauthproxy.wire import gourl
from oauthproxy.wire.fields import field_bytes, field_text
from oauthproxy.wire.form import encode_pairs, parse_query, sorted_pairs
from oauthproxy.wire.patterns import Pattern, searchable

_PRIVATE = 0x10_FF00
_HIDDEN = {0xDC00 + byte: _PRIVATE + byte for byte in range(0x80, 0x100)}
_SHOWN = {private: lone for lone, private in _HIDDEN.items()}
"""
Bytes that are not UTF-8 are matched as private characters, and come back as they were.
"""
_NUMBER = re.compile(r"0|[1-9][0-9]{0,7}")
_REFERENCE = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")


@frozen
class Rewrite:
    """
    What a pattern finds in a path, and the template that takes its place.
    """

    pattern: Pattern
    template: str

    def path(self, path: str) -> str:
        """
        Return a decoded path with every match replaced.
        """
        subject = searchable(path.translate(_HIDDEN))
        out: list[bytes] = []
        end = 0
        for match in self._matches(subject):
            start, stop = match.span()
            out.append(subject[end:start])
            if stop > end or start == 0:
                out.append(searchable(self._expanded(match)))
            end = stop
        return field_text(b"".join((*out, subject[end:]))).translate(_SHOWN)

    def _matches(self, subject: bytes) -> Iterator[Any]:
        position = 0
        while position <= len(subject):
            match = self.pattern.compiled.search(subject, position)
            if match is None:
                return
            yield match
            position = max(_next(subject, position), match.end())

    def _expanded(self, match: Any) -> str:
        def reference(found: re.Match[str]) -> str:
            name = found[1] or found[2]
            return "$" if name is None else _group(match, name)

        return _REFERENCE.sub(reference, self.template)

    def target(self, raw_path: str, query: str, scheme: str = "http") -> str:
        """
        Return the request target for the upstream.
        """
        path = gourl.unescape(raw_path)
        rewritten, _, more = self.path(path).partition("?")
        added = parse_query(more)
        if added.dropped:
            return "/"
        if query or more:
            query = encode_pairs(sorted_pairs(parse_query(query), added))
        if rewritten == path:
            escaped = gourl.escaped_path(raw_path)
        else:
            escaped = gourl.escape_path(rewritten)
        return _absolute(escaped, scheme) + (f"?{query}" if query else "")


def _next(subject: bytes, position: int) -> int:
    position += 1
    while position < len(subject) and subject[position] & 0xC0 == 0x80:
        position += 1
    return position


def _group(match: Any, name: str) -> str:
    known: int | bytes = int(name) if _NUMBER.fullmatch(name) else field_bytes(name)
    try:
        value = match.group(known)
    except IndexError:
        return ""
    return field_text(value) if value else ""


def _absolute(path: str, scheme: str) -> str:
    if path.startswith("//"):
        return f"{scheme}:{path}"
    return path if path.startswith("/") else "/" + path
