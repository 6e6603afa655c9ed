"""
Read base64 as strictly, and as leniently, as Go does.

Rule 1: a byte outside the alphabet is an error; CR and LF alone are skipped.
Rule 2: the padded forms insist on padding, the raw forms on its absence.
Rule 3: unused low bits of the last symbol are not looked at.
"""

import base64
import binascii

_URL_TO_STD = bytes.maketrans(b"-_+/", b"+/!!")
_NEWLINES = b"\r\n"


class Base64Error(ValueError):
    """
    A text is not base64 of the form that was asked for.
    """


def decode_std(text: str | bytes) -> bytes:
    """
    Decode padded base64 in the standard alphabet; raise Base64Error.
    """
    return _padded(_octets(text).translate(None, _NEWLINES))


def decode_url(text: str | bytes) -> bytes:
    """
    Decode padded base64 in the URL-safe alphabet; raise Base64Error.
    """
    return _padded(_octets(text).translate(_URL_TO_STD, _NEWLINES))


def decode_raw_url(text: str | bytes) -> bytes:
    """
    Decode unpadded base64 in the URL-safe alphabet; raise Base64Error.
    """
    return _raw(_octets(text).translate(_URL_TO_STD, _NEWLINES))


def decode_raw_url_prefix(text: str | bytes) -> bytes:
    """
    Decode as much of an unpadded URL-safe text as can be decoded: whole groups of
    four symbols up to the first error.
    """
    symbols = _octets(text).translate(_URL_TO_STD, _NEWLINES)
    decoded = bytearray()
    for start in range(0, len(symbols), 4):
        try:
            decoded += _raw(symbols[start : start + 4])
        except Base64Error:
            break
    return bytes(decoded)


def encode_url(octets: bytes) -> str:
    """
    Encode as padded base64 in the URL-safe alphabet.
    """
    return base64.urlsafe_b64encode(octets).decode("ascii")


def encode_raw_url(octets: bytes) -> str:
    """
    Encode as unpadded base64 in the URL-safe alphabet.
    """
    return encode_url(octets).rstrip("=")


def _raw(symbols: bytes) -> bytes:
    if b"=" in symbols:
        raise Base64Error("padding")
    return _padded(symbols + b"=" * (-len(symbols) % 4))


def _padded(symbols: bytes) -> bytes:
    # The strict mode overlooks surplus padding after the last whole group.
    if len(symbols) % 4 or symbols.endswith(b"==="):
        raise Base64Error("wrong padding")
    try:
        return binascii.a2b_base64(symbols, strict_mode=True)
    except binascii.Error as cause:
        raise Base64Error(str(cause)) from cause


def _octets(text: str | bytes) -> bytes:
    return text.encode("utf-8", "replace") if isinstance(text, str) else text
