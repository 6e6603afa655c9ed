"""
Judge and clean request targets; the bytes of a target are never changed silently.

Rule 1: a path that is not clean is answered with a redirect to the clean one before
anything else looks at it, so that all rules and upstreams see the same path.
Rule 2: the cleaning is of the escaped path; `%2F` and `%2e` are left alone here.
"""

import posixpath
import re

from oauthproxy.wire import gourl

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def is_clean(path: bytes) -> bool:
    """
    Tell whether an escaped path (or a whole target) surely needs no cleaning; when
    False, `clean_path` knows. Cheap, for the hot path.
    """
    return (
        b"//" not in path
        and b"/." not in path
        and b"%" not in path
        and path[:1] == b"/"
    )


def has_bad_escape(target: bytes) -> bool:
    """
    Tell whether the path of a target has a percent sign without two hexadecimal
    digits; such a request is refused with 400, as the reference's server does.
    """
    return b"%" in target and bool(_BAD_ESCAPE.search(target.partition(b"?")[0]))


def clean_path(target: str) -> str | None:
    """
    Return the location of the clean form of a target, or None when it is clean.

    When something is cleaned, escapes of the path are escaped again; clients of the
    reference know it so.
    """
    raw_path, question, query = target.partition("?")
    try:
        path = gourl.escaped_path(raw_path)
    except ValueError:
        return None
    cleaned = cleaned_path(path)
    if cleaned == path:
        return None
    return gourl.escape_path(cleaned) + question + query


def cleaned_path(path: str) -> str:
    """
    Return a path without empty and dot segments; a slash at its end stays.
    """
    if not path.startswith("/"):
        path = "/" + path
    cleaned = clean(path)
    return cleaned + "/" if path.endswith("/") and cleaned != "/" else cleaned


def clean(path: str) -> str:
    """
    Return the shortest path with the same meaning, as Go's `path.Clean`.
    """
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def without_semicolons(target: bytes) -> bytes:
    """
    Return the target with each semicolon of its query read as an ampersand, for
    `allow_query_semicolons`.
    """
    path, question, query = target.partition(b"?")
    return path + question + query.replace(b";", b"&")
