"""
Find the upstream of a request.

Rule 1: rewriting entries first, longest pattern first; then the others, longest path
first. A path that ends in a slash takes everything below it, another only itself.
Rule 2: the decoded path is looked at, and must be clean, or the browser is sent to the
clean one; with `proxy_raw_path` it is the escaped path, and nothing is cleaned.
Rule 3: without a rewrite the target goes on byte for byte.
"""

import re
from collections.abc import Iterable

from attrs import frozen

from oauthproxy.answer import Answer, Redirect, Text
from oauthproxy.scope import Scope
from oauthproxy.settings.model import UpstreamSettings
from oauthproxy.upstream.rewrite import Rewrite
from oauthproxy.wire import gourl
from oauthproxy.wire.fields import field_bytes
from oauthproxy.wire.patterns import Pattern
from oauthproxy.wire.target import cleaned_path

_SEGMENT = "[^/]+"
_FIRST = re.compile(r"[^{}]*")
NOT_FOUND = Text(status=404, body="404 page not found\n", nosniff=True)


@frozen(slots=True)
class Route:
    """
    Where a request goes, and the request target it goes with.
    """

    upstream: UpstreamSettings
    target: bytes


@frozen
class _Entry:
    """
    One upstream and how its requests are known: by `pattern`, else by `path`.
    """

    upstream: UpstreamSettings
    path: str
    pattern: Pattern | None = None
    rewrite: Rewrite | None = None

    @classmethod
    def compile(cls, upstream: UpstreamSettings) -> "_Entry":
        path = upstream.path
        if upstream.rewrite_target:
            pattern = Pattern.compile(path)
            return cls(
                upstream, path, pattern, Rewrite(pattern, upstream.rewrite_target)
            )
        if "{" in path or "}" in path:
            return cls(upstream, path, Pattern.compile(template_pattern(path)))
        return cls(upstream, path)

    def takes(self, path: str) -> bool:
        if self.pattern is not None:
            return self.pattern.search(path)
        return path.startswith(self.path) if self.is_prefix else path == self.path

    @property
    def is_prefix(self) -> bool:
        return self.path.endswith("/")

    def route(self, scope: Scope) -> Route:
        target = scope.target
        if self.rewrite is not None:
            scheme = self.upstream.uri.partition(":")[0] or "http"
            target = self.rewrite.target(scope.path, scope.query, scheme)
        return Route(self.upstream, field_bytes(target))


@frozen
class Router:
    """
    All upstreams, in the order in which they are asked.
    """

    entries: tuple[_Entry, ...]
    raw_path: bool = False
    only: UpstreamSettings | None = None

    @classmethod
    def compile(
        cls, upstreams: Iterable[UpstreamSettings], raw_path: bool = False
    ) -> "Router":
        """
        Return the router; raises ValueError naming a path that is no pattern.
        """
        entries = sorted(map(_Entry.compile, upstreams), key=_order)
        first = entries[0] if entries else None
        takes_all = first is not None and first.path == "/" and first.rewrite is None
        only = first.upstream if first is not None and takes_all else None
        return cls(tuple(entries), raw_path, only)

    def route(self, scope: Scope) -> Route | Answer:
        """
        Return where a request goes, or the answer it gets instead: a redirect to the
        clean path or to the one with a slash, or 404.
        """
        if self.only is not None and "%" not in scope.target:
            return Route(self.only, field_bytes(scope.target))
        try:
            path = self._path(scope)
        except ValueError:
            return NOT_FOUND
        if not self.raw_path and (cleaned := cleaned_path(path)) != path:
            return _moved(gourl.escape_path(cleaned), scope.query, bare=True)
        for entry in self.entries:
            if entry.takes(path):
                return entry.route(scope)
        if any(entry.takes(path + "/") for entry in self.entries):
            return _moved(scope.path + "/", scope.query, bare=False)
        return NOT_FOUND

    def plain(self) -> tuple[tuple[bytes, bool, str], ...]:
        """
        Return (path, whether it is a prefix, upstream's id) in the order in which they
        are asked; nothing when a pattern or a rewrite has a say. Enough for clean paths
        without escapes.
        """
        if any(entry.pattern is not None for entry in self.entries):
            return ()
        return tuple(
            (field_bytes(entry.path), entry.is_prefix, entry.upstream.id)
            for entry in self.entries
        )

    def _path(self, scope: Scope) -> str:
        if self.raw_path:
            return gourl.escaped_path(scope.path)
        return gourl.unescape(scope.path)


def _order(entry: _Entry) -> tuple[bool, int]:
    return entry.rewrite is None, -len(entry.path)


def _moved(path: str, query: str, *, bare: bool) -> Redirect:
    target = f"{path}?{query}" if query else path
    return Redirect(status=301, location=target, bare=bare)


def template_pattern(path: str) -> str:
    """
    Return the pattern of a path with `{name}` or `{name:pattern}` variables, a name
    alone standing for one segment; raises ValueError when braces do not pair up.
    """
    out = ["^"]
    rest = path
    while rest:
        plain = _FIRST.match(rest)
        length = plain.end() if plain else 0
        out.append(re.escape(rest[:length]))
        rest = rest[length:]
        if rest:
            variable, rest = _braces(rest, path)
            name, colon, pattern = variable.partition(":")
            if not name or (colon and not pattern):
                raise ValueError(f'"{path}" has a variable without a name or pattern')
            out.append(f"({pattern or _SEGMENT})")
    return "".join(out) + ("" if path.endswith("/") else "$")


def _braces(text: str, path: str) -> tuple[str, str]:
    depth = end = 0
    for sign in text:
        depth += (sign == "{") - (sign == "}")
        if depth <= 0:
            break
        end += 1
    if depth or not text.startswith("{"):
        raise ValueError(f'"{path}" has braces that do not pair up')
    return text[1:end], text[end + 1 :]
