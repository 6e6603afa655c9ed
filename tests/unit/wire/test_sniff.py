"""
Types of bodies by their first bytes.
"""

import pytest

from oauthproxy.wire.sniff import content_type


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        (b"", "text/plain; charset=utf-8"),
        (b"OK", "text/plain; charset=utf-8"),
        (b"\n<!doctype html><p>", "text/html; charset=utf-8"),
        (b"<html", "text/plain; charset=utf-8"),
        (b"<A href", "text/html; charset=utf-8"),
        (b"<abbr>", "text/plain; charset=utf-8"),
        (b' <?xml version="1.0"?>', "text/xml; charset=utf-8"),
        (b"\xff\xfeab", "text/plain; charset=utf-16le"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF0000WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp41isom", "video/mp4"),
        (b"\x00\x00\x00\x10ftypisom\x00\x00\x00\x00", "application/octet-stream"),
        (b"\x1f\x8b\x08", "application/x-gzip"),
        (b"\x00" * 34 + b"LP", "application/vnd.ms-fontobject"),
        (b'{"a": 1}', "text/plain; charset=utf-8"),
        (b"\x00\x01\x02", "application/octet-stream"),
        (b"x" * 512 + b"\x00", "text/plain; charset=utf-8"),
    ],
)
def test_type_of_a_body(body: bytes, type_: str) -> None:
    """A body's first 512 bytes tell its type as Go's server would."""
    assert content_type(body) == type_
