"""
Rules for the upstreams.
"""

from collections.abc import Iterator

from oauthproxy.settings.check.problem import Draft, Problem, impossible_port
from oauthproxy.settings.model import UpstreamSettings
from oauthproxy.wire import gourl
from oauthproxy.wire.patterns import Pattern

SCHEMES = ("http", "https", "file", "unix")
_STATUSES = range(100, 1000)


def upstreams(draft: Draft) -> Iterator[Problem]:
    """
    Yield what is wrong with the upstreams.
    """
    ids: set[str] = set()
    paths: set[str] = set()
    for index, upstream in enumerate(draft.settings.upstreams):
        place = f"upstreamConfig.upstreams[{index}]"
        for message, member in _wrong(draft, upstream, place):
            yield Problem("upstreams", message, f"{place}.{member}")
        for value, seen, member in (
            (upstream.id, ids, "id"),
            (upstream.path, paths, "path"),
        ):
            if value and value in seen:
                message = f'"{value}" is the {member} of two upstreams'
                yield Problem("upstreams", message, f"{place}.{member}")
            seen.add(value)


def _wrong(
    draft: Draft, upstream: UpstreamSettings, place: str
) -> Iterator[tuple[str, str]]:
    """
    Yield messages, each with the member of the upstream that it is about.
    """
    if not upstream.id:
        yield "the id is missing", "id"
    yield from _path(upstream)
    if upstream.static:
        if upstream.static_code not in _STATUSES:
            yield f"{upstream.static_code} is not a status", "staticCode"
        return
    if f"{place}.staticCode" in draft.settings.origins:
        yield "is only for static upstreams", "staticCode"
    yield from _uri(upstream.uri)


def _path(upstream: UpstreamSettings) -> Iterator[tuple[str, str]]:
    path = upstream.path
    if not path:
        yield "the path is missing", "path"
    elif upstream.rewrite_target:
        try:
            Pattern.compile(path)
        except ValueError as error:
            yield str(error), "path"
    elif not path.startswith("/") and path != upstream.uri:
        yield f'the path "{path}" does not start with "/"', "path"
    elif _unbalanced(path):
        yield f'the braces in the path "{path}" are not balanced', "path"


def _unbalanced(path: str) -> bool:
    depth = 0
    for character in path:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return True
    return depth != 0


def _uri(uri: str) -> Iterator[tuple[str, str]]:
    if not uri:
        yield "the uri is missing", "uri"
        return
    try:
        url = gourl.parse(uri)
    except ValueError as error:
        yield f'"{uri}" is not a URL: {error}', "uri"
        return
    if url.scheme not in SCHEMES:
        message = f'"{uri}" has the scheme "{url.scheme}"'
        if not url.scheme or url.opaque:
            message = f'"{uri}" has no scheme; write http://{uri}'
        else:
            message += f", which is not one of {', '.join(SCHEMES)}, static"
        yield message, "uri"
    elif url.scheme in ("http", "https") and not url.host:
        yield f'"{uri}" names no host', "uri"
    elif url.scheme in ("http", "https") and impossible_port(url):
        yield f'"{uri}" cannot be used: {impossible_port(url)}', "uri"
    elif url.scheme in ("file", "unix") and not url.path:
        yield f'"{uri}" names no path', "uri"
