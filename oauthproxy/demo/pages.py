"""
Render the demo's pages and put answers on a Twisted request.
"""

import json
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from twisted.web.server import Request

PAGES = Environment(
    loader=PackageLoader("oauthproxy", "demo"),
    autoescape=True,
    trim_blocks=True,
    undefined=StrictUndefined,
)
POLICY = b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def page(request: Request, name: str, *, status: int = 200, **values: Any) -> bytes:
    """
    Answer with a page of ours.
    """
    request.setHeader(b"content-security-policy", POLICY)
    request.setHeader(b"referrer-policy", b"no-referrer")
    body = PAGES.get_template(name).render(values).encode()
    return _answer(request, status, b"text/html; charset=utf-8", body)


def as_json(request: Request, value: Any, *, status: int = 200) -> bytes:
    """
    Answer with JSON.
    """
    body = json.dumps(value, indent=2, ensure_ascii=False).encode()
    return _answer(request, status, b"application/json", body + b"\n")


def read_body(request: Request, size: int) -> bytes:
    """
    Return at most so many bytes of a request's body.
    """
    assert request.content is not None
    request.content.seek(0)
    content: bytes = request.content.read(size)
    return content


def redirect(request: Request, location: str) -> bytes:
    """
    Send the browser elsewhere, with GET (RFC 9110, 15.4.4).
    """
    request.setHeader(b"location", location.encode())
    return _answer(request, 303, b"text/plain; charset=utf-8", b"")


def _answer(request: Request, status: int, kind: bytes, body: bytes) -> bytes:
    request.setResponseCode(status)
    request.setHeader(b"content-type", kind)
    request.setHeader(b"cache-control", b"no-store")
    request.setHeader(b"x-content-type-options", b"nosniff")
    return body
