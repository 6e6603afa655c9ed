"""
Sign a value under a name and a time, and check such signatures.

A signed value is `base64url(payload) "|" unix seconds "|" base64url(signature)`, the
signature an HMAC-SHA256 over name, first part and second part, one after the other.
"""

import hmac
import re

from attrs import field, frozen

from oauthproxy.crypto.base64 import Base64Error, decode_url, encode_url

SECOND = 1_000_000_000
FUTURE = 300 * SECOND
"""How far ahead of ours the clock of the signer may be."""

_DECIMAL = re.compile(r"[+-]?[0-9]{1,30}", re.ASCII)
_INT64 = range(-(1 << 63), 1 << 63)


class SignedValueError(ValueError):
    """
    A value was not signed by us under this name, or not within its lifetime.
    """


@frozen
class Signed:
    """
    A verified value: what was signed, and when in Unix seconds.
    """

    payload: bytes = field(repr=False)
    timestamp: int


def sign(seed: bytes, name: str, payload: bytes, timestamp: int) -> str:
    """
    Return the signed value of `payload`; `timestamp` is in Unix seconds.
    """
    head = f"{encode_url(payload)}|{timestamp}"
    return f"{head}|{encode_url(_signature(seed, name, head))}"


def verify(seed: bytes, name: str, value: str, now: int, lifetime: int) -> Signed:
    """
    Return what a signed value holds, or raise SignedValueError.

    `now` and `lifetime` are in nanoseconds; a lifetime of 0 accepts every time.
    """
    head, _, signature = value.rpartition("|")
    if head.count("|") != 1:
        raise SignedValueError("not three parts")
    if not hmac.compare_digest(_signature(seed, name, head), _decode(signature)):
        raise SignedValueError("wrong signature")
    encoded, _, stamp = head.partition("|")
    timestamp = _timestamp(stamp)
    if lifetime and not now - lifetime < timestamp * SECOND < now + FUTURE:
        raise SignedValueError("outside its lifetime")
    return Signed(_decode(encoded), timestamp)


def _signature(seed: bytes, name: str, head: str) -> bytes:
    message = name + head.replace("|", "")
    return hmac.digest(seed, message.encode("utf-8", "surrogateescape"), "sha256")


def _decode(part: str) -> bytes:
    try:
        return decode_url(part)
    except Base64Error as cause:
        raise SignedValueError("bad base64") from cause


def _timestamp(text: str) -> int:
    if not _DECIMAL.fullmatch(text) or int(text) not in _INT64:
        raise SignedValueError("bad time")
    return int(text)
