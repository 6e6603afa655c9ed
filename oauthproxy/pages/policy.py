"""
The Content-Security-Policy of the built-in pages (CSP level 3).

Rule 1: nothing is loaded and no script runs except ours, known by its hash.
Rule 2: there is no `form-action`: a browser applies it to the redirects that follow a
form, too, and ours lead to the identity provider and to whomever that asks.
Rule 3: the operator's own HTML (banner, footer, logo) is trusted; the policy gives way
to what is in it, and only to that.
"""

import base64
import hashlib
import re
from urllib.parse import urlsplit

_ACTIVE = re.compile(
    r"<(script|iframe|object|embed|link|video|audio)\b|\son\w+\s*=", re.I
)
_STYLED = re.compile(r"<style\b|\sstyle\s*=", re.I)
_PICTURED = re.compile(r"<(img|picture|image)\b|url\(", re.I)


def content_security_policy(
    style: str, script: str, markup: str, logo_address: str = ""
) -> str:
    """
    Return the policy for pages with this style and script, and with `markup` of the
    operator on them.
    """
    if _ACTIVE.search(markup):
        return "base-uri 'none'; frame-ancestors 'self'"
    styles = "'unsafe-inline'" if _STYLED.search(markup) else _hash(style)
    pictures = " https:" if _PICTURED.search(markup) else _origin(logo_address)
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {styles}",
            f"script-src {_hash(script)}",
            f"img-src 'self' data:{pictures}",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        )
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _origin(address: str) -> str:
    if not address.startswith("https://"):
        return ""
    host = urlsplit(address).netloc
    return f" https://{host}" if re.fullmatch(r"[\w.:\[\]-]+", host, re.ASCII) else ""
