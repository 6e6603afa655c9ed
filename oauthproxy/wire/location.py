"""
Write the `Location` of a redirect and its little body, as Go's `http.Redirect`.

Rule 1: nothing in a location can end its line or stop a client from reading it:
control characters and blanks are percent-encoded, as non-ASCII is.
"""

import re

from oauthproxy.wire import gourl
from oauthproxy.wire.fields import field_bytes
from oauthproxy.wire.target import clean

_UNSAFE = re.compile(rb"[^\x21-\x7e]")
_HTML = (
    ("&", "&amp;"),
    ("<", "&lt;"),
    (">", "&gt;"),
    ('"', "&#34;"),
    ("'", "&#39;"),
)
HTML = "text/html; charset=utf-8"


def location(target: str, request_path: str) -> str:
    """
    Return the value of the Location field, in ASCII.

    `request_path` is the escaped path of the request, which a relative target without
    a leading slash is joined to.
    """
    return _UNSAFE.sub(_escaped, field_bytes(absolute(target, request_path))).decode()


def _escaped(found: re.Match[bytes]) -> bytes:
    return b"%%%02x" % found[0][0]


def absolute(target: str, request_path: str) -> str:
    """
    Return the target itself when it names a host, else its cleaned path and query.
    """
    try:
        url = gourl.parse(target)
    except ValueError:
        return target
    if url.scheme or url.host:
        return target
    if not target.startswith("/"):
        target = (request_path or "/").rpartition("/")[0] + "/" + target
    path, question, query = target.partition("?")
    cleaned = clean(path)
    if path.endswith("/") and not cleaned.endswith("/"):
        cleaned += "/"
    return cleaned + question + query


def redirect_body(method: str, target: str, reason: str = "Found") -> tuple[str, str]:
    """
    Return the Content-Type and the body of a redirect to a `location`; both empty for
    methods that get neither. HEAD gets the type alone.
    """
    if method == "HEAD":
        return HTML, ""
    if method != "GET":
        return "", ""
    return HTML, f'<a href="{_escaped_html(target)}">{reason}</a>.\n\n'


def _escaped_html(text: str) -> str:
    for sign, shown in _HTML:
        text = text.replace(sign, shown)
    return text
