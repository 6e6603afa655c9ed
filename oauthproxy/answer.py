"""
What we send, as values; `web.resource` turns them into bytes.

`fields` are (name, value) pairs in sending order; `cookies` are whole `Set-Cookie`
values in sending order.
"""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

Pairs = tuple[tuple[str, str], ...]

NO_CACHE: Pairs = (
    ("Cache-Control", "no-cache, no-store, must-revalidate, max-age=0"),
    ("Expires", "Thu, 01 Jan 1970 00:00:00 UTC"),
    ("X-Accel-Expires", "0"),
)


@frozen(kw_only=True)
class Answer:
    """
    A response that this program makes itself.
    """

    status: int = 200
    fields: Pairs = ()
    cookies: tuple[str, ...] = ()


@frozen(kw_only=True)
class Empty(Answer):
    """
    No body.
    """


@frozen(kw_only=True)
class Text(Answer):
    """
    Plain text. `nosniff` is sent with errors, as Go's `http.Error` does.
    """

    body: str
    nosniff: bool = False


@frozen(kw_only=True)
class Json(Answer):
    """
    A JSON text, already serialised.
    """

    body: str


@frozen(kw_only=True)
class Redirect(Answer):
    """
    Send the browser to `location`: text as the reference would give it to its own
    redirect function; made safe for the wire by `wire.location`.
    """

    location: str
    status: int = 302
    bare: bool = False


@frozen(kw_only=True)
class Page(Answer):
    """
    An HTML page: `name` is "sign_in" or "error", `values` fill its template.
    """

    name: str
    values: Mapping[str, Any]
