"""
Turn the configured cookie secret into a key for AES.
"""

from oauthproxy.crypto.base64 import Base64Error, decode_raw_url

KEY_SIZES = (16, 24, 32)


def cookie_key(secret: str) -> bytes:
    """
    Return the bytes that URL-safe base64 in `secret` stands for when they are a key
    of 16, 24 or 32 bytes, else the bytes of the text itself; the caller checks the
    length (`usable`).
    """
    try:
        decoded = decode_raw_url(secret.rstrip("="))
    except Base64Error:
        return seed_bytes(secret)
    return decoded if usable(decoded) else seed_bytes(secret)


def usable(key: bytes) -> bool:
    """
    Tell whether AES takes keys of this length.
    """
    return len(key) in KEY_SIZES


def seed_bytes(secret: str) -> bytes:
    """
    Return the bytes of the text as configured: what signatures are keyed with.
    """
    return secret.encode("utf-8", "surrogateescape")
