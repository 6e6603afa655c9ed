"""
Guess the type of a body from its first bytes, as Go's server does for a response that
does not tell (WHATWG MIME Sniffing, without its later additions).
"""

import re
from collections.abc import Callable

SNIFFED_BYTES = 512
UNKNOWN = "application/octet-stream"
PLAIN = "text/plain; charset=utf-8"

_TAGS = (
    rb"!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY"
    rb"|BR|P|!--"
)
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_BLANK = b"\t\n\x0c\r "
_PATTERNS: tuple[tuple[bytes, str], ...] = (
    (rb"[\t\n\x0c\r ]*<(?i:" + _TAGS + rb")[ >]", "text/html; charset=utf-8"),
    (rb"[\t\n\x0c\r ]*<\?xml", "text/xml; charset=utf-8"),
    (rb"%PDF-", "application/pdf"),
    (rb"%!PS-Adobe-", "application/postscript"),
    (rb"\xfe\xff..", "text/plain; charset=utf-16be"),
    (rb"\xff\xfe..", "text/plain; charset=utf-16le"),
    (rb"\xef\xbb\xbf.", PLAIN),
    (rb"\x00\x00[\x01\x02]\x00", "image/x-icon"),
    (rb"BM", "image/bmp"),
    (rb"GIF8[79]a", "image/gif"),
    (rb"RIFF....WEBPVP", "image/webp"),
    (rb"\x89PNG\r\n\x1a\n", "image/png"),
    (rb"\xff\xd8\xff", "image/jpeg"),
    (rb"FORM....AIFF", "audio/aiff"),
    (rb"ID3", "audio/mpeg"),
    (rb"OggS\x00", "application/ogg"),
    (rb"MThd\x00\x00\x00\x06", "audio/midi"),
    (rb"RIFF....AVI ", "video/avi"),
    (rb"RIFF....WAVE", "audio/wave"),
)
_AFTER_MP4: tuple[tuple[bytes, str], ...] = (
    (rb"\x1a\x45\xdf\xa3", "video/webm"),
    (rb".{34}LP", "application/vnd.ms-fontobject"),
    (rb"\x00\x01\x00\x00", "font/ttf"),
    (rb"OTTO", "font/otf"),
    (rb"ttcf", "font/collection"),
    (rb"wOFF", "font/woff"),
    (rb"wOF2", "font/woff2"),
    (rb"\x1f\x8b\x08", "application/x-gzip"),
    (rb"PK\x03\x04", "application/zip"),
    (rb"Rar!\x1a\x07(?:\x00|\x01\x00)", "application/x-rar-compressed"),
    (rb"\x00asm", "application/wasm"),
)


def _matcher(
    patterns: tuple[tuple[bytes, str], ...],
) -> Callable[[bytes], str | None]:
    whole = re.compile(b"|".join(b"(%b)" % p for p, _ in patterns), re.DOTALL)
    types = [type_ for _, type_ in patterns]

    def match(head: bytes) -> str | None:
        found = whole.match(head)
        return types[found.lastindex - 1] if found and found.lastindex else None

    return match


_before_mp4 = _matcher(_PATTERNS)
_after_mp4 = _matcher(_AFTER_MP4)


def content_type(first_bytes: bytes) -> str:
    """
    Return the Content-Type of a body that begins with `first_bytes`.
    """
    head = first_bytes[:SNIFFED_BYTES]
    known = _before_mp4(head) or _mp4(head) or _after_mp4(head)
    if known is not None:
        return known
    return UNKNOWN if _BINARY.search(head.lstrip(_BLANK)) else PLAIN


def _mp4(head: bytes) -> str | None:
    size = int.from_bytes(head[:4])
    if len(head) < 12 or len(head) < size or size % 4 or head[4:8] != b"ftyp":
        return None
    places = (place for place in range(8, size, 4) if place != 12)
    return "video/mp4" if any(head[p : p + 3] == b"mp4" for p in places) else None
