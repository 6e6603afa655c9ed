"""
Targets that must lead nowhere (`cases/open_redirects.txt`).
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

_FILE = Path(__file__).parent / "cases" / "open_redirects.txt"

WHITELIST = """
whitelist_domains = ["good.test", ".sub.test", "port.test:8443", "any.test:*"]
"""


def escaped() -> list[str]:
    """
    Every payload as it stands in a query.
    """
    lines = _FILE.read_text(encoding="ascii").splitlines()
    return [line for line in lines if line and not line.startswith("# ")]


def in_fields() -> Iterator[str]:
    """
    Every payload that a header field can hold, as latin-1 text.
    """
    for payload in escaped():
        raw = unquote_to_bytes(payload.replace("+", " "))
        if raw == raw.strip() and all(b >= 0x20 and b != 0x7F for b in raw):
            yield raw.decode("latin-1")
